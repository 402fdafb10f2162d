"""Addresses of the administration that ask for what it does not know: an error that names it, and never a failure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from identity.models import PersonalToken
from tests.config.test_admin_lists import ADMINS, LISTS, address, desk
from tests.factories import jobs, people
from tests.factories.cast import Cast

__all__ = ["desk"]
pytestmark = pytest.mark.django_db

TOKENS, JOBS, EVENTS = address("identity.PersonalToken"), address("jobs.Job"), address("audit.AuditEvent")
WRONG = [
    (TOKENS, {"expiry": "zzz"}, "expiry has no such value: zzz"),
    (TOKENS, {"state": "zzz"}, "state has no such value: zzz"),
    (TOKENS, {"revoked__exact": "zzz"}, "revoked__exact has no such value: zzz"),
    (TOKENS, {"created_at__gte": "zzz"}, "created_at__gte has no such value: zzz"),
    (TOKENS, {"colour": "red"}, "colour is not supported"),
    (TOKENS, {"name__colour": "red"}, "name__colour is not supported"),
    (TOKENS, {"digest__startswith": "a"}, "digest__startswith is not supported"),
    (TOKENS, {"id__range": "1"}, "id__range is not supported"),
    (TOKENS, {"name__regex": "("}, "name__regex is not supported"),
    (TOKENS, {"id__contained_by": "{}"}, "id__contained_by is not supported"),
    (TOKENS, {"created_at__year": "99999"}, "created_at__year has no such value: 99999"),
    (TOKENS, {"created_at__year__gte": "99999"}, "created_at__year__gte is not supported"),
    (TOKENS, {"expires_at__isnull": "zzz"}, "expires_at__isnull has no such value: zzz"),
    (TOKENS, {"e": "1"}, "e is not supported"),
    (TOKENS, {"q": "x" * 300}, "q is too long (maximum is 255 characters)"),
    (TOKENS, {"q": "a\0b"}, "q must not contain the character NUL"),
    (TOKENS, {"state": "a\0b"}, "state must not contain the character NUL"),
    (TOKENS, {"p": "zzz"}, "p has no such value: zzz"),
    (TOKENS, {"p": "9999"}, "p has no such value: 9999"),
    (TOKENS, {"o": "zzz"}, "o has no such value: zzz"),
    (TOKENS, {"o": "99"}, "o has no such value: 99"),
    (TOKENS, {"id": "9" * 5000}, "id has no such value: 999"),
    (JOBS, {"status__exact": "zzz"}, "status__exact has no such value: zzz"),
    (EVENTS, {"address": "300.1.1.1"}, "address has no such value: 300.1.1.1"),
    (EVENTS, {"address__in": "127.0.0.1,zzz"}, "address__in has no such value: 127.0.0.1,zzz"),
    (EVENTS, {"at__iso_year": "99999"}, "at__iso_year is not supported"),
    (EVENTS, {"details__regex": "("}, "details__regex is not supported"),
    (EVENTS, {"at__year": "9999"}, "at__year has no such value: 9999"),
    (EVENTS, {"at__year": "1"}, "at__year has no such value: 1"),
    (EVENTS, {"at__year": "zzz"}, "at__year has no such value: zzz"),
    (EVENTS, {"at__year": "2026", "at__month": "2", "at__day": "31"}, "at__day has no such value: 2026, 2, 31"),
    (EVENTS, {"at__year": "2026", "at__month": "zzz"}, "at__month has no such value: zzz"),
    (f"{TOKENS}export/", {"expiry": "zzz"}, "expiry has no such value: zzz"),
    (f"{TOKENS}export/", {"colour": "red"}, "colour is not supported"),
    ("/admin/", {"colour": "red"}, "colour is not supported"),
    (f"{address('projects.Project')}add/", {"name": "x"}, "name is not supported"),
    ("/admin/autocomplete/", {"term": "a\0b"}, "term must not contain the character NUL"),
]


@pytest.mark.parametrize(("path", "asked", "words"), WRONG)
def test_what_is_not_known_is_named(desk: Client, path: str, asked: dict[str, str], words: str) -> None:
    answer = desk.get(path, asked)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_what_is_known_is_asked_for(cast: Cast, desk: Client) -> None:
    people.token_for(cast.owner)
    jobs.job(cast.app, cast.developer)
    for path, asked in [
        (TOKENS, {"state": "active", "revoked__exact": "0", "user__is_bot__exact": "0"}),
        (TOKENS, {"o": "-1.2", "q": "owner", "_facets": "True", "p": "1", "all": ""}),
        (JOBS, {"status__exact": "pending"}),
        (EVENTS, {"at__year": "2026", "at__month": "2", "at__day": "28"}),
        (EVENTS, {"event": "person_created"}),
        (EVENTS, {"address__in": "127.0.0.1,::1", "target_id": "1", "actor__isnull": "False"}),
        (address("tokenaccess.RefusalRecord"), {"last_at__gte": "2026-01-01T00:00:00+00:00", "trial__exact": "0"}),
    ]:
        assert desk.get(path, asked).status_code == 200, asked


@pytest.mark.parametrize("label", LISTS)
def test_odd_values_never_fail(desk: Client, label: str) -> None:
    here = address(label)
    filters = desk.get(here).content.decode()
    assert "Database error" not in filters
    for value in ("\0", "9" * 400, "١", "' OR 1=1 --", "%", "\\", "2026-02-31", "x" * 4000, "é"):
        names = ["q", "p", "o", "id", "_changelist_filters", f"{ADMINS[label].date_hierarchy or 'at'}__year"]
        for name in names:
            assert desk.get(f"{here}?{name}={quote(value)}").status_code in {200, 400}, (name, value)
        for end in (f"{quote(value, safe='')}/change/", f"{quote(value, safe='')}/history/", "add/"):
            answer = desk.get(f"{here}{end}?_changelist_filters={quote(value)}")
            assert answer.status_code in {200, 302, 400, 403, 404}, (end, value)


@pytest.mark.parametrize("chosen", ["zzz", "9" * 400, "", "1\0"])
@pytest.mark.parametrize("label", [label for label in LISTS if ADMINS[label].actions])
def test_actions_on_rows_that_are_none_change_nothing(cast: Cast, desk: Client, label: str, chosen: str) -> None:
    people.token_for(cast.owner)
    for action in (*(ADMINS[label].actions or ()), "delete_selected", "zzz"):
        asked: dict[str, Any] = {"action": action, "_selected_action": [chosen], "index": "zzz"}
        assert desk.post(address(label), asked).status_code == 400, action
    assert PersonalToken.objects.filter(revoked=False).count() == 1


@pytest.mark.parametrize("label", ["projects.Project", "projects.Group", "identity.User"])
def test_no_form_leads_to_an_address_that_is_refused(cast: Cast, desk: Client, label: str) -> None:
    row = {"projects.Project": cast.library, "projects.Group": cast.acme, "identity.User": cast.owner}[label]
    assert "_popup" not in desk.get(f"{address(label)}{row.pk}/change/").content.decode()
