"""The gate every surface goes through: who calls, what they ask for, and the policy's word on it.

    access = authorize(request, Action.READ_PACKAGES, "acme/library")   # or AccessDenied
    access.project, access.user

Views do not call this themselves: they declare actions, and an adapter asks (`tokenaccess.drf`, `tokenaccess.web`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from identity import credentials
from identity.credentials import Credential
from identity.models import User
from identity.resolve import resolve
from identity.secrets import Prefix, digests, is_well_formed
from jobs.own_job import OwnJob
from projects.models import Group, Project
from projects.roles import standings
from tokenaccess import load
from tokenaccess.policy import Action, Anonymous, Caller, Decision, Facts, Job, decide
from tokenaccess.policy.actions import NEEDS, Kind
from tokenaccess.policy.callers import Impostor
from tokenaccess.policy.facts import NOTHING
from tokenaccess.policy.levels import Role
from tokenaccess.reference import ABSENT, Reference
from tokenaccess.statement import Asked

Row = TypeVar("Row", bound=Model)


@dataclass
class Access:
    """One question and its answer. `user` is the person who acts: the caller, or the one behind a calling job."""

    caller: Caller
    action: Action
    facts: Facts
    decision: Decision
    caller_user: User | None = None
    own_job: OwnJob | None = None  # of a job that asks about itself
    along: list[Any] | None = None  # the row the view asked for along with the check

    @cached_property
    def user(self) -> User | None:
        if isinstance(self.caller, Job) and self.caller.person is not None:
            return User.objects.get(pk=self.caller.person.id)
        return self.caller_user

    @cached_property
    def project(self) -> Project:
        """The project that was asked for. Loaded after the yes, never before: see tokenaccess.person_statement."""
        return _loaded(Project.objects.select_related("group"), self.facts)

    @cached_property
    def group(self) -> Group:
        return _loaded(Group.objects.all(), self.facts)

    @property
    def place(self) -> Project | Group | None:
        """Whichever the action is about."""
        match NEEDS[self.action].kind:
            case Kind.PROJECT:
                return self.project
            case Kind.GROUP:
                return self.group
        return None

    @property
    def where(self) -> dict[str, Any]:
        """The same as a keyword, for what can be of a project, of a group or (a group that is None) of the instance."""
        place = self.place
        return {"project": place} if isinstance(place, Project) else {"group": place}

    def is_about(self, on: Project | Group) -> bool:
        kind = Kind.PROJECT if isinstance(on, Project) else Kind.GROUP
        return self.facts.target is not None and NEEDS[self.action].kind is kind and self.facts.target.id == on.pk

    @property
    def is_anonymous(self) -> bool:
        return isinstance(self.caller, Anonymous)

    @property
    def job(self) -> Job | None:
        return self.caller if isinstance(self.caller, Job) else None


def _loaded(rows: QuerySet[Row], facts: Facts) -> Row:
    """Raises Http404 for what was deleted since the decision."""
    assert facts.target is not None
    found = rows.filter(pk=facts.target.id).first()
    if found is None:
        raise Http404("It has just been deleted.")
    return found


class AccessDenied(Exception):
    """The policy said no. Each protocol translates it once."""

    def __init__(self, access: Access) -> None:
        super().__init__(access.decision.reason.sentence if access.decision.reason else "")
        self.access = access


def authorize(
    request: HttpRequest,
    action: Action,
    reference: Reference = ABSENT,
    *,
    takes_passwords: bool = False,
    only_sessions: bool = False,
    asked: Asked | None = None,
) -> Access:
    """Asks and remembers the question on the request (`request.access`); raises AccessDenied for a no.

    `takes_passwords`: an account's password by Basic counts too (git). `only_sessions`: nothing else counts (pages).
    `asked`: what the view reads of the project, for `access.along`.

    Also raises identity.resolve.BadCredential or CsrfFailure. One statement for a job's token; for people at most one
    for the token and one for the target, and one more for what is asked along. `access.project` is another, after the
    yes.
    """
    access = ask(request, action, reference, takes_passwords=takes_passwords, only_sessions=only_sessions, asked=asked)
    request.access = access  # type: ignore[attr-defined]
    if not access.decision.allowed:
        raise AccessDenied(access)
    if asked is not None and access.job is None and access.facts.target is not None:
        access.along = asked.along.alone(access.facts.target.id, asked.values)
    return access


def confirm(request: HttpRequest, access: Access, *, takes_passwords: bool = False) -> None:
    """The same question once more, at the end of what took long: an upload must not outlive the right to it.

    Raises as `authorize`.
    """
    request.known_caller = None  # type: ignore[attr-defined]
    target = access.facts.target
    reference = ABSENT if target is None else Reference(id=target.id)
    authorize(request, access.action, reference, takes_passwords=takes_passwords)


def ask(
    request: HttpRequest,
    action: Action,
    reference: Reference,
    *,
    takes_passwords: bool = False,
    only_sessions: bool = False,
    asked: Asked | None = None,
) -> Access:
    """As `authorize`, but hands back a no as well."""
    needs = NEEDS[action]
    if only_sessions:
        credential: Credential | None = Credential(credentials.Kind.SESSION)
    else:
        credential = credentials.find(request, takes_jobs=needs.jobs, takes_passwords=takes_passwords)
    if credential is not None and credential.kind is credentials.Kind.JOB:
        return _ask_as_job(credential, action, reference, asked)
    caller, user = _person(request, credential)
    return _ask_as(caller, user, action, reference)


def ask_with_job_token(secret: str, action: Action, reference: Reference) -> Access:
    """For routes that take the token in a place of their own (trigger, runner)."""
    return _ask_as_job(Credential(credentials.Kind.JOB, secret), action, reference)


def _ask_as_job(credential: Credential, action: Action, reference: Reference, asked: Asked | None = None) -> Access:
    caller: Caller = Impostor()
    facts, own, along = NOTHING, None, None
    if is_well_formed(credential.secret, Prefix.JOB):
        known = digests(credential.secret)
        if NEEDS[action].kind is Kind.OWN_JOB:
            caller, own = load.own_job(known) or (caller, own)
        else:
            caller, facts, along = load.job_facts_and(known, reference, asked) or (caller, facts, along)
    return Access(caller, action, facts, decide(caller, action, facts), own_job=own, along=along)


def _person(request: HttpRequest, credential: Credential | None) -> tuple[Caller, User | None]:
    """Who calls, looked up once per request."""
    known: tuple[Caller, User | None] | None = getattr(request, "known_caller", None)
    if known is None:
        user, token = resolve(request, credential)
        scopes = frozenset(token.scopes) if token else None
        known = (Anonymous() if user is None else load.person_of(user, scopes)), user
        request.known_caller = known  # type: ignore[attr-defined]
        request.personal_token = token  # type: ignore[attr-defined]
    return known


def _ask_as(caller: Caller, user: User | None, action: Action, reference: Reference) -> Access:
    kind, facts = NEEDS[action].kind, NOTHING
    if kind is Kind.PROJECT:
        facts = load.project_facts(user, reference)
    elif kind is Kind.GROUP:
        facts = load.group_facts(user, reference)
    return Access(caller, action, facts, decide(caller, action, facts), user)


def ask_as_person(user: User, action: Action, reference: Reference) -> Access:
    """For what a request names beside its address: may the person, whatever their token's scopes, do that there?"""
    return _ask_as(load.person_of(user), user, action, reference)


