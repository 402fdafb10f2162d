"""The body of a request: collected by callbacks while it is small, else read by the application as it comes; and what
is left of it after its answer."""
