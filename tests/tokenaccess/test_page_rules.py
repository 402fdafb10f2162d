"""The settings page of Token Access: what a maintainer reads there, and its switches."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, SETTINGS, record_authorization, record_refusal, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import Direction
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.reasons import NOT_LISTED_OUTBOUND


@pytest.mark.parametrize("address", [SETTINGS, RULES])
def test_a_new_project_shows_the_limit_on_and_only_itself_on_the_list(page: Client, address: str) -> None:
    shown = text(page.get(address))
    assert 'id="js-token-access"' in shown
    assert 'aria-checked="true" name="inbound"' in shown
    assert 'aria-checked="false" name="outbound"' in shown
    assert "This project only" in shown
    assert "Access is limited to this project" in shown


def test_a_visitor_is_asked_to_sign_in(cast: Cast, browser: Any) -> None:
    for address in (RULES, "/acme/none/-/settings/ci_cd/token_access"):
        answer = browser().get(address)
        assert (answer.status_code, answer["Location"].startswith("/users/sign_in")) == (302, True)


def test_only_maintainers_see_the_section(cast: Cast, browser: Any) -> None:
    assert [browser(user).get(RULES).status_code for user in (cast.owner, cast.maintainer)] == [200, 200]
    for user in (cast.developer, cast.reporter, cast.guest):
        assert browser(user).get(RULES).status_code == 403
        assert browser(user).post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}).status_code == 403
    assert browser(cast.outsider).get(RULES).status_code == 404
    assert settings_of(cast.library).limits_inbound


def test_a_form_without_the_sites_own_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maintainer)
    assert client.post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}).status_code == 403
    assert settings_of(cast.library).limits_inbound


def test_the_page_takes_as_many_statements_for_two_entries_as_for_twelve(cast: Cast, page: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(RULES).status_code == 200
        return len(seen)

    def admit(number: int) -> None:
        group = projects.group(f"g{number}", parent=cast.acme, by=cast.owner)
        other = projects.project(f"p{number}", group=group, by=cast.owner)
        services.add_entry(cast.library, other, by=cast.owner)
        services.add_entry(cast.library, other, by=cast.owner, direction=Direction.OUTBOUND)
        services.add_entry(cast.library, group, by=cast.owner)
        record_authorization(cast.library, other)

    admit(0)
    page.get(RULES)
    few = statements()
    for number in range(1, 6):
        admit(number)
    assert statements() == few


def test_the_page_warns_while_every_project_has_access(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    assert "Jobs of all projects have access" in text(page.get(RULES))
    services.set_feature_switch("ci_scoped_job_token", active=False, by=cast.admin)
    assert "This instance currently enforces no limits" in text(page.get(RULES))


def test_an_enforced_limit_has_no_switch(cast: Cast, page: Client) -> None:
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    assert 'name="inbound"' not in text(page.get(RULES))
    answer = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}, follow=True)
    assert "This instance keeps the limit on for all projects" in text(answer)


def test_what_a_group_above_locks_is_refused_in_the_name_of_the_group(cast: Cast, page: Client) -> None:
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED, is_locked=True)
    answer = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": 1}, follow=True)
    assert "You can&#x27;t change this because group acme locks it." in text(answer)
    assert "This instance keeps the limit on" not in text(answer)


def test_to_switch_the_limit_off_is_asked_once_more_with_numbers(cast: Cast, page: Client) -> None:
    record_refusal(cast.library, cast.app, 7)
    answer = page.post(f"{RULES}/limit", {"inbound": "off"})
    assert "Allow jobs of all projects to access acme/library?" in text(answer)
    assert "<dt>7</dt>" in text(answer)
    assert settings_of(cast.library).limits_inbound
    answer = page.post(f"{RULES}/limit", {"inbound": "off", "confirmed": "1"}, follow=True)
    assert "Jobs of all projects have access now" in text(answer)
    assert not settings_of(cast.library).limits_inbound


def test_shutting_somebody_out_is_asked_once_more(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app)
    assert "would lose access" in text(page.post(f"{RULES}/limit", {"inbound": "on"}))
    assert not settings_of(cast.library).limits_inbound
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302
    assert settings_of(cast.library).limits_inbound


def test_who_was_admitted_long_ago_does_not_count(cast: Cast, page: Client) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app, days=31)
    assert page.post(f"{RULES}/limit", {"inbound": "on"}).status_code == 302


def test_the_outbound_limit_is_asked_about_what_was_reached(cast: Cast, page: Client) -> None:
    record_authorization(cast.app, cast.library)
    assert "could no longer be accessed" in text(page.post(f"{RULES}/limit", {"outbound": "on"}))
    services.add_entry(cast.library, cast.app, by=cast.owner, direction=Direction.OUTBOUND)
    page.post(f"{RULES}/limit", {"outbound": "on"})
    assert settings_of(cast.library).limits_outbound
    record_refusal(cast.app, cast.library, 3, NOT_LISTED_OUTBOUND)
    assert "<dt>3</dt>" in text(page.post(f"{RULES}/limit", {"outbound": "off"}))
    page.post(f"{RULES}/limit", {"outbound": "off", "confirmed": "1"})
    assert not settings_of(cast.library).limits_outbound


@pytest.mark.one_case
@pytest.mark.parametrize("sent", [{}, {"inbound": "perhaps"}, {"outbound": ""}, {"inbound": "o\0n"}])
def test_a_switch_that_says_nothing_changes_nothing(cast: Cast, page: Client, sent: dict[str, str]) -> None:
    assert "Nothing was changed" in text(page.post(f"{RULES}/limit", sent, follow=True))
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound) == (True, False)


def test_pushes_by_own_jobs_are_allowed_and_not(cast: Cast, page: Client) -> None:
    page.post(f"{RULES}/pushes", {"allowed": "on"})
    settings = settings_of(cast.library)
    assert (settings.takes_job_pushes, settings.takes_cross_project_pushes) == (True, False)
    page.post(f"{RULES}/pushes", {})
    assert not settings_of(cast.library).takes_job_pushes


def test_pushes_across_projects_say_that_the_instance_has_to_allow_them(cast: Cast, page: Client) -> None:
    sent = {"allowed": "on", "cross_project": "on", "start_pipelines": "on"}
    assert "Without effect now" in text(page.post(f"{RULES}/pushes", sent, follow=True))
    settings = settings_of(cast.library)
    assert (settings.takes_cross_project_pushes, settings.job_pushes_start_pipelines) == (True, True)
    services.set_feature_switch("allow_push_to_allowlisted_projects", active=True, by=cast.admin)
    assert "Without effect now" not in text(page.get(RULES))


def test_what_is_inherited_counts_as_access_to_this_project(cast: Cast, page: Client) -> None:
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    shown = text(page.get(RULES))
    assert "This project only" not in shown
    assert "1 inherited entry" in shown
    assert "Only jobs of this project have access" not in shown
    assert "is on the allowlist. All others get" in shown
    assert "1 inherited entry" in text(page.get("/acme/library"))
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert "And 1 entry that is inherited from the groups above." in text(page.get(RULES))
