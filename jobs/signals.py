"""What the services of this app tell each other after a commit. The receivers are connected in JobsConfig.ready.

    send_on_commit(bridge_ready, job_id=job.pk)

A receiver that fails is logged and undoes nothing; the housekeeping picks up what it left undone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal

bridge_ready = Signal()  # job_id: a job that starts another pipeline has its turn
bridge_canceled = Signal()  # job_id
downstream_changed = Signal()  # pipeline_id: one that a job started has ended, waits for a person, or runs again
job_failed_fatally = Signal()  # pipeline_id: a job failed without which the file wants none of the others
job_claimed = Signal()  # job_id, project_id: a runner has taken it
resource_released = Signal()  # project_id, name: a resource group may be free


def send_on_commit(signal: Signal, **arguments: Any) -> None:
    """Receivers have transactions of their own and must not wait while this one holds its locks."""
    transaction.on_commit(partial(signal.send_robust, sender=None, **arguments))
