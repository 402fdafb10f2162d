"""Faults on purpose: slow clients, a full disk, a lost database, a stop at the wrong moment; `make faults` runs all.

Each program starts the product as `make run` does, brings the fault about and says what it saw. They take minutes, so
`make test` leaves them out.
"""
