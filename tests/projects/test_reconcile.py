"""Effective roles follow from memberships, whatever happened; `reconcile` proves it and repairs what does not."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from guardian.shortcuts import assign_perm

from identity.models import today
from projects import services
from projects.models import Group, GroupEffectiveRole, Membership, ProjectEffectiveRole
from projects.roles.roles import role_of
from projects.services.people import create_person, delete_person, update_person
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role

SOON = timedelta(days=3)
NOTHING_WRONG = "Effective roles that were wrong: 0."


def reconcile(*arguments: str) -> str:
    output = io.StringIO()
    call_command("reconcile", *arguments, stdout=output)
    return output.getvalue()


def nested_group(cast: Cast) -> Group:
    outer = projects.group("outer", parent=cast.acme, by=cast.owner)
    inner = projects.group("inner", parent=outer, by=cast.owner)
    projects.project("deep", group=inner, by=cast.owner)
    return inner


def a_subgroup_with_a_project(cast: Cast) -> None:
    nested_group(cast)


def a_member_above_and_below(cast: Cast) -> None:
    inner = nested_group(cast)
    projects.member(cast.outsider, inner, Role.GUEST, expires_at=today() + SOON)
    projects.member(cast.outsider, cast.acme, Role.MAINTAINER)


def a_role_that_changes(cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.developer, project=cast.library)
    services.update_member(membership, role=Role.GUEST, by=cast.owner, expires_at=today() + SOON)
    services.update_member(membership, role=Role.OWNER, by=cast.owner, expires_at=None)


def a_member_who_leaves_but_stays_below(cast: Cast) -> None:
    inner = nested_group(cast)
    projects.member(cast.outsider, cast.acme, Role.OWNER)
    projects.member(cast.outsider, inner, Role.REPORTER)
    services.remove_member(Membership.objects.get(user=cast.outsider, group=cast.acme), by=cast.owner)


def a_person_with_a_namespace(cast: Cast) -> None:
    nora = create_person(username="nora", password=None, by=None)
    projects.project("notes", group=Group.objects.get(person=nora), by=nora)
    update_person(nora, by=None, username="norah")


def a_person_who_is_deleted(cast: Cast) -> None:
    a_member_above_and_below(cast)
    services.create_namespace(cast.outsider)
    delete_person(cast.outsider, by=None)


def a_project_that_is_deleted(cast: Cast) -> None:
    services.delete_project(cast.app, by=cast.owner)


def a_group_that_is_deleted(cast: Cast) -> None:
    services.delete_group(projects.group("empty", parent=cast.acme, by=cast.owner), by=cast.owner)


@pytest.mark.parametrize(
    "scenario",
    [
        a_subgroup_with_a_project,
        a_member_above_and_below,
        a_role_that_changes,
        a_member_who_leaves_but_stays_below,
        a_person_with_a_namespace,
        a_person_who_is_deleted,
        a_project_that_is_deleted,
        a_group_that_is_deleted,
    ],
)
def test_reconcile_finds_nothing_wrong_after_a_repair(cast: Cast, scenario: Callable[[Cast], None]) -> None:
    scenario(cast)
    assert reconcile("--check").startswith(NOTHING_WRONG)


def test_reconcile_repairs_roles_that_were_changed_behind_the_services(cast: Cast) -> None:
    ProjectEffectiveRole.objects.filter(user=cast.developer, content_object=cast.library).delete()
    Membership.objects.create(user=cast.outsider, group=cast.acme, role=Role.OWNER)
    GroupEffectiveRole.objects.filter(user=cast.owner, content_object=cast.acme).update(until=today() + SOON)
    assert role_of(cast.developer, cast.library) is Role.NONE
    with pytest.raises(CommandError):
        reconcile("--check")
    assert role_of(cast.developer, cast.library) is Role.NONE, "checking changes nothing"
    assert not reconcile().startswith(NOTHING_WRONG)
    assert role_of(cast.developer, cast.library) is Role.DEVELOPER
    assert role_of(cast.outsider, cast.app) is Role.OWNER
    assert reconcile("--check").startswith(NOTHING_WRONG)


def test_reconcile_repairs_a_row_whose_role_differs_from_its_permission(cast: Cast) -> None:
    rows = ProjectEffectiveRole.objects.filter(user=cast.developer, content_object=cast.library)
    rows.filter(role=Role.DEVELOPER).update(role=Role.OWNER)
    assert role_of(cast.developer, cast.library) is Role.OWNER
    assert not reconcile().startswith(NOTHING_WRONG)
    assert role_of(cast.developer, cast.library) is Role.DEVELOPER


def test_a_row_that_guardian_makes_of_a_permission_knows_its_role(cast: Cast) -> None:
    assign_perm("projects.report_project", cast.outsider, cast.library)
    assert role_of(cast.outsider, cast.library) is Role.REPORTER
    assert cast.outsider.has_perm("projects.report_project", cast.library)


def test_reconcile_removes_expired_memberships_without_an_error(cast: Cast) -> None:
    other = people.person("other")
    projects.member(other, cast.library, Role.DEVELOPER, expires_at=today() + SOON)
    Membership.objects.filter(user=other).update(expires_at=today())
    ProjectEffectiveRole.objects.filter(user=other).update(until=today())
    assert reconcile("--check") == f"{NOTHING_WRONG} Memberships that had ended: 1.\n"
    assert Membership.objects.filter(user=other).exists(), "checking changes nothing"
    reconcile()
    assert not Membership.objects.filter(user=other).exists()
    assert not ProjectEffectiveRole.objects.filter(user=other).exists()


def models_by_former_name(app_label: str, name: str) -> Any:
    return apps.get_model(app_label, name.replace("Standing", "EffectiveRole"))


def test_the_migration_gives_the_rows_there_were_their_role(cast: Cast) -> None:
    for rows in (ProjectEffectiveRole, GroupEffectiveRole):
        rows.objects.update(role=0)
    migration = import_module("projects.migrations.0005_role_of_standing")
    migration.fill(SimpleNamespace(get_model=models_by_former_name), None)
    assert reconcile("--check").startswith(NOTHING_WRONG)
