"""Entries on the settings page: adding, changing, removing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, record_authorization, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.policy.levels import Role


def test_a_project_is_added_by_its_path(cast: Cast, page: Client) -> None:
    answer = page.post(f"{RULES}/add", {"path": " /acme/App/ ", "permissions": "default"}, follow=True)
    assert "acme/app has access now." in text(answer)
    assert 'href="/acme/app"' in text(answer)
    assert AllowlistEntry.objects.get().target == cast.app


def test_a_group_is_added_with_chosen_permissions(cast: Cast, browser: Any) -> None:
    sent = {"path": "acme", "permissions": "chosen", "p-packages": "admin_packages", "p-jobs": "read_jobs"}
    answer = browser(cast.owner).post(f"{RULES}/add", sent, follow=True)
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.permissions) == (cast.acme, ["read_jobs", "admin_packages"])
    assert "Packages: read and write" in text(answer)
    assert "Jobs: read" in text(answer)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("", "Enter the full path of a project or group."),
        ("acme/libary", "There is no project or group acme/libary that you can see. Check the spelling."),
        ("far/secret", "There is no project or group far/secret that you can see. Check the spelling."),
        ("acme", "You are not a maintainer of acme. Ask one of its maintainers to add the entry."),
        ("acme/library", "acme/library is this project itself. It is always on its own list."),
        ("日本/語", "There is no project or group 日本/語 that you can see."),
        ("a\0b", "Null characters are not allowed."),
        ("x" * 2000, "Ensure this value has at most 1024 characters"),
    ],
)
def test_a_refused_add_says_why_and_keeps_what_was_entered(
    cast: Cast, page: Client, secret: Project, path: str, error: str
) -> None:
    answer = page.post(f"{RULES}/add", {"path": path, "permissions": "chosen", "p-jobs": "read_jobs"})
    assert answer.status_code == 422
    shown = text(answer)
    assert error in shown
    assert '<option value="read_jobs" selected>' in shown
    assert 'aria-invalid="true"' in shown
    assert "autofocus" in shown
    assert not AllowlistEntry.objects.exists()


def test_a_second_add_and_a_full_list_are_refused_in_words(cast: Cast, page: Client) -> None:
    sent = {"path": "acme/app", "permissions": "default"}
    page.post(f"{RULES}/add", sent)
    assert "acme/app is on the list already." in text(page.post(f"{RULES}/add", sent))
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    third = projects.project("third", group=cast.acme, by=cast.owner)
    projects.member(cast.maintainer, third, Role.MAINTAINER)
    answer = page.post(f"{RULES}/add", {"path": "acme/third", "permissions": "default"})
    assert "The list is full (limit: 1)." in text(answer)


def test_an_unknown_permission_is_not_taken(cast: Cast, page: Client) -> None:
    sent = {"path": "acme/app", "permissions": "chosen", "p-packages": "admin_jobs"}
    assert page.post(f"{RULES}/add", sent).status_code == 422
    assert not AllowlistEntry.objects.exists()


def test_a_project_is_added_to_what_may_be_reached(cast: Cast, page: Client) -> None:
    answer = page.post(f"{RULES}/outbound/add", {"path": "acme/app"}, follow=True)
    assert "Jobs of this project can access acme/app." in text(answer)
    assert AllowlistEntry.objects.get().direction == Direction.OUTBOUND
    assert "is on the list already" in text(page.post(f"{RULES}/outbound/add", {"path": "acme/app"}))
    assert "There is no project or group acme" in text(page.post(f"{RULES}/outbound/add", {"path": "acme"}))


def entry_of(cast: Cast, **fields: Any) -> AllowlistEntry:
    return services.add_entry(cast.library, cast.app, by=cast.owner, **fields)


def test_an_entry_is_narrowed(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    address = f"{RULES}/entries/{entry.pk}"
    assert "checked" in text(page.get(address))
    page.post(address, {"permissions": "chosen", "p-packages": "read_packages"})
    entry.refresh_from_db()
    assert (entry.default_permissions, entry.permissions) == (False, ["read_packages"])
    assert '<option value="read_packages" selected>' in text(page.get(address))


def test_widening_without_the_other_side_says_why(cast: Cast, browser: Any) -> None:
    entry = entry_of(cast, default_permissions=False, permissions=["read_jobs"])
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    projects.member(half, cast.app, Role.GUEST)
    answer = browser(half).post(f"{RULES}/entries/{entry.pk}", {"permissions": "default"})
    assert answer.status_code == 422
    assert "You are not a maintainer of acme/app." in text(answer)


def test_removing_says_the_effect_first(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    record_authorization(cast.library, cast.app)
    jobs.job(cast.app, cast.developer)
    shown = text(page.get(f"{RULES}/entries/{entry.pk}/remove"))
    assert "Remove acme/app from the list?" in shown
    assert "<dt>1</dt><dd><strong>project would lose access.</strong>" in shown
    assert "<dt>1</dt><dd><strong>job is running now.</strong>" in shown
    assert AllowlistEntry.objects.exists()
    answer = page.post(f"{RULES}/entries/{entry.pk}/remove", follow=True)
    assert "acme/app removed from the list." in text(answer)
    assert not AllowlistEntry.objects.exists()


def test_removing_says_who_is_still_admitted(cast: Cast, page: Client) -> None:
    entry = entry_of(cast)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    record_authorization(cast.library, cast.app)
    jobs.job(cast.app, cast.developer)
    shown = text(page.get(f"{RULES}/entries/{entry.pk}/remove"))
    assert "project would keep access," in shown
    assert "running now" not in shown


def test_a_hidden_entry_is_shown_without_its_name_and_can_be_removed(cast: Cast, page: Client, secret: Project) -> None:
    entry = services.add_entry(cast.library, secret, by=cast.admin)
    record_authorization(cast.library, secret)
    for address in (RULES, f"{RULES}?q=secret", f"{RULES}/entries/{entry.pk}/remove", f"{RULES}/log"):
        shown = text(page.get(address)).partition("Latest changes")[0]
        assert "far/secret" not in shown
    assert "A project you cannot see" in text(page.get(RULES))
    assert "No matching entries" in text(page.get(f"{RULES}?q=secret"))
    page.post(f"{RULES}/entries/{entry.pk}/remove")
    assert not AllowlistEntry.objects.exists()


def test_an_entry_of_another_project_is_not_there(cast: Cast, page: Client) -> None:
    foreign = services.add_entry(cast.app, cast.library, by=cast.owner)
    for pk in (foreign.pk, 999_999, 10**30):
        assert page.get(f"{RULES}/entries/{pk}/remove").status_code == 404
        assert page.post(f"{RULES}/entries/{pk}").status_code == 404


def test_the_list_is_searched_and_narrowed(cast: Cast, page: Client) -> None:
    entry_of(cast)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    assert "Admits 0 projects of the group today." in text(page.get(f"{RULES}?kind=group"))
    shown = text(page.get(f"{RULES}?kind=project&q=APP"))
    assert 'href="/acme/app"' in shown
    assert "of the group today" not in shown
