"""Protections as the services keep them, in the administration and on databases that are older than they are."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client

from audit.models import AuditEvent
from projects import services
from projects.models import ProtectedRef, RefKind
from projects.protection import Protections
from projects.repository import Repository
from projects.services.importing import copy_repository
from tests.factories import projects
from tests.factories.cast import Cast


@pytest.fixture
def site(cast: Cast, client: Client) -> Client:
    client.force_login(cast.admin)
    return client


def levels(protected: ProtectedRef) -> tuple[int, int, bool]:
    return protected.push_level, protected.merge_level, protected.allow_force_push


def test_a_new_project_protects_its_default_branch_for_maintainers(cast: Cast) -> None:
    made = services.create_project(name="x", path="x", group=cast.acme, by=cast.owner, default_branch="trunk")
    protected = made.protected_refs.get()
    assert (protected.kind, protected.name, levels(protected)) == ("branch", "trunk", (40, 40, False))


def test_an_imported_project_protects_its_default_branch(cast: Cast) -> None:
    source = cast.library.repository_path
    Repository(source).set_default_branch("old-main")
    with copy_repository(source) as copy:
        made = copy.create_project(name="x", path="x", group=cast.acme, by=cast.owner)
    assert made.protected_refs.get().name == "old-main"


def test_the_default_branch_of_an_empty_project_is_protected_wherever_it_moves(cast: Cast) -> None:
    services.update_project(cast.library, by=cast.owner, default_branch="trunk")
    assert [one.name for one in cast.library.protected_refs.all()] == ["main", "trunk"]
    services.update_project(cast.library, by=cast.owner, default_branch="main")
    projects.commit(cast.library, {"README.md": "x"})
    Repository(cast.library.repository_path).create_branch("next", "main")
    services.update_project(cast.library, by=cast.owner, default_branch="next")
    assert not Protections(cast.library).protects("next")


def test_older_projects_get_theirs_and_developers_go_on_running_pipelines(cast: Cast) -> None:
    ProtectedRef.objects.all().delete()
    services.protect(cast.app, kind=RefKind.TAG, name="v*", by=cast.owner)
    kept = services.protect(cast.library, kind=RefKind.BRANCH, name="x", by=cast.owner)
    import_module("projects.migrations.0003_protect_default_branches").protect(apps, None)
    assert list(cast.library.protected_refs.all()) == [kept]
    branch = cast.app.protected_refs.get(kind="branch")
    assert (branch.name, levels(branch)) == ("main", (40, 30, False))


def test_only_what_changes_is_in_the_audit_log(cast: Cast) -> None:
    protected = cast.library.protected_refs.get()
    events = AuditEvent.objects.filter(event="ref_protection_changed")
    services.change_protection(protected, by=cast.owner, push_level=protected.push_level)
    assert not events.exists()
    services.change_protection(protected, by=cast.owner, push_level=0, allow_force_push=True)
    event = events.get()
    assert event.details == {"ref": "main", "push_level": 0, "allow_force_push": True}
    assert event.target_path == "acme/library"
    with pytest.raises(TypeError):
        services.change_protection(protected, by=cast.owner, name="other")


def test_a_refused_protection_leaves_the_transaction_whole(cast: Cast) -> None:
    with transaction.atomic():
        with pytest.raises(services.AlreadyProtected):
            services.protect(cast.library, kind=RefKind.BRANCH, name="main", by=cast.owner)
        assert ProtectedRef.objects.filter(project=cast.library).count() == 1
    assert not AuditEvent.objects.filter(event="ref_protected", details__ref="main", details__push_level=30).exists()


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["", " ", "x" * 256, "a..b", "a b", "-x", "a~", "a\nb", "x/", "@{"])
def test_a_name_no_ref_can_have_is_refused(cast: Cast, name: str) -> None:
    with pytest.raises(ValidationError):
        services.protect(cast.library, kind=RefKind.BRANCH, name=name, by=cast.owner)


def test_all_protections_of_a_project_are_read_in_one_statement(cast: Cast, django_assert_num_queries: Any) -> None:
    services.protect(cast.library, kind=RefKind.TAG, name="v*", by=cast.owner)
    protections = Protections(cast.library)
    with django_assert_num_queries(1):
        assert protections.protects("main")
        assert not protections.protects("main", tag=True)
        assert protections.protects("v1", tag=True)
        assert not protections.protects("v1")


def test_the_administration_writes_what_the_services_write(cast: Cast, site: Client) -> None:
    at = "/admin/projects/protectedref/"
    fields = {"project": cast.library.pk, "kind": "branch", "name": "release/*", "push_level": 0, "merge_level": 30}
    assert site.post(f"{at}add/", fields, follow=True).status_code == 200
    made = ProtectedRef.objects.get(name="release/*")
    assert levels(made) == (0, 30, False)
    again = site.post(f"{at}add/", fields, follow=True)
    assert "already exists" in again.content.decode()
    rules = {"push_level": 40, "merge_level": 40, "allow_force_push": "on"}
    site.post(f"{at}{made.pk}/change/", rules)
    made.refresh_from_db()
    assert levels(made) == (40, 40, True)
    assert site.get(at).status_code == 200
    site.post(f"{at}{made.pk}/delete/", {"post": "yes"})
    assert not ProtectedRef.objects.filter(name="release/*").exists()
    events = AuditEvent.objects.filter(actor_name="admin", details__ref="release/*").order_by("id")
    assert [event.event for event in events] == ["ref_protected", "ref_protection_changed", "ref_unprotected"]
