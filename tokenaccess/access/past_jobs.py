"""What jobs that ran once would be answered if they asked now: the same facts and the one decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from tokenaccess.access import facts as load
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.policy import Action, Facts, Job, Person, decide
from tokenaccess.policy.levels import Role

_SOMEBODY = Person(0, "")


class PastQuestion(NamedTuple):
    """`job_id`: 0 for a job of `source_id` that is gone; whoever started it is taken to have every role."""

    job_id: int
    source_id: int
    project_id: int
    action: Action


def ask_as_past_jobs(questions: Iterable[PastQuestion]) -> dict[PastQuestion, bool]:
    """Whether each would be allowed, as if its job were running. One statement. Questions whose job or project is
    gone are left out."""
    by_pair: defaultdict[JobOnProject, set[PastQuestion]] = defaultdict(set)
    for question in questions:
        by_pair[_pair(question)].add(question)
    answers: dict[PastQuestion, bool] = {}
    for (pair, asked), known in zip(by_pair.items(), load.job_facts_of_pairs(list(by_pair)), strict=True):
        if known is not None:
            caller, facts = _as_running(*known, gone=not pair.job)
            answers.update((question, decide(caller, question.action, facts).allowed) for question in asked)
    return answers


def _pair(question: PastQuestion) -> JobOnProject:
    return JobOnProject(target=question.project_id, source=question.source_id, job=question.job_id)


def _as_running(job: Job, facts: Facts, *, gone: bool) -> tuple[Job, Facts]:
    if gone:
        return job._replace(person=_SOMEBODY), facts._replace(role=Role.OWNER)
    return job._replace(status="running", erased=False, stopped=False), facts
