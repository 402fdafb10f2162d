"""Requests to other servers on behalf of people: which addresses they may go to."""
