"""Refusals of what a job asked for without a request of its own: the access log records them too."""

from __future__ import annotations

from django.dispatch import Signal

job_refused = Signal()  # access: the check of a job that was refused
