"""Access reviews: walk through all entries, decide about each, sign for it, take the report along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import today
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import AccessReview, AllowlistEntry, ReviewedEntry
from tokenaccess.policy.levels import Role

REVIEWS = f"{RULES}/reviews"


@pytest.fixture
def entries(cast: Cast) -> list[AllowlistEntry]:
    more = [projects.project(name, group=cast.acme, by=cast.maintainer) for name in ("one", "two", "three")]
    listed = [services.add_entry(cast.library, project, by=cast.admin) for project in more]
    return [*listed, services.add_entry(cast.library, cast.app, by=cast.owner, direction="outbound")]


def start(page: Client) -> AccessReview:
    page.post(REVIEWS)
    return AccessReview.objects.get(signed_off_at=None)


def test_a_review_walks_through_all_entries_and_is_signed_off(
    cast: Cast, page: Client, entries: list[AllowlistEntry]
) -> None:
    assert "No review yet" in text(page.get(REVIEWS))
    review = start(page)
    address = f"{REVIEWS}/{review.pk}"
    assert "0 of 4 decided" in text(page.get(address))
    end = today() + timedelta(days=30)
    sent: list[dict[str, str]] = [
        {"decision": "keep", "note": "Builds on it"},
        {"decision": "change_end", "expires_at": end.isoformat()},
        {"decision": "suspend", "note": "=Nobody knows"},
        {"decision": "remove"},
    ]
    for entry, decision in zip(entries, sent, strict=True):
        page.post(f"{address}/entries/{entry.pk}", decision)
    assert "Every entry is decided about." in text(page.get(address))
    kept, ended, suspended = AllowlistEntry.objects.order_by("id")
    assert (kept.confirmed_at is None, ended.expires_at, suspended.suspended_by) == (False, end, cast.maintainer)
    answer = page.post(f"{address}/sign_off", {"note": "All is well"}, follow=True)
    shown = text(answer)
    for words in ("The review is signed off.", "Signed off by maintainer", "All is well", "Builds on it", "acme/app"):
        assert words in shown
    assert "Role of the user" in shown
    table = page.get(f"{address}.csv").content.decode().splitlines()
    assert table[0].startswith("entry_id,direction,kind,target_path")
    assert "'=Nobody knows" in table[3]
    body = page.get(f"{address}.json").json()
    assert body["entries"][0]["reviewed_at"].endswith("Z")
    assert [row["decision"] for row in body["entries"]] == ["keep", "change_end", "suspend", "remove"]
    assert (body["signed_off_by"], body["note"]) == ("maintainer", "All is well")
    for event in ("access_review_started", "entry_reviewed", "access_review_signed_off"):
        assert AuditEvent.objects.filter(event=f"job_token_{event}", actor_name="maintainer").exists()
    page.post(f"{address}/entries/{kept.pk}", {"decision": "remove"})
    assert AllowlistEntry.objects.filter(pk=kept.pk).exists()
    assert page.get(f"{address}.xml").status_code == 404


def test_a_long_review_comes_in_pages_and_shows_the_latest_decisions_first(cast: Cast, page: Client) -> None:
    more = [projects.project(f"part-{number}", group=cast.acme, by=cast.maintainer) for number in range(23)]
    AllowlistEntry.objects.bulk_create(
        AllowlistEntry(project=cast.library, target_project=project, direction="inbound") for project in more
    )
    review = start(page)
    address = f"{REVIEWS}/{review.pk}"
    last = AllowlistEntry.objects.get(target_project=more[-1])
    first = AllowlistEntry.objects.get(target_project=more[0])
    assert f"/entries/{last.pk}" not in text(page.get(address))
    second = text(page.get(f"{address}?page=2"))
    assert f"/entries/{first.pk}" not in second
    assert f'/entries/{last.pk}?page=2"' in second
    answer = page.post(f"{address}/entries/{last.pk}?page=2", {"decision": "keep"})
    assert answer["Location"].endswith(f"/{review.pk}?page=2")
    said = {"decision": "keep", "reviewer_name": "x", "review": review}
    for entry in AllowlistEntry.objects.exclude(pk=last.pk)[:20]:
        copy = ReviewedEntry.of(entry)
        for name, value in said.items():
            setattr(copy, name, value)
        copy.save()
    assert "1 to 20 of 21" in text(page.get(address))
    assert "1 to 20 of 21" not in text(page.get(f"{address}?decisions=all"))


def test_a_review_is_not_signed_off_before_every_entry_is_decided_about(
    page: Client, entries: list[AllowlistEntry]
) -> None:
    review = start(page)
    answer = page.post(f"{REVIEWS}/{review.pk}/sign_off", follow=True)
    assert "entries without a decision: 4" in text(answer)
    assert AccessReview.objects.get().is_open
    for decision in ("fly", "change_end"):
        page.post(f"{REVIEWS}/{review.pk}/entries/{entries[0].pk}", {"decision": decision})
    assert not ReviewedEntry.objects.exists()


def test_a_decision_that_takes_more_rights_says_where(cast: Cast, page: Client) -> None:
    theirs = projects.project("theirs", group=cast.acme, by=cast.owner)
    projects.members({cast.maintainer: Role.REPORTER}, theirs)
    entry = services.add_entry(cast.library, theirs, by=cast.admin, terms={"expires_at": today() + timedelta(days=1)})
    later = {"decision": "change_end", "expires_at": str(today() + timedelta(days=9))}
    answer = page.post(f"{REVIEWS}/{start(page).pk}/entries/{entry.pk}", later, follow=True)
    assert "You are not a maintainer of acme/theirs." in text(answer)
    assert not ReviewedEntry.objects.exists()


def test_a_second_decision_replaces_the_first(page: Client, entries: list[AllowlistEntry]) -> None:
    address = f"{REVIEWS}/{start(page).pk}/entries/{entries[0].pk}"
    for decision in ("keep", "suspend"):
        page.post(address, {"decision": decision})
    assert ReviewedEntry.objects.get().decision == "suspend"


@pytest.mark.parametrize("note", ["a\0b", "a" * 5000])
def test_a_note_that_cannot_be_kept_signs_nothing_off(page: Client, entries: list[AllowlistEntry], note: str) -> None:
    review = start(page)
    assert page.post(f"{REVIEWS}/{review.pk}/sign_off", {"note": note}).status_code == 302
    assert AccessReview.objects.get(pk=review.pk).is_open


def test_one_review_is_open_at_a_time(page: Client, cast: Cast, api: Any, entries: list[AllowlistEntry]) -> None:
    review = start(page)
    assert page.post(REVIEWS)["Location"].endswith(f"/{review.pk}")
    assert AccessReview.objects.count() == 1
    answer = api(cast.maintainer).post(f"/token_access/projects/{cast.library.pk}/reviews")
    assert answer.json() == {"message": "400 Bad request - A review of this project is open already"}


def test_of_empty_lists_no_review_is_started(cast: Cast, page: Client, api: Any) -> None:
    shown = text(page.get(REVIEWS))
    assert "There is nothing to review now: nothing is on the lists." in shown
    assert "Start a review" not in shown
    nothing = "There is nothing to review: nothing is on the lists of this project"
    assert nothing in text(page.post(REVIEWS, follow=True))
    answer = api(cast.maintainer).post(f"/token_access/projects/{cast.library.pk}/reviews")
    assert (answer.status_code, answer.json()) == (400, {"message": f"400 Bad request - {nothing}"})
    assert not AccessReview.objects.exists()


def test_a_review_whose_lists_have_become_empty_is_not_signed_off(
    cast: Cast, page: Client, api: Any, entries: list[AllowlistEntry]
) -> None:
    review = start(page)
    for entry in entries:
        services.delete_entry(entry, by=cast.owner)
    address = f"{REVIEWS}/{review.pk}"
    shown = text(page.get(address))
    assert "There is nothing to review" in shown
    assert "Sign off" not in shown
    nothing = "There is nothing to review: nothing is on the lists of this project"
    assert nothing in text(page.post(f"{address}/sign_off", follow=True))
    answer = api(cast.maintainer).post(f"/token_access/projects/{cast.library.pk}/reviews/{review.pk}/sign_off")
    assert (answer.status_code, answer.json()) == (400, {"message": f"400 Bad request - {nothing}"})
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    page.post(f"{address}/entries/{entry.pk}", {"decision": "remove"})
    assert "Sign off" in text(page.get(address)), "there was something to decide about"
    page.post(f"{address}/sign_off")
    assert not AccessReview.objects.get().is_open


def test_hidden_targets_are_not_named(cast: Cast, page: Client, secret: Project) -> None:
    entry = services.add_entry(cast.library, secret, by=cast.admin)
    address = f"{REVIEWS}/{start(page).pk}"
    assert "far/secret" not in text(page.get(address))
    page.post(f"{address}/entries/{entry.pk}", {"decision": "keep"})
    assert "far/secret" not in text(page.get(address))
    assert page.get(f"{address}.json").json()["entries"][0]["target_path"] is None


def test_a_review_becomes_due_where_the_instance_says_so(
    cast: Cast, page: Client, entries: list[AllowlistEntry]
) -> None:
    assert "The next review is due" not in text(page.get(REVIEWS))
    services.change_instance_settings(by=cast.admin, access_review_days=30)
    assert f'title="{today() + timedelta(days=30)} UTC"' in text(page.get(REVIEWS))
    AllowlistEntry.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert ">Due<" in text(page.get(REVIEWS)).replace(" ", "")


def test_reviews_are_listed_and_closed_by_rest(cast: Cast, api: Any, entries: list[AllowlistEntry]) -> None:
    ask, base = api(cast.maintainer), f"/token_access/projects/{cast.library.pk}/reviews"
    made = ask.post(base)
    body = made.json()
    assert (made.status_code, body["undecided"]) == (201, [entry.pk for entry in entries])
    address = f"{base}/{body['id']}"
    for entry in entries:
        body = ask.put(f"{address}/entries/{entry.pk}", {"decision": "keep", "note": "ok"}).json()
    assert body["undecided"] == []
    assert ask.put(f"{address}/entries/1234", {"decision": "keep"}).status_code == 400
    assert ask.post(f"{address}/sign_off", {"note": "done"}).json()["signed_off_by"] == "maintainer"
    assert [row["note"] for row in ask.get(base).json()] == ["done"]
    assert ask.get(address).json()["decisions"][0]["reviewer"] == "maintainer"
    assert ask.get(f"{base}/999").status_code == 404
    assert api(cast.developer).post(base).status_code == 403


def test_a_review_takes_as_many_statements_however_long_the_lists_are(
    page: Client, entries: list[AllowlistEntry], django_assert_max_num_queries: Any
) -> None:
    review = start(page)
    page.post(f"{REVIEWS}/{review.pk}/entries/{entries[0].pk}", {"decision": "keep"})
    with django_assert_max_num_queries(16):
        page.get(f"{REVIEWS}/{review.pk}")


def test_by_api_an_end_is_only_taken_away_by_an_explicit_null(
    cast: Cast, api: Any, page: Client, entries: list[AllowlistEntry]
) -> None:
    end = today() + timedelta(days=30)
    AllowlistEntry.objects.filter(pk=entries[0].pk).update(expires_at=end)
    address = f"/token_access/projects/{cast.library.pk}/reviews/{start(page).pk}/entries/{entries[0].pk}"
    forgotten = api(cast.maintainer).put(address, {"decision": "change_end"})
    assert (forgotten.status_code, forgotten.json()) == (400, {"error": "expires_at is missing"})
    entries[0].refresh_from_db()
    assert entries[0].expires_at == end
    assert api(cast.owner).put(address, {"decision": "change_end", "expires_at": None}).status_code == 200
    entries[0].refresh_from_db()
    assert entries[0].expires_at is None
