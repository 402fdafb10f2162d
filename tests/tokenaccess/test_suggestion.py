"""From the log to the list: the tightest cover, what it opens beyond what was used, and undoing it."""

from __future__ import annotations

import itertools
import random
import re
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from projects.models import Group, Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, record_authorization, text
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.allowlist.suggestions.cover import tightest_cover
from tokenaccess.allowlist.suggestions.group_collapse import CannotCollapse
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import InboundMode, Role

AT = "2026-01-01T00:00:00+00:00"
# group → the groups above it, and how many projects are below it.
ABOVE = {1: (), 2: (1,), 3: (1,), 4: (1, 2), 5: (1, 3), 9: ()}


@pytest.mark.pure
@pytest.mark.parametrize("seed", range(40))
def test_the_cover_is_the_tightest_of_all_covers(seed: int) -> None:
    dice = random.Random(seed)
    wanted = {100 + n: (*ABOVE[group], group) for n in range(7) for group in [dice.choice(list(ABOVE))]}
    direct = {group: dice.randint(0, 9) + sum(above[-1] == group for above in wanted.values()) for group in ABOVE}
    sizes = {group: sum(direct[one] for one in ABOVE if group == one or group in ABOVE[one]) for group in ABOVE}
    limit = dice.randint(1, 6)
    possible = [[project, *above] for project, above in wanted.items()]
    costs = [
        sum(1 if one >= 100 else sizes[one] for one in chosen)
        for chosen in {frozenset(choice) for choice in itertools.product(*possible)}
        if len(chosen) <= limit and not any(set(wanted.get(one, ABOVE.get(one, ()))) & chosen for one in chosen)
    ]
    try:
        found = tightest_cover(wanted, sizes, limit)
    except CannotCollapse:
        assert not costs
        return
    assert len(found) <= limit
    assert sum(sizes[place.id] if place.is_group else 1 for place in found) == min(costs)
    groups = {place.id for place in found if place.is_group}
    listed = {place.id for place in found if not place.is_group}
    assert all(project in listed or groups & set(above) for project, above in wanted.items())


@pytest.mark.pure
def test_a_cover_of_thousands_takes_no_time() -> None:
    wanted = {number: (1, 2 + number % 40) for number in range(1000, 3000)}
    found = tightest_cover(wanted, {1: 5000, **{group: 60 + group for group in range(2, 42)}}, 200)
    assert len(found) <= 200


@pytest.fixture
def tools(cast: Cast) -> tuple[Group, list[Project]]:
    """A group of three projects, of which two have used the library."""
    tools = projects.group("tools", parent=cast.acme, by=cast.owner)
    made = [projects.project(f"t{number}", group=tools, by=cast.owner) for number in range(3)]
    for one in made[:2]:
        record_authorization(cast.library, one, read_packages=AT)
    return tools, made


@pytest.fixture
def entries(cast: Cast) -> str:
    return f"/token_access/projects/{cast.library.pk}/log_entries"


def test_a_suggestion_says_what_it_opens_beyond_what_was_used(cast: Cast, tools: Any, entries: str, api: Any) -> None:
    record_authorization(cast.library, cast.app, read_releases=AT)
    speak = api(cast.owner)
    each = speak.get(entries).json()
    assert [(row["path"], row["opens"]) for row in each["entries"]] == [
        ("acme/app", 1), ("acme/tools/t0", 1), ("acme/tools/t1", 1)
    ]  # fmt: skip
    assert (each["sources"], each["opens"], each["beyond"], each["size"], each["max_size"]) == (3, 3, 0, 200, 200)
    fewer = speak.get(f"{entries}?size=2&narrow=true").json()
    rows = [(row["path"], row["opens"], row["sources"], row["beyond"], row["permissions"]) for row in fewer["entries"]]
    assert rows == [("acme/tools", 3, 2, 1, ["read_packages"]), ("acme/app", 1, 1, 0, ["read_releases"])]
    assert (fewer["opens"], fewer["beyond"]) == (4, 1)
    assert speak.get(f"{entries}?size=0").status_code == 400
    assert api(cast.maintainer).get(entries).json()["entries"][1]["path"] is None


def test_what_no_permission_grants_is_named_before_it_is_lost(cast: Cast, entries: str, api: Any) -> None:
    record_authorization(cast.library, cast.app, read_packages=AT, lint=AT)
    row = api(cast.owner).get(f"{entries}?narrow=true").json()["entries"][0]
    assert (row["permissions"], row["lost"]) == (["read_packages"], ["lint"])