def may(request: HttpRequest, action: Action, on: Project | Group | None = None) -> bool:
    """For pages: whether to show a control. The control's own view asks again.

    About the place the page itself was admitted to, the facts are at hand already: no statement.
    """
    access = getattr(request, "access", None)
    if isinstance(access, Access) and access.job is None and on is not None and access.is_about(on):
        return decide(access.caller, action, access.facts).allowed
    caller, user = _person(request, credentials.find(request, takes_jobs=False))
    return may_as(caller, user, action, on)


def may_as(caller: Caller, user: User | None, action: Action, on: Project | Group | None = None) -> bool:
    if on is None:
        facts = NOTHING
    elif isinstance(on, Project):
        facts = Facts(load.plain_target(on), load.role_of(user, on))
    else:
        facts = Facts(load.group_target(on), load.role_of(user, on))
    return decide(caller, action, facts).allowed


def which(user: User | None, action: Action, among: Sequence[Project]) -> set[int]:
    """The ids of those projects where `user` (None: a visitor) may do it; one query, for lists.

    The person alone is judged, not the scopes of a token: the list itself was asked for by those.
    """
    roles = standings(user, among) if user is not None else {}
    caller = Anonymous() if user is None else load.person_of(user)
    return {
        project.pk
        for project in among
        if decide(caller, action, Facts(load.plain_target(project), roles.get(project.pk, Role.NONE))).allowed
    }


def person_finds(user: User, action: Action, reference: Reference) -> Project | Group | None:
    """What `reference` names, when `user` may do `action` there; None for what is not there, by the same one
    statement."""
    access = ask_as_person(user, action, reference)
    return access.place if access.decision.allowed else None


def person_may(user: User, action: Action, on: Project | Group | None = None) -> bool:
    """For services that act for a person without a request (a push, a schedule)."""
    return may_as(load.person_of(user), user, action, on)
