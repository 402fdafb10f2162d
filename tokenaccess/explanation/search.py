"""Who may do something, where, and what: the answers of evaluation, of more than one case, page by page.

A search finds exactly what evaluation answers with yes. What the reader may not see is not looked at, so neither pages
nor their number tell of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db.models import Max, Min, Q, QuerySet

from identity.models import User
from projects.models import Project
from tokenaccess.access.gate import check_same_target
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.in_advance import check_projects_as_user
from tokenaccess.explanation import candidates
from tokenaccess.explanation.details import NO_PROPERTIES, Case, Properties, find_restrictions
from tokenaccess.explanation.own_answers import check_own
from tokenaccess.explanation.subjects import Inquiry, Question, SubjectKind, find_cases
from tokenaccess.policy import Action, Job
from tokenaccess.policy.facts import Target
from tokenaccess.policy.needs import JOB_ACTIONS

MAX_CANDIDATES = 1_000  # that a person's page looks at; a page may hold less than there is room for, and go on
CHUNK = 250
JOB_SPAN = 500  # of ids that a job's page looks at
ACTIONS = sorted(JOB_ACTIONS, key=lambda action: action.name.lower())


class Position(NamedTuple):
    """Where a page begins: behind the candidate with the id `after`. `limit`: how many it holds."""

    after: int
    limit: int


class Found(NamedTuple):
    """`next`: where the next page begins, 0 for none."""

    names: list[str]
    next: int = 0


NOTHING = Found([])
Candidate = tuple[int, str]  # id, and what it is called in an answer
Judge = Callable[[Sequence[Candidate]], list[bool]]


def search_resources(
    reader: User, kind: SubjectKind, name: str, action: Action, at: Position, properties: Properties = NO_PROPERTIES
) -> Found:
    """The projects, by full path, where the subject may do it."""
    subject = Inquiry(reader, [Question(kind, name, action, IdOrPath("id", 0))]).find_subject(kind, name)
    if subject is None:
        return NOTHING
    supposes = properties.role is not None
    among = Q() if supposes else candidates.targets_of_person(subject.person, action)
    if subject.source:
        among &= candidates.targets_of_source(subject.source)
    projects = candidates.visible_projects(reader, maintained=supposes or subject.only_maintained, among=among)

    def judge(rows: Sequence[Candidate]) -> list[bool]:
        return _evaluate(reader, [Question(kind, name, action, IdOrPath("id", pk), properties) for pk, _ in rows])

    return _collect(projects.values_list("pk", "full_path"), at, judge)


def search_subjects(
    reader: User,
    kind: SubjectKind,
    action: Action,
    target: IdOrPath,
    at: Position,
    properties: Properties = NO_PROPERTIES,
) -> Found:
    """The jobs, people or projects that may do it there: numbers, usernames, full paths."""
    seen = check_projects_as_user(reader, Action.READ_PROJECT, [target])[0]
    place = seen.facts.target
    if place is None or not seen.decision.allowed:
        return NOTHING
    maintains = check_same_target(seen, Action.READ_TOKEN_ACCESS).decision.allowed
    supposes = properties.role is not None
    if supposes and not maintains:
        return NOTHING
    if supposes and kind is SubjectKind.USER:
        rows = User.objects.values_list("pk", "username")
    else:
        rows = _SUBJECTS[kind](reader, action, place, maintains)

    def judge(found: Sequence[Candidate]) -> list[bool]:
        there = IdOrPath("id", place.id)
        return _evaluate(reader, [Question(kind, str(name), action, there, properties) for _, name in found])

    return _collect(rows, at, judge)


def search_actions(
    reader: User, kind: SubjectKind, name: str, target: IdOrPath, at: Position, properties: Properties = NO_PROPERTIES
) -> Found:
    """The names of what the subject may do there. At most seven statements, and one for each kind of detail."""
    about = Question(kind, name, Action.READ_PROJECT, target, Properties(properties.role))
    case = find_cases(reader, [about])[0]
    asked = [Case(action, properties.details, *(case or (None, None))) for action in ACTIONS]
    restrictions = zip(ACTIONS, find_restrictions(asked), strict=True)
    return _page([action for action, by in restrictions if case and case.restrict(by).decide(action).allowed], at)


def search_resources_of_job(job: Job, action: Action, at: Position, properties: Properties = NO_PROPERTIES) -> Found:
    """As `search_resources`, of the job that asks. Seven statements at most, and one for the details.

    A page looks at JOB_SPAN ids, the next ones among which there is any project of the instance: how many of its
    person's projects do not admit the job is not for it to know, so neither where a page ends nor how many there are
    may depend on that.
    """
    person = None if job.person is None else User.objects.filter(pk=job.person.id).first()
    if person is None:
        return NOTHING
    among = candidates.targets_of_person(person, action) & candidates.targets_of_source(job.project_id)
    there = Project.objects.filter(pk__gt=at.after).aggregate(first=Min("pk"), last=Max("pk"))
    if there["first"] is None:
        return NOTHING
    end = (there["first"] - 1) // JOB_SPAN * JOB_SPAN + JOB_SPAN
    projects = candidates.visible_projects(person, maintained=False, among=among).filter(pk__gt=at.after, pk__lte=end)
    rows = list(projects.order_by("pk").values_list("pk", "full_path"))
    answers = check_own(job, [(IdOrPath("id", pk), action, properties.details) for pk, _ in rows])
    found = [row for row, one in zip(rows, answers, strict=True) if one.access.decision.allowed]
    if len(found) > at.limit:
        return Found([path for _, path in found[: at.limit]], found[at.limit - 1][0])
    return Found([path for _, path in found], end if end < there["last"] else 0)


def search_actions_of_job(job: Job, target: IdOrPath, at: Position, properties: Properties = NO_PROPERTIES) -> Found:
    answers = check_own(job, [(target, action, properties.details) for action in ACTIONS])
    return _page([one.access.action for one in answers if one.access.decision.allowed], at)


def _evaluate(reader: User, questions: list[Question]) -> list[bool]:
    cases = find_cases(reader, questions)
    return [case is not None and case.decide(one.action).allowed for case, one in zip(cases, questions, strict=True)]


def _jobs(reader: User, action: Action, target: Target, maintains: bool) -> QuerySet[Any, Any]:
    among = candidates.sources_of_target(target, action)
    return candidates.running_jobs(reader, of=0 if maintains else reader.pk, among=among).values_list("pk", "pk")


def _people(reader: User, action: Action, target: Target, maintains: bool) -> QuerySet[Any, Any]:
    people = candidates.people_of_target(target, action)
    return (people if maintains else people.filter(pk=reader.pk)).values_list("pk", "username")


def _projects(reader: User, action: Action, target: Target, maintains: bool) -> QuerySet[Any, Any]:
    among = candidates.sources_of_target(target, action)
    projects = candidates.visible_projects(reader, maintained=not maintains, among=among)
    return projects.values_list("pk", "full_path")


_SUBJECTS = {SubjectKind.JOB: _jobs, SubjectKind.USER: _people, SubjectKind.PROJECT: _projects}


def _collect(rows: QuerySet[Any, Any], at: Position, judge: Judge) -> Found:
    """The first `limit` that are judged yes, of MAX_CANDIDATES at most."""
    found: list[Candidate] = []
    after, looked_at, size = at.after, 0, at.limit + 1
    while True:
        chunk: list[Candidate] = list(rows.filter(pk__gt=after).order_by("pk")[:size])
        found += [row for row, yes in zip(chunk, judge(chunk), strict=True) if yes]
        looked_at += len(chunk)
        if len(found) > at.limit:
            return Found([str(name) for _, name in found[: at.limit]], found[at.limit - 1][0])
        ended = len(chunk) < size
        if ended or looked_at >= MAX_CANDIDATES:
            return Found([str(name) for _, name in found], 0 if ended else chunk[-1][0])
        after, size = chunk[-1][0], CHUNK


def _page(actions: list[Action], at: Position) -> Found:
    names = [action.name.lower() for action in actions]
    end = at.after + at.limit
    return Found(names[at.after : end], end if end < len(names) else 0)
