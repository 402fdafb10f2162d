"""Roles in the administration, on every page with rows of every kind: each opens and does what the table says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from audit.models import AuditEvent
from identity.models import User
from identity.services.people import create_person
from tests.browser.all_pages.browsing import world
from tests.browser.all_pages.world import World
from tests.config.test_admin_lists import ADMINS, address
from tokenaccess.policy.staff import StaffRole, staff_may

__all__ = ["world"]
pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROLES = [role.value for role in StaffRole]


def rows(by: User) -> Iterator[tuple[str, Any, HttpRequest]]:
    request = HttpRequest()
    request.user = by
    for label, model_admin in ADMINS.items():
        row = model_admin.get_queryset(request).order_by("pk").first()
        if row is not None:
            yield label, row, request


@pytest.fixture
def member(world: World) -> Any:
    def as_role(role: str) -> tuple[User, Client]:
        person = create_person(username=f"staff-{role}", password=None, by=world.admin, staff_role=role)
        client = Client()
        client.force_login(person)
        return person, client

    return as_role


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_a_row_answer_as_the_table_says(world: World, member: Any, role: str) -> None:
    person, desk = member(role)
    found = []
    for label, row, _request in rows(person):
        deletes = staff_may(role, "delete", label.lower())
        wanted = {"change/": 200, "history/": 200, "delete/": 200 if deletes else 403}
        for end, status in wanted.items():
            answer = desk.get(address(label, f"{row.pk}/{end}"))
            if answer.status_code != status:
                found.append(f"{label} {end}: {answer.status_code}")
            if 'name="_save"' in answer.content.decode():
                found.append(f"{label} {end}: a button to save")
        if desk.post(address(label, f"{row.pk}/change/"), {"name": "x"}).status_code != 403:
            found.append(f"{label}: saved")
    assert found == []


@pytest.mark.parametrize("role", ROLES)
def test_actions_that_the_table_does_not_name_do_nothing(world: World, member: Any, role: str) -> None:
    person, desk = member(role)
    before = AuditEvent.objects.count()
    asked = 0
    for label, row, request in rows(world.admin):
        for action in ADMINS[label].get_actions(request):
            if not staff_may(role, action, label.lower()):
                form = {"action": action, "_selected_action": [row.pk], "post": "yes"}
                assert desk.post(address(label), form).status_code in {200, 302, 403}, (label, action)
                assert type(row)._base_manager.filter(pk=row.pk).exists(), (label, action)
                asked += 1
    assert asked > 10
    assert AuditEvent.objects.count() == before
    assert person.staff_role == role


@pytest.mark.parametrize("role", ROLES)
def test_what_is_for_administrators_stays_theirs(world: World, member: Any, role: str) -> None:
    _person, desk = member(role)
    shown = desk.get(address("identity.User", f"{world.owner.pk}/change/")).content.decode()
    assert "A password is set." in shown or "No password set." in shown
    assert "password/" not in shown.partition('id="content-main"')[2]
    page = desk.get("/admin/").content.decode()
    assert "Posture" not in page
    assert "addlink" not in page
    for path in ("/admin/tokenaccess/instancesettings/add/", "/admin/tokenaccess/instancesettings/1/change/"):
        assert desk.post(path, {"inbound_mode": "0"}).status_code in {302, 403}, path
    search = {"term": "acme", "app_label": "tokenaccess", "model_name": "allowlistentry", "field_name": "project"}
    assert desk.get("/admin/autocomplete/", search).status_code == 200
    assert desk.get("/admin/jobs/job/export/").status_code == 200
    for path in ("/-/instance/tokens", "/admin/jobs/job/export/?colour=red"):
        assert desk.get(path).status_code in {400, 403, 404}, path
