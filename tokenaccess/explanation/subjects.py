"""What somebody else, or the reader, would be answered: a job, a person, or a job that a project does not have yet.

What is asked is told to those whom `explain_access` tells it. For all others there is no verdict, whether the subject
and the target are there, hidden or absent. Any number of questions takes the same statements, one for each kind of
fact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from django.db.models.functions import Lower

from identity.models import User
from jobs.models import Job
from text.numbers import parse_number
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.in_advance import check_projects_as_user
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.explanation.details import NO_PROPERTIES, Case, Properties, Restriction, find_restrictions
from tokenaccess.explanation.explain import explain_steps
from tokenaccess.policy import Action, Caller, Decision, Facts, Step, decide
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.levels import Role


class SubjectKind(StrEnum):
    JOB = "job"
    USER = "user"
    PROJECT = "project"


class Question(NamedTuple):
    """`name`: the job's number, the person's username, or the project's id or path."""

    kind: SubjectKind
    name: str
    action: Action
    target: IdOrPath
    properties: Properties = NO_PROPERTIES


class Verdict(NamedTuple):
    decision: Decision
    steps: tuple[Step, ...]


class KnownCase(NamedTuple):
    """Who asks, and the facts, of a question that the reader may ask."""

    caller: Caller
    facts: Facts

    def restrict(self, by: Restriction | None) -> KnownCase:
        return self if by is None else self._replace(facts=by.apply(self.facts))

    def decide(self, action: Action) -> Decision:
        return decide(self.caller, action, self.facts)

    def judge(self, action: Action) -> Verdict:
        return Verdict(self.decide(action), explain_steps(self.caller, action, self.facts))


class JobOwner(NamedTuple):
    """A job's project, and the id of its person."""

    id: int
    project: IdOrPath
    user_id: int | None


class Plan(NamedTuple):
    """What to look up for a question that may be asked. `user`: they are judged, not a job. `hidden`: the reader may
    not see the target, so that another stands in for it. `role`: what the person is supposed to be there."""

    pair: JobOnProject
    user: User | None = None
    hidden: bool = False
    is_self: bool = True
    role: Role | None = None


class Subject(NamedTuple):
    """Whose role counts, and the id of the project whose job it is, 0 for none. `only_maintained`: the reader may ask
    about them where they are a maintainer."""

    person: User
    source: int = 0
    only_maintained: bool = False


def judge_subjects(reader: User, questions: Sequence[Question]) -> list[Verdict | None]:
    """In the order of the questions. At most seven statements, and one for each kind of detail that any has."""
    cases = find_cases(reader, questions)
    return [case and case.judge(question.action) for case, question in zip(cases, questions, strict=True)]


def find_cases(reader: User, questions: Sequence[Question]) -> list[KnownCase | None]:
    """As `judge_subjects`, before any decision: what is asked about is not looked at but for who may know of it."""
    if not questions:
        return []
    asked = Inquiry(reader, questions)
    plans = [asked.plan(question) for question in questions]
    known = load.job_facts_of_pairs([plan.pair for plan in plans if plan is not None])
    found = iter(known)
    cases = [
        None if plan is None else _case(plan, asked.facts_of(q), next(found))
        for plan, q in zip(plans, questions, strict=True)
    ]
    return _restrict(cases, questions) if any(q.properties.details for q in questions) else cases


def _restrict(cases: Sequence[KnownCase | None], questions: Sequence[Question]) -> list[KnownCase | None]:
    asked = [
        Case(q.action, q.properties.details, *(case or (None, None))) for case, q in zip(cases, questions, strict=True)
    ]
    return [case and case.restrict(by) for case, by in zip(cases, find_restrictions(asked), strict=True)]


def _case(plan: Plan, as_seen: Facts, found: tuple[Caller, Facts] | None) -> KnownCase | None:
    if found is None:
        return None
    caller, facts = found
    if plan.user is None:
        as_supposed = facts if plan.role is None else facts._replace(role=plan.role)
        return KnownCase(caller, NO_FACTS if plan.hidden else as_supposed)
    # The bot of a token is known where it is a member, to others it would tell where there is a project.
    if plan.user.is_bot and not plan.is_self and not facts.role:
        return None
    role = Role.OWNER if plan.user.is_superuser else facts.role
    return KnownCase(load.person_of(plan.user), as_seen._replace(role=role if plan.role is None else plan.role))


