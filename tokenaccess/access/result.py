"""The result of a check: who asked for what, the facts, and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic

from django.db.models import QuerySet
from django.http import Http404
from typing_extensions import TypeVar

from identity.models import User
from projects.models import Group, Project
from tokenaccess.policy import Action, Anonymous, Caller, Decision, Facts, Job
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS

T = TypeVar("T", default=Any)

_ROWS: dict[TargetKind, QuerySet[Any]] = {
    TargetKind.PROJECT: Project.objects.select_related("group"),
    TargetKind.GROUP: Group.objects.all(),
}


@dataclass
class Access(Generic[T]):
    """A decision and what it was about. `user` is the acting user: the caller, or the user behind a calling job.

    `joined` is what the view read in the same statement as the check; None if there is no such row. `is_moved`: the
    target was asked for by a path that it had before it was moved.
    """

    caller: Caller
    action: Action
    facts: Facts
    decision: Decision
    caller_user: User | None = None
    joined: T | None = None
    is_moved: bool = False

    @cached_property
    def user(self) -> User | None:
        if isinstance(self.caller, Job) and self.caller.person is not None:
            return User.objects.get(pk=self.caller.person.id)
        return self.caller_user

    @property
    def current_user(self) -> User:
        """`user`, of an action that the policy allows only to somebody signed in."""
        user = self.caller_user or self.user
        assert user is not None
        return user

    @cached_property
    def target(self) -> Project | Group | None:
        """The project or group that the action is about; None for the instance. Loaded only after the decision: see
        `sql.person_check`. Raises Http404 if it was deleted since."""
        rows = _ROWS.get(NEEDS[self.action].kind)
        if rows is None:
            return None
        assert self.facts.target is not None
        found: Project | Group | None = rows.filter(pk=self.facts.target.id).first()
        if found is None:
            raise Http404("It has just been deleted.")
        return found

    @cached_property
    def project(self) -> Project:
        assert isinstance(self.target, Project)
        return self.target

    @cached_property
    def group(self) -> Group:
        assert isinstance(self.target, Group)
        return self.target

    @property
    def owner_kwargs(self) -> dict[str, Any]:
        """The target as a keyword argument: `project`, `group`, or for the instance a `group` that is None."""
        target = self.target
        return {"group": None} if target is None else {str(target.kind): target}

    def judges_person_on(self, on: Project | Group) -> bool:
        """Whether the facts are those about a person, or a visitor, and this project or group."""
        target, kind = self.facts.target, NEEDS[self.action].kind
        return target is not None and kind is on.kind and target.id == on.pk and not isinstance(self.caller, Job)

    @property
    def is_anonymous(self) -> bool:
        return isinstance(self.caller, Anonymous)

    @property
    def job(self) -> Job | None:
        return self.caller if isinstance(self.caller, Job) else None


class AccessDenied(Exception):
    """The policy refused. Each protocol has one function that translates it."""

    def __init__(self, access: Access) -> None:
        super().__init__(access.decision.reason.sentence if access.decision.reason else "")
        self.access = access
