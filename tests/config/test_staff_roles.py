"""Roles in the administration: each does what the policy's table says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import Client

from audit.models import AuditEvent
from identity.models import PersonalToken, User
from identity.services.people import create_person
from jobs.models import Runner
from tests.config.test_admin_lists import ADMINS, LISTS, address
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tokenaccess.policy.staff import StaffRole, staff_may

pytestmark = pytest.mark.django_db

ROLES = [role.value for role in StaffRole]


@pytest.fixture
def staff(cast: Cast, client: Client) -> Any:
    def as_role(role: str) -> Client:
        client.force_login(create_person(username=f"staff-{role}", password=None, by=cast.admin, staff_role=role))
        return client

    return as_role


def run(desk: Client, label: str, action: str, pk: int) -> Any:
    return desk.post(address(label), {"action": action, "_selected_action": [pk]}, follow=True)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sees_every_list_and_adds_nothing(staff: Any, role: str) -> None:
    desk = staff(role)
    assert desk.get("/admin/").status_code == 200
    for label in LISTS:
        assert desk.get(address(label)).status_code == 200, label
        assert desk.get(address(label, "add/")).status_code == 403, label


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_offered_the_actions_of_the_table(staff: Any, role: str, rf: Any) -> None:
    staff(role)
    request = rf.get("/")
    request.user = User.objects.get(username=f"staff-{role}")
    offered = {
        (model._meta.label_lower, name)
        for model, model_admin in admin.site._registry.items()
        for name in model_admin.get_actions(request)
    }
    assert all(staff_may(role, name, label) for label, name in offered)
    assert bool(offered) == (role != "viewer")


@pytest.mark.parametrize(("role", "ended"), [("viewer", False), ("operator", False), ("security", True)])
def test_security_revokes_tokens(cast: Cast, staff: Any, role: str, ended: bool) -> None:
    token_for(cast.developer)
    token = PersonalToken.objects.get(user=cast.developer)
    run(staff(role), "identity.PersonalToken", "revoke", token.pk)
    token.refresh_from_db()
    assert token.revoked is ended


@pytest.mark.parametrize(("role", "paused"), [("viewer", False), ("operator", True), ("security", False)])
def test_operators_pause_runners(cast: Cast, staff: Any, role: str, paused: bool) -> None:
    runners.runner(cast.app)
    runner = Runner.objects.get()
    run(staff(role), "jobs.Runner", "pause", runner.pk)
    assert Runner.objects.get(pk=runner.pk).paused is paused


def test_security_blocks_people_but_no_administrator(cast: Cast, staff: Any) -> None:
    desk = staff("security")
    run(desk, "identity.User", "block", cast.developer.pk)
    run(desk, "identity.User", "block", cast.admin.pk)
    assert (User.objects.get(pk=cast.developer.pk).is_active, User.objects.get(pk=cast.admin.pk).is_active) == (
        False,
        True,
    )


@pytest.mark.parametrize("role", ROLES)
def test_nobody_raises_themselves(cast: Cast, staff: Any, role: str) -> None:
    desk = staff(role)
    me = User.objects.get(username=f"staff-{role}")
    page = desk.get(address("identity.User", f"{me.pk}/change/")).content.decode()
    assert "argon2$" not in page
    answer = desk.post(address("identity.User", f"{me.pk}/change/"), {"username": me.username, "is_superuser": "on"})
    assert answer.status_code == 403
    assert desk.post(address("identity.User", f"{me.pk}/password/"), {"password1": "x"}).status_code == 403
    assert not User.objects.get(pk=me.pk).is_superuser


@pytest.mark.parametrize(
    ("label", "lookup"),
    [
        ("identity.PersonalToken", "digest__startswith"),
        ("oauth.Application", "client_secret__startswith"),
        ("signing.SigningKey", "private__startswith"),
        ("jobs.CiVariable", "sealed__startswith"),
        ("hooks.Delivery", "response_body__startswith"),
        ("hooks.Delivery", "payload__project__name__startswith"),
    ],
)
def test_what_no_list_shows_is_not_found_out_by_filters(staff: Any, label: str, lookup: str) -> None:
    assert staff("viewer").get(address(label), {lookup: "a"}).status_code == 400


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_nothing_outside_the_administration(cast: Cast, staff: Any, role: str, api: Any) -> None:
    desk = staff(role)
    me = User.objects.get(username=f"staff-{role}")
    assert desk.get(f"/{cast.library.full_path}").status_code == 404
    assert api(me).get(f"/projects/{cast.library.pk}").status_code == 404
    assert api(me).get("/application/settings").status_code == 403


def test_an_administrator_gives_and_takes_a_role(cast: Cast, client: Client) -> None:
    client.force_login(cast.admin)
    page = address("identity.User", f"{cast.guest.pk}/change/")
    form = {"username": cast.guest.username, "name": cast.guest.name, "email": ""}
    client.post(page, {**form, "staff_role": "viewer"})
    assert User.objects.get(pk=cast.guest.pk).is_staff
    assert "staff_role" in AuditEvent.objects.latest("pk").message
    client.post(page, form)
    assert not User.objects.get(pk=cast.guest.pk).is_staff
    client.force_login(User.objects.get(pk=cast.guest.pk))
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_role_that_is_none_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        create_person(username="odd", password=None, by=cast.admin, staff_role="king")


@pytest.mark.pure
@pytest.mark.parametrize("verb", ["add", "change", "delete", "view", "block"])
def test_no_role_may_do_nothing(verb: str) -> None:
    assert not any(staff_may(role, verb, label.lower()) for role in ("", "king") for label in ADMINS)
