"""What a job would be answered, asked before it does anything (tokenaccess.access.sql.preflight); and what a person
would, in several projects at once."""

from __future__ import annotations

from collections.abc import Sequence

from identity.models import User
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.moves import follow_moves
from tokenaccess.access.result import Access
from tokenaccess.policy import Action, Job, decide


def check_in_advance(caller: Job, wanted: Sequence[tuple[IdOrPath, Action]]) -> list[Access]:
    """What a job would be answered, in that order: of questions the log keeps nothing.

    Two statements at most, and two more if any of the paths leads to nothing that the job may see: hidden or absent.
    """
    answers = _check_many(caller, wanted)
    names = [name for name, _ in wanted]
    return follow_moves(list(zip(names, answers, strict=True)), lambda moved: _check_many(caller, moved))


def _check_many(caller: Job, wanted: Sequence[tuple[IdOrPath, Action]]) -> list[Access]:
    facts = load.job_facts_by_name(caller, [name for name, _ in wanted])
    return [Access(caller, action, facts[name], decide(caller, action, facts[name])) for name, action in wanted]


def check_projects_as_user(user: User, action: Action, names: Sequence[IdOrPath]) -> list[Access]:
    """As `gate.check_as_user`, of each project in that order; former paths lead to where the project is now.

    One statement for those named by id, one for those by path, and two more if any of the paths leads to nothing that
    the person may see: hidden or absent.
    """
    answers = _check_many_as_user(user, [(name, action) for name in names])
    return follow_moves(list(zip(names, answers, strict=True)), lambda moved: _check_many_as_user(user, moved))


def _check_many_as_user(user: User, wanted: Sequence[tuple[IdOrPath, Action]]) -> list[Access]:
    caller, facts = load.person_of(user), load.project_facts_by_name(user, [name for name, _ in wanted])
    return [Access(caller, action, facts[name], decide(caller, action, facts[name]), user) for name, action in wanted]
