"""What a check is: where it looks, what it says of what it finds, and what mends it.

A check is a class in a module of `checks` and a row of the table there.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import IntEnum
from typing import Any, ClassVar, Generic

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from typing_extensions import TypeVar

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.gate import check_as_user
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.policy import Action
from tokenaccess.policy.needs import NEEDS
from tokenaccess.posture.scope import Scope

Row = TypeVar("Row", bound=Model, default=Any)
Words = str | Promise
Effects = list[tuple[int, str, str]]


class Severity(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def slug(self) -> str:
        return self.name.lower()


class Check(Generic[Row]):
    """`name`: in addresses and exports, and stable. `why`: one sentence on what it gives an attacker.

    `fix_label`: the words of the button, "" where no single change mends it; `fix_question`: it may name the
    `%(subject)s` where that is a path.
    `fix_action`: what it takes, on the project or group of the finding. Who reads the page of a scope has it, but for
    what belongs to a group above (`inherited_from`), and, with `asks_each`, for what `changeable` leaves out; `refusal`
    says why. All checks of a model that ask give the same answer.
    """

    name: ClassVar[str]
    severity: ClassVar[Severity]
    title: ClassVar[Words]
    why: ClassVar[Words]
    model: ClassVar[type[Model]]
    related: ClassVar[tuple[str, ...]] = ("project",)
    project_field: ClassVar[str] = "project"
    group_field: ClassVar[str] = ""
    fix_label: ClassVar[Words] = ""
    fix_question: ClassVar[Words] = ""
    refusal: ClassVar[Words] = ""
    fix_action: ClassVar[Action] = Action.MANAGE_TOKEN_ACCESS
    fix_group_action: ClassVar[Action] = Action.ADMIN_GROUP
    asks_each: ClassVar[bool] = False

    def rows(self, scope: Scope) -> QuerySet[Row]:
        """What it finds there: rows of `model`, each once. No statement by itself."""
        raise NotImplementedError

    def with_names(self, rows: QuerySet[Row], scope: Scope) -> QuerySet[Row]:
        """With what `label` and `url` need, as seen from the scope."""
        return rows.select_related(*self.related)

    def lock(self, pk: int) -> Row | None:
        """The row as it is, which nobody changes until the transaction ends; None if it is gone. One statement."""
        rows: Any = self.model._default_manager.select_related(*self.related)
        return rows.filter(pk=pk).select_for_update(of=("self",), no_key=True).first()

    def project_of(self, row: Row) -> Project | None:
        found: Project | None = getattr(row, self.project_field) if self.project_field else None
        return found

    def group_of(self, row: Row) -> Group | None:
        found: Group | None = getattr(row, self.group_field) if self.group_field else None
        return found

    def targets(self, row: Row) -> tuple[Project | Group, ...]:
        """What its label names besides its own project or group, and a reader might not see."""
        return ()

    def label(self, row: Row, hidden: frozenset[tuple[str, int]]) -> str:
        """What it is about, in a few words. `hidden`: of `targets`, by kind and id."""
        raise NotImplementedError

    def url(self, row: Row) -> str:
        """The page where it is set; "" for none."""
        return ""

    def inherited_from(self, row: Row, scope: Scope) -> Group | None:
        """The group above the scope that it belongs to; None for a finding of the scope itself."""
        return None

    def may_change(self, row: Row, user: User) -> bool:
        """Whether they may mend or accept it. One statement."""
        project, group = self.project_of(row), self.group_of(row)
        if project is not None:
            return check_as_user(user, self.fix_action, IdOrPath("id", project.pk)).decision.allowed
        if group is not None:
            return check_as_user(user, self.fix_group_action, IdOrPath("id", group.pk)).decision.allowed
        return check_as_user(user, Action.ADMINISTER, ABSENT).decision.allowed

    def takes_bots(self, row: Row) -> bool:
        """Whether the user of an access token may change it: such a user gives and takes no tokens."""
        action = self.fix_action if self.project_of(row) is not None else self.fix_group_action
        return NEEDS[action].bots

    def changeable(self, pks: Collection[int], user: User) -> frozenset[int]:
        """Those of them that `may_change` allows. One statement."""
        raise NotImplementedError

    def effects(self, row: Row) -> Effects:
        """What the fix changes at once, in numbers."""
        return []

    def fix(self, row: Row, by: User) -> None:
        """Raises TokenAccessError or ValidationError; nothing is changed then."""
        raise NotImplementedError


def name_of(target: Project | Group, hidden: frozenset[tuple[str, int]], otherwise: Words) -> str:
    return str(otherwise) if (str(target.kind), target.pk) in hidden else target.full_path
