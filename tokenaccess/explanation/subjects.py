"""What somebody else, or the reader, would be answered: a job, a person, or a job that a project does not have yet.

What is asked is told to those whom `explain_access` tells it. For all others there is no verdict, whether the subject
and the target are there, hidden or absent.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from identity.models import User
from jobs.models import Job
from text.numbers import parse_number
from tokenaccess.access import facts as load
from tokenaccess.access.gate import check_as_user
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.explain import explain_access, explain_steps, find_user
from tokenaccess.policy import Action, Decision, Step, decide


class SubjectKind(StrEnum):
    JOB = "job"
    USER = "user"
    PROJECT = "project"


class Verdict(NamedTuple):
    decision: Decision
    steps: tuple[Step, ...]


def judge_subject(reader: User, kind: SubjectKind, name: str, action: Action, target: IdOrPath) -> Verdict | None:
    """`name`: the job's number, the person's username, or the project's id or path."""
    try:
        return _BY_KIND[kind](reader, name, action, target)
    except TokenAccessError:
        return None


def _judge_project(reader: User, name: str, action: Action, target: IdOrPath) -> Verdict:
    """A job of that project that the reader started."""
    found = explain_access(reader, source=IdOrPath.parse(name), target=target, action=action)
    return Verdict(found.decision, found.steps)


def _judge_user(reader: User, name: str, action: Action, target: IdOrPath) -> Verdict | None:
    """The person with their own role. Another than the reader only for maintainers of the target."""
    if not check_as_user(reader, Action.READ_PROJECT, target).decision.allowed:
        return None
    maintains = check_as_user(reader, Action.READ_TOKEN_ACCESS, target).decision.allowed
    user = find_user(reader, name, maintains_target=maintains)
    access = check_as_user(user, action, target)
    return Verdict(access.decision, explain_steps(access.caller, action, access.facts))


def _judge_job(reader: User, name: str, action: Action, target: IdOrPath) -> Verdict | None:
    """That very job, in its state and with what it left of its token, for who may see it."""
    job = Job.objects.select_related("user").filter(pk=parse_number(name) or 0).first()
    source = ABSENT if job is None else IdOrPath(id=job.project_id)
    if not check_as_user(reader, Action.READ_JOBS, source).decision.allowed or job is None:
        return None
    username = "" if job.user is None else job.user.username
    shown = explain_access(reader, source=source, target=target, action=action, username=username).target
    found = load.starting_job_facts(job.pk, ABSENT if shown is None else IdOrPath(id=shown.pk))
    if found is None:
        return None
    caller, facts = found
    return Verdict(decide(caller, action, facts), explain_steps(caller, action, facts))


_BY_KIND: dict[SubjectKind, Callable[[User, str, Action, IdOrPath], Verdict | None]] = {
    SubjectKind.JOB: _judge_job,
    SubjectKind.USER: _judge_user,
    SubjectKind.PROJECT: _judge_project,
}
