"""The keywords of a job, each with its validator. To add one, write a validator and add it to a table in table.py."""
