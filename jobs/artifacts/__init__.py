"""Artifacts: their kinds, reading of archives and reports, access, and which jobs get those of which."""