class Inquiry:
    """What the reader may know of the subjects and targets of some questions. At most six statements."""

    def __init__(self, reader: User, questions: Sequence[Question]) -> None:
        self._reader = reader
        self._person = load.person_of(reader)
        self._jobs = _find_jobs(one.name for one in questions if one.kind is SubjectKind.JOB)
        names = [one.target for one in questions]
        # Of a job that is not there, another project is looked for: one that is hidden would take a statement more.
        asked = (self._jobs.get(parse_number(one.name) or 0) for one in questions if one.kind is SubjectKind.JOB)
        names += [IdOrPath("id", 0) if job is None else job.project for job in asked]
        names += [IdOrPath.parse(one.name) for one in questions if one.kind is SubjectKind.PROJECT]
        names = list(dict.fromkeys(names))
        found = check_projects_as_user(reader, Action.READ_PROJECT, names)
        self._facts = {name: access.facts for name, access in zip(names, found, strict=True)}
        self._users = _find_users(one.name for one in questions if one.kind is SubjectKind.USER)

    def plan(self, question: Question) -> Plan | None:
        """None for a question that the reader may not ask. What somebody with another role might do is told to the
        maintainers of the target only."""
        role = question.properties.role
        if role is not None and not self._may(Action.READ_TOKEN_ACCESS, question.target):
            return None
        plans: dict[SubjectKind, Callable[[str, IdOrPath], Plan | None]] = {
            SubjectKind.JOB: self._plan_job,
            SubjectKind.USER: self._plan_user,
            SubjectKind.PROJECT: self._plan_project,
        }
        plan = plans[question.kind](question.name, question.target)
        return plan if plan is None or role is None else plan._replace(role=role)

    def find_subject(self, kind: SubjectKind, name: str) -> Subject | None:
        """Of a subject about which the reader may ask somewhere; None if nowhere."""
        if kind is SubjectKind.USER:
            is_self = name.lower() == self._reader.username.lower()
            user = self._reader if is_self else self._users.get(name.lower())
            return None if user is None else Subject(user, only_maintained=not is_self)
        job = self._jobs.get(parse_number(name) or 0) if kind is SubjectKind.JOB else None
        if kind is SubjectKind.JOB and (job is None or not self._may(Action.READ_JOBS, job.project)):
            return None
        source = IdOrPath.parse(name) if job is None else job.project
        if not self._may(Action.READ_PROJECT, source):
            return None
        is_own = job is None or job.user_id == self._reader.pk
        person = self._reader if is_own else User.objects.filter(pk=(job and job.user_id) or 0).first()
        if person is None:
            return None
        maintains = self._may(Action.READ_TOKEN_ACCESS, source)
        return Subject(person, self._id(source), only_maintained=not (is_own and maintains))

    def facts_of(self, question: Question) -> Facts:
        return self._facts[question.target]

    def _plan_project(self, name: str, target: IdOrPath) -> Plan | None:
        """A job of that project that the reader started."""
        source = IdOrPath.parse(name)
        if not self._may_explain(source, target):
            return None
        return self._pair(source, target, JobOnProject(0, self._id(source), self._reader.pk))

    def _plan_user(self, name: str, target: IdOrPath) -> Plan | None:
        """The person with their own role. Another than the reader only for maintainers of the target."""
        if not self._may(Action.READ_PROJECT, target):
            return None
        is_self = name.lower() == self._reader.username.lower()
        if not is_self and not self._may(Action.READ_TOKEN_ACCESS, target):
            return None
        user = self._reader if is_self else self._users.get(name.lower())
        if user is None:
            return None
        place = self._id(target)
        return Plan(JobOnProject(place, place, user.pk), user, is_self=is_self)

    def _plan_job(self, name: str, target: IdOrPath) -> Plan | None:
        """That very job, in its state and with what it left of its token, for who may see it."""
        job = self._jobs.get(parse_number(name) or 0)
        if job is None or not self._may(Action.READ_JOBS, job.project) or not self._may_explain(job.project, target):
            return None
        # Whose role somewhere is told only to the maintainers there, and to themselves.
        if job.user_id not in {None, self._reader.pk} and not self._may(Action.READ_TOKEN_ACCESS, target):
            return None
        return self._pair(job.project, target, JobOnProject(0, job=job.id))

    def _pair(self, source: IdOrPath, target: IdOrPath, pair: JobOnProject) -> Plan:
        hidden = not self._may(Action.READ_PROJECT, target)
        return Plan(pair._replace(target=self._id(source if hidden else target)), hidden=hidden)

    def _may_explain(self, source: IdOrPath, target: IdOrPath) -> bool:
        """As `explain_access` has it."""
        if not self._may(Action.READ_PROJECT, source):
            return False
        return self._may(Action.READ_TOKEN_ACCESS, source) or self._may(Action.READ_TOKEN_ACCESS, target)

    def _may(self, action: Action, name: IdOrPath) -> bool:
        return decide(self._person, action, self._facts.get(name, NO_FACTS)).allowed

    def _id(self, name: IdOrPath) -> int:
        target = self._facts[name].target
        return 0 if target is None else target.id


def _find_jobs(names: Iterable[str]) -> dict[int, JobOwner]:
    """By their numbers. One statement, none if there are no names."""
    numbers = {parse_number(name) or 0 for name in names}
    rows = Job.objects.filter(pk__in=numbers).values_list("pk", "project_id", "user_id") if numbers else ()
    return {pk: JobOwner(pk, IdOrPath("id", project), user) for pk, project, user in rows}


def _find_users(names: Iterable[str]) -> dict[str, User]:
    """By their usernames in lower case. One statement, none if there are no names."""
    wanted = {name.lower() for name in names}
    if not wanted:
        return {}
    rows = User.objects.annotate(lower_name=Lower("username")).filter(lower_name__in=wanted)
    return {user.username.lower(): user for user in rows}
