"""Entries with their reasons, owners, ends and conditions, by REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import today
from jobs.housekeeping import run_housekeeping
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

NEXT_YEAR = (today() + timedelta(days=365)).isoformat()


class Entries:
    """Of the library, as somebody asks for them."""

    def __init__(self, client: Any, cast: Cast) -> None:
        self.client, self.base = client, f"/token_access/projects/{cast.library.pk}/entries"

    def __getattr__(self, method: str) -> Any:
        return lambda path="", *sent: getattr(self.client, method)(f"{self.base}{path}", *sent)


@pytest.fixture
def ask(cast: Cast, api: Any) -> Entries:
    return Entries(api(cast.maintainer), cast)


@pytest.fixture
def entry(cast: Cast) -> AllowlistEntry:
    return services.add_entry(cast.library, cast.app, by=cast.owner)


def last_event() -> tuple[str, str]:
    event = AuditEvent.objects.latest("id")
    return event.event, event.message


def test_an_entry_is_added_with_all_that_is_said_of_it(cast: Cast, ask: Entries) -> None:
    sent = {
        "target": "acme/app", "reason": " Builds the app ", "owner": "Developer", "expires_at": NEXT_YEAR,
        "conditions": {"protected_refs": True, "branches": ["main"]}, "permissions": ["read_packages"],
    }  # fmt: skip
    answer = ask.post("", sent)
    body = answer.json()
    assert answer.status_code == 201, body
    assert (body["kind"], body["target_path"], body["direction"]) == ("project", "acme/app", "inbound")
    assert (body["reason"], body["owner"], body["expires_at"]) == ("Builds the app", "developer", NEXT_YEAR)
    assert body["conditions"] == {"protected_refs": True, "branches": ["main"]}
    assert (body["default_permissions"], body["permissions"], body["state"]) == (False, ["read_packages"], "active")
    assert "reason: Builds the app" in last_event()[1]
    assert ask.get(f"/{body['id']}").json() == body


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"conditions": {"fly": True}}, "400 Bad request - conditions: fly is not known"),
        (
            {"conditions": {"branches": []}},
            "400 Bad request - conditions: branches is empty; leave it out to ask for nothing",
        ),
        ({"conditions": {"tags": "v1"}}, "400 Bad request - conditions: tags must be a list"),
        ({"expires_at": "2020-01-01"}, "400 Bad request - expires_at must be a day to come"),
        ({"owner": "outsider"}, "400 Bad request - owner is not a member of the project"),
        ({"owner": "nobody"}, "400 Bad request - owner is not a member of the project"),
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(
    cast: Cast, ask: Entries, entry: AllowlistEntry, change: dict[str, Any], message: str
) -> None:
    assert cast.outsider
    answer = ask.put(f"/{entry.pk}", {"reason": "x", "default_permissions": False, **change})
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    entry.refresh_from_db()
    assert (entry.reason, entry.default_permissions) == ("", True)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "sent", [{"until": "2030-01-01"}, {"expires_at": "soon"}, {"conditions": "x"}, {"conditions": []}]
)
def test_what_is_not_a_parameter_is_an_error(cast: Cast, ask: Entries, entry: AllowlistEntry, sent: Any) -> None:
    assert ask.put(f"/{entry.pk}", sent).status_code == 400


def test_suspending_restoring_and_renewing_is_in_the_history(cast: Cast, ask: Entries, entry: AllowlistEntry) -> None:
    body = ask.post(f"/{entry.pk}/suspend").json()
    assert (body["state"], body["suspended_by"]) == ("suspended", "maintainer")
    assert last_event() == (
        "job_token_entry_suspended", "Project acme/app in the inbound list of allowed projects was suspended"
    )  # fmt: skip
    assert [row["id"] for row in ask.get("?state=suspended").json()] == [entry.pk]
    assert ask.post(f"/{entry.pk}/restore").json()["state"] == "active"
    AllowlistEntry.objects.filter(pk=entry.pk).update(expires_at=today())
    assert [row["state"] for row in ask.get("?state=expired").json()] == ["expired"]
    renewed = ask.post(f"/{entry.pk}/renew").json()
    assert (renewed["state"], renewed["expires_at"]) == ("active", (today() + timedelta(days=90)).isoformat())
    assert ask.post(f"/{entry.pk}/renew", {"expires_at": NEXT_YEAR}).json()["expires_at"] == NEXT_YEAR
    assert last_event()[0] == "job_token_entry_renewed"
    assert ask.delete(f"/{entry.pk}").status_code == 204
    assert ask.get(f"/{entry.pk}").status_code == 404


def test_to_admit_more_takes_the_maintainer_role_on_both_sides(cast: Cast, api: Any, ask: Entries) -> None:
    other = projects.project("other", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.member(cast.maintainer, other, Role.DEVELOPER)
    terms: services.Terms = {"conditions": {"protected_refs": True}, "expires_at": today() + timedelta(days=9)}
    entry = services.add_entry(cast.library, other, by=cast.owner, terms=terms)
    address = f"/{entry.pk}"
    assert ask.put(address, {"conditions": {"protected_refs": True, "no_forks": True}}).status_code == 200
    assert ask.put(address, {"expires_at": (today() + timedelta(days=8)).isoformat()}).status_code == 200
    for change in ({"conditions": {"no_forks": True}}, {"expires_at": NEXT_YEAR}, {"expires_at": None}):
        assert ask.put(address, change).status_code == 403
    assert ask.post(f"{address}/suspend").status_code == 200
    assert ask.post(f"{address}/restore").status_code == 403
    assert ask.post(f"{address}/renew").status_code == 403
    assert Entries(api(cast.owner), cast).post(f"{address}/restore").status_code == 200


def test_an_outbound_entry_has_an_end_and_no_conditions(cast: Cast, ask: Entries) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, direction="outbound")
    address = f"/{entry.pk}"
    assert ask.put(address, {"expires_at": NEXT_YEAR, "reason": "Deploys"}).status_code == 200
    assert ask.put(address, {"conditions": {"no_forks": True}}).status_code == 400
    assert ask.put(address, {"permissions": ["read_jobs"]}).status_code == 400
    given = {"permissions": ["read_jobs"], "default_permissions": False}
    made = ask.post("", {"target": "acme", "direction": "outbound", **given})
    assert (made.status_code, "permissions" in str(made.json())) == (400, True)


def test_an_entry_fades_when_nobody_used_it_for_long(cast: Cast, ask: Entries, entry: AllowlistEntry) -> None:
    long_ago = timezone.now() - timedelta(days=200)
    group = services.add_entry(cast.library, cast.acme, by=cast.owner)
    AllowlistEntry.objects.update(created_at=long_ago)
    assert [row["unused"] for row in ask.get().json()] == [True, True]
    nightly = projects.project("nightly", group=cast.acme, by=cast.owner)
    record_authorization(cast.library, nightly, days=5)
    record_authorization(cast.library, cast.app, days=100)
    assert [(row["id"], row["unused"]) for row in ask.get().json()] == [(entry.pk, True), (group.pk, False)]
    assert [row["id"] for row in ask.get("?unused=true").json()] == [entry.pk]
    assert ask.post(f"/{entry.pk}/confirm").json()["unused"] is False
    services.change_instance_settings(by=cast.admin, unused_entry_days=0)
    assert ask.get("?unused=true").json() == []


def test_housekeeping_suspends_unused_entries_only_where_the_instance_says_so(
    cast: Cast, ask: Entries, entry: AllowlistEntry
) -> None:
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    AllowlistEntry.objects.filter(pk=entry.pk).update(created_at=timezone.now() - timedelta(days=91))
    assert run_housekeeping()["unused entries suspended"] == 0
    services.change_instance_settings(by=cast.admin, suspend_unused_entries=True)
    assert run_housekeeping()["unused entries suspended"] == 1
    assert run_housekeeping()["unused entries suspended"] == 0
    entry.refresh_from_db()
    assert (entry.suspended_at is None, entry.suspended_by) == (False, None)
    assert AuditEvent.objects.get(event="job_token_entry_suspended").actor_name == "system"
    assert ask.post(f"/{entry.pk}/restore").json()["unused"] is False
    assert run_housekeeping()["unused entries suspended"] == 0


def test_a_list_takes_as_many_statements_however_long_it_is(
    cast: Cast, ask: Entries, entry: AllowlistEntry, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        made = projects.project(f"more{number}", group=cast.acme, by=cast.owner)
        services.add_entry(cast.library, made, by=cast.owner)
    with django_assert_max_num_queries(9):
        answer = ask.get()
    assert len(answer.json()) == 6
    assert len(ask.get("?per_page=2").json()) == 2


def test_an_unknown_permission_is_named(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).post(
        f"/token_access/projects/{cast.library.pk}/entries", {"target": "acme/app", "permissions": ["read_package"]}
    )
    words = "permissions does not have a valid value: there is no 'read_package', did you mean 'read_packages'?"
    assert (answer.status_code, answer.json()) == (400, {"error": words})
    listed = api(cast.owner).post(
        f"/token_access/groups/{cast.acme.pk}/allowlist", {"permissions": ["fly", "read_jobs"]}
    )
    assert "there is no 'fly'" in listed.json()["error"]
    assert not AllowlistEntry.objects.exists()
