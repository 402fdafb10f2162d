"""Which entries are due for a review, and which are unused."""