def test_what_was_agreed_to_is_added_and_undone_at_once(cast: Cast, tools: Any, entries: str, api: Any) -> None:
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    services.autopopulate(cast.library, by=cast.owner)
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    kept = services.add_entry(cast.library, cast.app, by=cast.owner)
    before = set(AllowlistEntry.objects.values_list("target_project", "target_group", "default_permissions"))
    speak = api(cast.owner)
    agreed = {"size": 1, "narrow": True, "hash": speak.get(f"{entries}?size=1&narrow=true").json()["hash"]}
    assert speak.post(entries, agreed).status_code == 201
    auto = AllowlistEntry.objects.get(autopopulated=True)
    assert (auto.target, auto.permissions) == (tools[0], ["read_packages"])
    assert settings_of(cast.library).limits_inbound
    assert speak.delete(entries).status_code == 204
    assert set(AllowlistEntry.objects.values_list("target_project", "target_group", "default_permissions")) == before
    assert settings_of(cast.library).inbound_mode == InboundMode.OPEN
    assert AllowlistEntry.objects.filter(autopopulated=True).count() == 2
    assert AllowlistEntry.objects.filter(pk=kept.pk).exists()
    assert speak.delete(entries).status_code == 404
    assert AuditEvent.objects.filter(event="secure_ci_job_token_group_removed").exists()


def test_undoing_leaves_what_was_changed_by_hand(cast: Cast, entries: str, api: Any) -> None:
    record_authorization(cast.library, cast.app)
    speak = api(cast.owner)
    speak.post(entries, {"hash": speak.get(entries).json()["hash"]})
    services.set_permissions(
        cast.library, cast.app, default_permissions=False, permissions=["read_jobs"], by=cast.owner
    )
    assert speak.delete(entries).status_code == 204
    assert AllowlistEntry.objects.get().target == cast.app


def test_nothing_is_widened_silently(cast: Cast, tools: Any, entries: str, api: Any) -> None:
    speak = api(cast.owner)
    agreed = {"size": 1, "hash": speak.get(f"{entries}?size=1").json()["hash"]}
    projects.project("t9", group=tools[0], by=cast.owner)
    assert speak.post(entries, agreed).status_code == 409
    record_authorization(cast.library, tools[1][2])
    assert speak.post(entries, {**agreed, "size": 2}).status_code == 409
    assert not AllowlistEntry.objects.exists()
    fresh = api(cast.maintainer).get(f"{entries}?size=1").json()["hash"]
    assert api(cast.maintainer).post(entries, {"size": 1, "hash": fresh}).status_code == 403
    assert not AllowlistEntry.objects.exists()


def test_the_page_previews_adds_and_undoes(cast: Cast, tools: Any, browser: Any) -> None:
    page: Client = browser(cast.owner)
    shown = text(page.get(f"{RULES}/autopopulate?size=1&narrow=on"))
    assert "To be added: 1 entry" in shown
    assert "3 projects get access; 2 of them used it. 1 did not" in shown
    agreed = dict(re.findall(r'<input type="hidden" name="(size|narrow|hash)" value="([^"]*)"', shown))
    done = page.post(f"{RULES}/autopopulate", agreed, follow=True)
    assert "1 entry added from the authentication log." in text(done)
    assert "Undo it" in text(page.get(f"{RULES}/autopopulate"))
    stale = text(page.post(f"{RULES}/autopopulate", {**agreed, "hash": "0"}))
    assert "The log or the list has changed meanwhile." in stale
    assert "Undone:" in text(page.post(f"{RULES}/autopopulate/undo", follow=True))
    assert "There is nothing to undo." in text(page.post(f"{RULES}/autopopulate/undo", follow=True))
    assert not AllowlistEntry.objects.exists()
    half: Client = browser(projects.member(cast.outsider, cast.library, Role.MAINTAINER))
    hidden = text(half.get(f"{RULES}/autopopulate"))
    assert "acme/tools" not in hidden
    assert "You are not a maintainer of 2 of them" in hidden
    assert half.get(f"{RULES}/autopopulate?size=x").status_code == 422


def test_a_suggestion_takes_as_many_statements_for_many_sources_as_for_two(cast: Cast, tools: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tokenaccess.allowlist.suggestions.suggestion import suggest_entries

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            suggest_entries(cast.library, cast.owner, size=1)
        return len(seen)

    few = statements()
    for number in range(5):
        record_authorization(cast.library, projects.project(f"u{number}", group=tools[0], by=cast.owner))
    assert statements() == few <= 17
