"""`include`: which files an entry names, how they are read, and what becomes of them."""
