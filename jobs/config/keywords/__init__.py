"""The keywords of a job, each with the function that reads it. To add one: a reader, and a line in TABLE."""
