"""What a runner is handed with a job (runner.md §2.4), as strict as its decoder reads it."""

from jobs.payload.build import build
from jobs.payload.check import BadPayload, check

__all__ = ["BadPayload", "build", "check"]
