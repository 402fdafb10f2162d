"""Numbers and names as text. Standard library only."""
