"""What a project does with a made-up feature; run by test_features.py, with the plugin `made_up_feature`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from identity.secrets import digest
from projects.models import Project
from projects.services import update_project
from tests.factories.cast import Cast
from tests.projects.made_up_feature import COLUMN, WIKI
from tests.support.orm_facts import job_facts_by_orm
from tokenaccess.access import facts
from tokenaccess.access.gate import is_allowed_as
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.policy import Action
from tokenaccess.policy.levels import FeatureLevel
from tokenaccess.policy.needs import NEEDS


@pytest.fixture
def library(cast: Cast) -> Project:
    """The library, with its wiki off."""
    update_project(cast.library, by=cast.owner, **{COLUMN: FeatureLevel.DISABLED})
    return cast.library


def test_the_default_is_that_of_the_row(cast: Cast) -> None:
    assert getattr(cast.app, COLUMN) == FeatureLevel.PRIVATE


def test_the_check_of_a_job_reads_the_level(cast: Cast, library: Project) -> None:
    hashed, place = digest(cast.job_token()), IdOrPath("id", library.pk)
    found = facts.job_facts([hashed], place)
    assert found is not None
    assert found[:2] == job_facts_by_orm(hashed, place)
    assert found[1].target is not None
    assert found[1].target.features[WIKI] is FeatureLevel.DISABLED


def test_the_check_of_a_person_reads_the_level(cast: Cast, library: Project) -> None:
    target = facts.project_facts(cast.guest, IdOrPath("id", library.pk)).target
    assert target is not None
    assert target.features[WIKI] is FeatureLevel.DISABLED
    assert target.features == facts.target_from_row(library).features


def test_an_action_that_needs_it_is_refused_while_it_is_off(
    cast: Cast, library: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, action = cast.maintainer, Action.READ_PACKAGES
    monkeypatch.setitem(NEEDS, action, replace(NEEDS[action], feature=WIKI))
    assert not is_allowed_as(facts.person_of(member), member, action, library)
    assert is_allowed_as(facts.person_of(member), member, action, cast.app)


@pytest.mark.parametrize(
    ("given", "level", "enabled"),
    [
        ({"wiki_access_level": "private"}, "private", True),
        ({"wiki_enabled": True}, "enabled", True),
        ({"wiki_enabled": True, "wiki_access_level": "disabled"}, "disabled", False),
    ],
)
def test_the_api_changes_and_shows_it(
    cast: Cast, api: Any, library: Project, given: dict[str, Any], level: str, enabled: bool
) -> None:
    address = f"/projects/{library.pk}"
    assert api(cast.guest).get(address).json()["wiki_access_level"] == "disabled"
    shown = api(cast.maintainer).put(address, given).json()
    assert (shown["wiki_access_level"], shown["wiki_enabled"]) == (level, enabled)
    assert api(cast.guest).get(address).json()["wiki_access_level"] == level


def test_the_api_refuses_a_level_that_there_is_not(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).put(f"/projects/{cast.library.pk}", {"wiki_access_level": "public"})
    assert (answer.status_code, answer.json()) == (400, {"error": "wiki_access_level does not have a valid value"})


def test_a_project_can_be_created_with_it(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).post("/projects", {"name": "book", "namespace_id": "acme", "wiki_access_level": "enabled"})
    assert answer.json()["wiki_access_level"] == "enabled"


def test_the_settings_page_shows_and_saves_it(cast: Cast, client: Client, library: Project) -> None:
    client.force_login(cast.maintainer)
    address = f"/{library.full_path}/-/settings/general"
    page = client.get(address)
    assert f'name="{COLUMN}"' in page.content.decode()
    form = page.context["form"]
    assert form.fields[COLUMN].label == "Wiki"
    client.post(address, {**_values(form), COLUMN: 20})
    library.refresh_from_db()
    assert getattr(library, COLUMN) == FeatureLevel.ENABLED


def test_the_admin_shows_filters_and_saves_it(cast: Cast, client: Client, library: Project) -> None:
    client.force_login(cast.admin)
    address = f"/admin/projects/project/{library.pk}/change/"
    page = client.get(address)
    assert f'name="{COLUMN}"' in page.content.decode()
    assert library.full_path in client.get(f"/admin/projects/project/?{COLUMN}__exact=0").content.decode()
    none = {f"{prefix}-{form}_FORMS": 0 for prefix in ("token_access", "allowlist") for form in ("TOTAL", "INITIAL")}
    client.post(address, {**_values(page.context["adminform"].form), COLUMN: 20, **none})
    library.refresh_from_db()
    assert getattr(library, COLUMN) == FeatureLevel.ENABLED


def _values(form: Any) -> dict[str, Any]:
    """What a browser sends of a form that nobody changed."""
    values = {field.name: field.value() for field in form}
    return {name: value for name, value in values.items() if value is not None and value is not False}
