"""The one change that would admit a job that was refused elsewhere, for each row of a page of refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from identity.models import User
from projects.models import Project
from tokenaccess.access.facts import job_facts_of_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.access_log.tables import RefusalRow
from tokenaccess.explanation.remedies import find_remedy, step_to_mend
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.policy import Action, Step, explain

_ACTIONS = {str(action): action for action in Action}
_MENDED_BY_A_LIST = frozenset({"admitted", "permitted"})


def with_remedies(source: Project, rows: Sequence[RefusalRow], reader: User) -> list[RefusalRow]:
    """`rows`: of the source's own jobs. As the page of one refusal has it: where the request would still be refused,
    and of targets that the reader may see. A few statements for each such target."""
    asked = [row for row in rows if row.path and row.rule in _MENDED_BY_A_LIST and row.action in _ACTIONS]
    found = dict(zip(map(_key, asked), _failed_steps(asked), strict=True))
    targets = Project.objects.in_bulk({row.target_id for row in asked})
    known: dict[tuple[int, Step], Remedy | None] = {}
    for row in asked:
        step = found[_key(row)]
        if step is not None and row.target_id in targets and (row.target_id, step) not in known:
            known[row.target_id, step] = find_remedy(step, source, targets[row.target_id], reader)
    steps = [found.get(_key(row)) for row in rows]
    return [
        row if step is None else replace(row, remedy=known.get((row.target_id, step)))
        for row, step in zip(rows, steps, strict=True)
    ]


def _key(row: RefusalRow) -> tuple[int, int, str]:
    return row.job_id, row.target_id, row.action


def _failed_steps(rows: Sequence[RefusalRow]) -> list[Step | None]:
    """The rule that would refuse each of them now; None where none would, or the job or project is gone."""
    facts = job_facts_of_pairs([JobOnProject(row.target_id, job=row.job_id) for row in rows]) if rows else []
    return [
        step_to_mend(explain(found[0], _ACTIONS[row.action], found[1]), row.rule) if found else None
        for row, found in zip(rows, facts, strict=True)
    ]
