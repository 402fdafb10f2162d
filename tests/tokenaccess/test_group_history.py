"""The history of a group's Token Access as a page, and how changes of entries are worded there and on a project's."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import InboundMode, Role, Visibility

GROUP = "/groups/acme/-/settings/token_access"
PAGE = f"{GROUP}/history"


def test_who_manages_the_group_reads_who_changed_its_rule_and_list(cast: Cast, browser: Any) -> None:
    page = browser(cast.owner)
    assert "No changes yet." in text(page.get(PAGE))
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.TRIAL, has_ceiling=True)
    entry = services.add_group_entry(cast.acme, cast.app, by=cast.admin)
    services.set_terms(
        entry, {"expires_at": date(2999, 1, 1), "conditions": {"branches": ["main", "v*"]}}, by=cast.owner
    )
    shown = text(page.get(PAGE))
    assert (
        "Group rule of job token access changed: Ceiling: Yes, Limit access to all projects below: At least on trial"
        in shown
    )
    assert "Project acme/app was added to the list for all projects of acme" in shown
    assert "End date: 2999-01-01, Conditions: Branches: main, v*, in the list for all projects of acme" in shown
    assert ("admin" in shown, f'href="{PAGE}"' in text(page.get(GROUP))) == (True, True)
    assert "added to the list" not in text(page.get(f"{PAGE}?q=Ceiling")).partition("<table")[2]
    assert "No matching changes." in text(page.get(f"{PAGE}?q=nothing-like-it"))


def test_who_does_not_manage_it_reads_nothing_and_hidden_names_stay_hidden(cast: Cast, browser: Any) -> None:
    vault = projects.project("vault", group=projects.group("far", visibility=Visibility.PRIVATE))
    services.add_group_entry(cast.acme, vault, by=cast.admin)
    projects.member(cast.maintainer, cast.acme, Role.MAINTAINER)
    shown = text(browser(cast.maintainer).get(PAGE))
    assert "A project that is gone or that you may not see was added to the list for all projects of acme" in shown
    assert "vault" not in shown
    assert "vault" not in text(browser(cast.maintainer).get(f"{PAGE}?q=vault")).partition("<table")[2]
    assert browser(cast.developer).get(PAGE).status_code in {403, 404}


def test_a_change_of_permissions_says_of_which_entry(cast: Cast, browser: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.set_permissions(
        cast.library, cast.app, default_permissions=False, permissions=["read_jobs"], by=cast.owner
    )
    shown = text(browser(cast.maintainer).get(RULES))
    said = "CI job token updated to default permissions: No, policies: Jobs: read"
    assert "Entry: acme/app" in shown, said


def test_conditions_are_words_and_taking_them_away_says_so(cast: Cast, browser: Any) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    services.set_terms(entry, {"conditions": {"no_forks": True, "runner_networks": ["10.0.0.0/8"]}}, by=cast.owner)
    services.set_terms(entry, {"conditions": {}, "reason": 'see conditions: {"no": 1'}, by=cast.owner)
    shown = text(browser(cast.maintainer).get("/acme/library/-/audit_events"))
    assert "Conditions: Never jobs of forks; Networks of the runner: 10.0.0.0/8" in shown
    assert "Conditions: None" in shown
