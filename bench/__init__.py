"""The benchmark: `make bench`. Nothing here is part of the product."""
