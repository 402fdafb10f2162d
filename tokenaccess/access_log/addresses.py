"""From where each job's token was used: a row per job, project and address, written once.

Collected like the rest of the log (`buffer`). Whether an address is elsewhere than where the job runs is compared when
it is written, so that no request waits for it. The history of the job's project has one line for each address that a
runner's tokens are newly used from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from audit import services as audit
from jobs.models import Job
from projects.models import Project
from tokenaccess.access_log import writer
from tokenaccess.access_log.once import WriteOnce
from tokenaccess.models import JobAddress
from tokenaccess.policy.addresses import is_elsewhere, normalize_address

EVENT = "job_token_used_elsewhere"


class JobAddressKey(NamedTuple):
    """`accessed`: None for a refusal. `address`: as the server has it."""

    job: int
    accessed: int | None
    address: str | None


def keep(job_id: int, project_id: int | None, address: str | None) -> bool:
    """Whether there is something to write. `project_id`: None for a refusal."""
    use = JobAddressKey(job_id, project_id, address)
    return _uses.keep(use, (use,))


@transaction.atomic
def _write_batch(batch: Sequence[JobAddressKey]) -> None:
    """Three statements; with new addresses a few more. Jobs whose runner's address is not known are left out."""
    jobs = {
        row["pk"]: row
        for row in Job.objects.filter(pk__in={use.job for use in batch}, token__taken_from__gt="").values(
            "pk", "project", "runner", "token__taken_from", "runner__networks"
        )
    }
    now = timezone.now()
    notes = [
        {
            "job": use.job,
            "accessed": use.accessed,
            "runner": jobs[use.job]["runner"],
            "address": address,
            "elsewhere": is_elsewhere(
                jobs[use.job]["token__taken_from"] or "", address, jobs[use.job]["runner__networks"] or ()
            ),
            "first": now,
        }
        for use in batch
        if use.job in jobs and (address := normalize_address(use.address))
    ]
    if notes:
        _record_new([note for note in notes if note["elsewhere"]], jobs)
        writer.write_job_addresses(notes)


def _record_new(notes: Sequence[Mapping[str, Any]], jobs: Mapping[int, Mapping[str, Any]]) -> None:
    """One line in the history of a project for each runner and address."""
    new = {(jobs[note["job"]]["project"], note["runner"], note["address"]): note for note in reversed(notes)}
    if not new:
        return
    # Two processes may come to write an address at once: the second waits here, and finds it then.
    rows = Project.objects.filter(pk__in={project for project, _, _ in new}).order_by("pk")
    paths = dict(rows.select_for_update(no_key=True).values_list("pk", "full_path"))
    known = JobAddress.objects.filter(elsewhere=True, address__in={address for _, _, address in new})
    known = known.filter(job__project__in=paths)
    seen = set(known.order_by().values_list("job__project", "runner", "address").distinct())
    new = {key: note for key, note in new.items() if key not in seen}
    for (project, runner, address), note in new.items():
        taken_from, job = jobs[note["job"]]["token__taken_from"], note["job"]
        message = f"The token of job #{job} was used from {address}; runner #{runner} took the job from {taken_from}"
        details = {"job": job, "runner": runner, "used_from": address, "taken_from": taken_from}
        on = Project(pk=project)
        audit.record(EVENT, message, by=None, on=on, path=paths.get(project, ""), **details)


_uses = WriteOnce(_write_batch)
write, forget = _uses.write, _uses.forget
