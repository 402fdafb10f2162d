"""What the access log is told of besides requests, and what it tells others."""

from __future__ import annotations

from django.dispatch import Signal

# access: the check of a job that was refused what it asked for without a request of its own
job_refused = Signal()
# uses: ((target id, source id), name → moment); refusals: (RefusalKey, tally) of tokenaccess.access_log.buffer
decisions_recorded = Signal()
