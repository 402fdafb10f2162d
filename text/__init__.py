"""Numbers, names and headers as text. Standard library only."""
