"""Package protection rules: who may publish or delete packages of a certain name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from projects.models import Project
from resources.packages.models import PackageProtectionRule
from tokenaccess.access.gate import check_same_target
from tokenaccess.access.result import Access
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.policy.protected_refs import matches

MAX_PATTERN = 255
# What is said to whom a rule refuses, by action.
WORDS = {
    Action.WRITE_PACKAGES: "Package protected.",
    Action.UPLOAD_PACKAGE: "Package protected.",
    Action.DELETE_PACKAGES: "Package is deletion protected.",
}
_ROLE_FIELDS = {
    Action.WRITE_PACKAGES: "min_push_role",
    Action.UPLOAD_PACKAGE: "min_push_role",
    Action.DELETE_PACKAGES: "min_delete_role",
}


class AlreadyProtected(Exception):
    """There is a rule of that format and pattern already."""


class NothingProtected(Exception):
    """The rule would ask for no role at all."""


class PackageQuestion(NamedTuple):
    """To do that to packages of that name, in the project with that id."""

    project_id: int
    action: Action
    kind: str
    name: str


def find_min_roles(questions: Sequence[PackageQuestion]) -> list[Role]:
    """What the rules ask for, of each question; the strictest of those that match counts. One statement."""
    projects, kinds = {one.project_id for one in questions}, {one.kind for one in questions}
    rows = PackageProtectionRule.objects.filter(project__in=projects, kind__in=kinds)
    rules: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for rule in rows.values("project_id", "kind", "name_pattern", *set(_ROLE_FIELDS.values())):
        rules.setdefault((rule["project_id"], rule["kind"]), []).append(rule)
    return [_min_role(rules.get((one.project_id, one.kind), []), one) for one in questions]


def _min_role(rules: list[dict[str, Any]], asked: PackageQuestion) -> Role:
    field = _ROLE_FIELDS[asked.action]
    return Role(max((rule[field] for rule in rules if matches(rule["name_pattern"], asked.name)), default=0))


def check_package(access: Access, action: Action, kind: str, name: str) -> Access:
    """What the caller may do to packages of that name, to whose project they were admitted. One statement."""
    assert access.facts.target is not None
    (least,) = find_min_roles([PackageQuestion(access.facts.target.id, action, kind, name)])
    return check_same_target(access, action, least, (kind, name))


@transaction.atomic
def create_rule(project: Project, *, by: User, **fields: Any) -> PackageProtectionRule:
    """`fields`: `kind`, `name_pattern`, `min_push_role`, `min_delete_role`. Raises AlreadyProtected,
    NothingProtected."""
    rule = PackageProtectionRule(project=project, **fields)
    _save(rule)
    _record("package_protected", "are protected", rule, by)
    return rule


@transaction.atomic
def change_rule(rule: PackageProtectionRule, *, by: User, **changes: Any) -> PackageProtectionRule:
    """As `create_rule`."""
    for field, value in changes.items():
        setattr(rule, field, value)
    _save(rule)
    _record("package_protection_changed", "are protected differently", rule, by)
    return rule


def _save(rule: PackageProtectionRule) -> None:
    if not (rule.min_push_role or rule.min_delete_role):
        raise NothingProtected
    try:
        with transaction.atomic():
            rule.save()
    except IntegrityError:
        raise AlreadyProtected from None


@transaction.atomic
def delete_rule(rule: PackageProtectionRule, *, by: User) -> None:
    _record("package_unprotected", "are not protected any more", rule, by)
    rule.delete()


def _record(event: str, what: str, rule: PackageProtectionRule, by: User) -> None:
    path = rule.project.full_path
    roles = {"min_push_role": int(rule.min_push_role), "min_delete_role": int(rule.min_delete_role)}
    message = f"Packages {rule.name_pattern} ({rule.kind}) of {path} {what}"
    audit.record(event, message, by=by, on=rule.project, path=path, pattern=rule.name_pattern, kind=rule.kind, **roles)
