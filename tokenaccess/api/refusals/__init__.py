"""Refused requests of jobs, and why they were refused."""
