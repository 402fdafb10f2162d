"""What a project's own pages, and explanations, say of the rules of the groups above it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role, Visibility


@pytest.fixture
def tools(cast: Cast) -> Project:
    made = projects.project("tools", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER, cast.maintainer: Role.MAINTAINER}, made)
    return made


def explain(cast: Cast, source: Project, user: Any = None) -> dict[str, Any]:
    question = {"source": source.full_path, "target": "acme/library", "action": "read_releases"}
    answer = Api(token=token_for(user or cast.owner)).post(
        "/token_access/explain", {**question, "username": "developer"}
    )
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_an_entry_from_a_group_is_explained(cast: Cast, tools: Project) -> None:
    services.add_group_entry(cast.acme, tools, by=cast.owner)
    explanation = explain(cast, tools)
    assert (explanation["allowed"], explanation["entry"]) == (True, "far/tools")
    assert explanation["groups"] == ["The entry that applies is inherited from the list of group acme."]


def test_a_ceiling_is_explained_with_the_button_that_mends_it(cast: Cast, tools: Project, browser: Any) -> None:
    services.add_entry(cast.library, tools, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    explanation = explain(cast, tools)
    assert not explanation["allowed"]
    assert explanation["groups"] == ["The ceiling of group acme leaves nothing of the entry."]
    assert "list of the group whose ceiling leaves it out" in explanation["change"]
    Api(job=cast.job_token(tools)).get(f"/projects/{cast.library.pk}/releases")
    assert RefusalRecord.objects.get().rule == "admitted"
    asked = f"{RULES}/explain?source=far/tools&target=acme/library&action=read_releases&username=developer"
    shown = text(browser(cast.owner).get(asked))
    assert "Add far/tools to the list of acme" in shown
    assert "Add far/tools to the list of acme" not in text(browser(cast.maintainer).get(asked))


def test_a_ceiling_that_caps_is_explained(cast: Cast, tools: Project) -> None:
    services.add_entry(cast.library, tools, by=cast.owner)
    services.add_group_entry(
        cast.acme, tools.group, by=cast.owner, default_permissions=False, permissions=["read_jobs"]
    )
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    explanation = explain(cast, tools)
    assert not explanation["allowed"]
    assert explanation["groups"] == ["The ceiling of group acme leaves less than the entry grants."]


def test_a_group_is_named_only_to_who_sees_it(cast: Cast, tools: Project) -> None:
    cast.acme.visibility = Visibility.PRIVATE
    cast.acme.save()
    services.add_group_entry(cast.acme, tools, by=cast.owner)
    explanation = explain(cast, tools, cast.maintainer)
    sees = Api(token=token_for(cast.maintainer)).get(f"/groups/{cast.acme.pk}").status_code == 200
    assert ("group acme" in explanation["groups"][0]) is sees


def test_a_project_s_page_says_what_the_groups_set(cast: Cast, tools: Project, page: Client) -> None:
    assert "The groups above set rules" not in text(page.get(RULES))
    services.add_entry(cast.library, tools, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_group_entry(cast.acme, cast.app, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    services.change_group_rule(
        cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED, has_ceiling=True, is_locked=True
    )
    shown = text(page.get(RULES))
    assert "The groups above set rules for this project" in shown
    assert "Access to this project is limited, whatever its own setting says." in shown
    assert "You can&#x27;t change this because group acme locks it." in shown
    assert "The ceiling of a group above leaves nothing of it." in shown
    assert "The ceiling of a group above leaves less of it." in shown
    assert "Inherited from the list of group acme" in shown
    assert 'name="inbound"' not in shown
    assert "Add a project or group" not in shown
    refused = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": "1"}, follow=True)
    assert "because group acme locks it" in text(refused)


def test_below_a_lock_no_button_offers_to_add_what_was_refused(cast: Cast, tools: Project, page: Client) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    assert Api(job=cast.job_token(tools)).get(f"/projects/{cast.library.pk}/releases").status_code == 200
    button = '<input type="hidden" name="path" value="far/tools">'
    assert all(button in text(page.get(address)) for address in (RULES, f"{RULES}/trial"))
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    assert "far/tools" in text(page.get(RULES))
    assert f'{RULES}/add"' not in text(page.get(RULES))
    assert f'{RULES}/add"' not in text(page.get(f"{RULES}/trial"))


def test_the_page_says_whose_setting_the_own_one_is(cast: Cast, page: Client) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    assert "The project's own setting:" not in text(page.get(RULES))
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED)
    assert "The project's own setting:" in text(page.get(RULES))


def test_the_page_takes_as_many_statements_below_rules_for_many_entries(
    cast: Cast, page: Client, django_assert_max_num_queries: Any
) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    for number in range(4):
        group = projects.group(f"g{number}", by=cast.owner)
        services.add_group_entry(cast.acme, group, by=cast.owner)
        services.add_entry(cast.library, group, by=cast.owner)
    page.get(RULES)
    with django_assert_max_num_queries(80):
        assert "g3" in text(page.get(RULES))
