"""The first administrator, made once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from identity.models import PersonalToken, User
from projects.models import Group
from setup.first_start import ensure_administrator

pytestmark = pytest.mark.django_db
TOKEN = "glpat-made-by-automation-01"


@pytest.fixture(autouse=True)
def _nothing_given(settings: Any) -> None:
    settings.ADMIN_PASSWORD = settings.ADMIN_TOKEN = ""


def test_the_first_start_creates_an_administrator_and_prints_the_password_once() -> None:
    first = ensure_administrator()
    assert first.is_new
    assert len(first.password) >= 20
    root = User.objects.get(username="root")
    assert root.is_superuser
    assert root.is_staff
    assert root.check_password(first.password)
    assert Group.objects.filter(person=root).exists()
    again = ensure_administrator()
    assert (again.user, again.is_new, again.password) == (root, False, "")


def test_the_first_start_takes_the_given_password_and_does_not_print_it(settings: Any) -> None:
    settings.ADMIN_PASSWORD = "given by the operator"
    made = ensure_administrator()
    assert made.password == ""
    assert made.user.check_password("given by the operator")


def test_a_later_password_changes_nothing(settings: Any) -> None:
    settings.ADMIN_PASSWORD = "given by the operator"
    ensure_administrator()
    settings.ADMIN_PASSWORD = "another one altogether"
    assert ensure_administrator().user.check_password("given by the operator")


def test_a_weak_password_is_refused_by_name_and_nobody_is_made(settings: Any) -> None:
    settings.ADMIN_PASSWORD = "secret"
    with pytest.raises(ImproperlyConfigured, match="TOKENACCESS_ADMIN_PASSWORD: This password is too"):
        ensure_administrator()
    assert not User.objects.exists()


def test_the_given_token_becomes_the_administrators(settings: Any, api: Any) -> None:
    settings.ADMIN_TOKEN = TOKEN
    ensure_administrator()
    ensure_administrator()
    assert PersonalToken.objects.count() == 1
    assert api(token=TOKEN).get("/user").json()["is_admin"] is True
    assert api(token=TOKEN).post("/users", {}).status_code == 400, "it may do what administrators do"


def test_a_revoked_one_is_not_made_again(settings: Any, api: Any) -> None:
    settings.ADMIN_TOKEN = TOKEN
    ensure_administrator()
    api(token=TOKEN).delete("/personal_access_tokens/self")
    ensure_administrator()
    assert api(token=TOKEN).get("/user").status_code == 401


@pytest.mark.one_case
@pytest.mark.parametrize(
    "improper",
    [
        "glpat-short",
        "glpat-" + "x" * 19,
        "x" * 40,
        "glrt-" + "x" * 40,
        "glpat-" + "x" * 400,
        "glpat-spaces are not good",
    ],
)
def test_an_improper_token_is_refused_by_name_and_nobody_is_made(settings: Any, improper: str) -> None:
    settings.ADMIN_TOKEN = improper
    with pytest.raises(ImproperlyConfigured, match="TOKENACCESS_ADMIN_TOKEN must be 'glpat-' and at least 20"):
        ensure_administrator()
    assert not User.objects.exists()
