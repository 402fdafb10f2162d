"""The form for fine-grained personal tokens (tokens.md §3.1)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from identity.models import PersonalToken
from tests.factories import projects
from tests.factories.cast import Cast

AT = "/-/user_settings/personal_access_tokens"


def create(client: Client, **given: Any) -> Any:
    form = {"kind": "fine", "fine-name": "robot", "fine-permissions": ["read_project"], "fine-access": "user"}
    return client.post(AT, {**form, **{f"fine-{name}": value for name, value in given.items()}})


@pytest.fixture
def maintainer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maintainer)
    return client


def test_the_form_makes_a_token_for_what_it_names(maintainer: Client, cast: Cast, api: Any) -> None:
    places = f"acme/library\n /{cast.acme.full_path}/ \n\n"
    answer = create(maintainer, access="selected_memberships", places=places, permissions=["read_code", "read_project"])
    secret = re.search("glpat-[A-Za-z0-9]+", answer.content.decode())[0]  # type: ignore[index]
    token = PersonalToken.objects.get()
    assert token.scopes == ["granular"]
    assert token.granular_scopes == [
        {
            "access": "selected_memberships",
            "permissions": ["read_code", "read_project"],
            "project_ids": [cast.library.pk],
            "group_ids": [cast.acme.pk],
        }
    ]
    fine = api(token=secret)
    assert fine.get(f"/projects/{cast.library.pk}").status_code == 200
    assert fine.get("/personal_access_tokens").status_code == 403


@pytest.mark.one_case
@pytest.mark.parametrize("access", ["user", "personal_projects", "all_memberships"])
def test_other_places_are_named_by_a_choice(maintainer: Client, cast: Cast, access: str) -> None:
    create(maintainer, access=access)
    assert PersonalToken.objects.get().granular_scopes[0]["access"] == access  # type: ignore[index]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"access": "selected_memberships"}, "Name at least one."),
        ({"access": "user", "places": "acme/library"}, "Only for selected projects and groups."),
        ({"access": "selected_memberships", "places": "hidden/secret"}, "Not found: hidden/secret"),
        ({"access": "selected_memberships", "places": "absent/one"}, "Not found: absent/one"),
        ({"access": "everything"}, "Select a valid choice"),
        ({"permissions": ["admin"]}, "Select a valid choice"),
        ({"permissions": []}, "Select at least one permission."),
        ({"access": "selected_memberships", "places": "a\0b"}, "Null characters are not allowed"),
        ({"expires_at": "2001-01-01"}, "The date is in the past."),
    ],
)
def test_a_refusal_says_why(maintainer: Client, cast: Cast, given: dict[str, Any], words: str) -> None:
    projects.project("secret", group=projects.group("hidden", visibility=0))
    answer = create(maintainer, **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not PersonalToken.objects.exists()
