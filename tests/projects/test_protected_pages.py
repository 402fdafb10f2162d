"""Settings › Repository: protected branches and tags."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import User
from projects import services
from projects.models import ProtectedRef, RefKind
from projects.repository import Repository
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import text

AT = "/acme/library/-/settings/repository"
BRANCH = {"kind": "branch", "name": "release/*", "push_level": "0", "merge_level": "30"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_branch_is_protected_changed_and_unprotected(cast: Cast) -> None:
    client = browser(cast.maintainer)
    assert client.post(AT, BRANCH)["Location"] == AT
    made = ProtectedRef.objects.get(name="release/*")
    assert (made.push_level, made.merge_level, made.allow_force_push) == (0, 30, False)
    page = text(client.get(AT))
    assert "release/* protected." in page
    assert "no matches yet" in page
    change = f"{AT}/{made.pk}"
    assert 'value="30" selected' in text(client.get(change))
    rules = {"push_level": "30", "merge_level": "40", "allow_force_push": "on"}
    assert client.post(change, rules)["Location"] == AT
    made.refresh_from_db()
    assert (made.push_level, made.merge_level, made.allow_force_push) == (30, 40, True)
    assert "Unprotect release/*?" in text(client.get(f"{change}/remove"))
    assert client.post(f"{change}/remove")["Location"] == AT
    assert not ProtectedRef.objects.filter(name="release/*").exists()
    assert client.get(change).status_code == 404


def test_many_branches_and_tags_come_in_pages_each_of_its_own(cast: Cast) -> None:
    for number in range(21):
        for kind in RefKind:
            services.protect(cast.library, kind=kind, by=cast.owner, name=f"{kind}-{number:02}", push_level=40)
    client = browser(cast.maintainer)
    shown = text(client.get(f"{AT}?tags_page=2"))
    assert "1 to 20 of 22" in shown, "with main"
    assert "21 to 21 of 21" in shown
    assert 'href="?tags_page=2&amp;branches_page=2"' in shown, "the other list stays where it is"


def test_a_tag_is_protected_by_its_own_form(cast: Cast) -> None:
    client = browser(cast.maintainer)
    assert client.post(AT, {"kind": "tag", "name": "v*", "push_level": "40"}).status_code == 302
    made = ProtectedRef.objects.get(kind="tag")
    change = text(client.get(f"{AT}/{made.pk}"))
    assert "Who may create it" in change
    assert "force push" not in change
    client.post(f"{AT}/{made.pk}", {"push_level": "0"})
    made.refresh_from_db()
    assert made.push_level == 0
    assert "such tags" in text(client.get(f"{AT}/{made.pk}/remove"))


def test_the_list_shows_what_a_pattern_names_now(cast: Cast) -> None:
    projects.commit(cast.library, {"README.md": "x"})
    repository = Repository(cast.library.repository_path)
    for number in range(7):
        repository.create_branch(f"release/{number}", "main")
    services.protect(cast.library, kind=RefKind.BRANCH, name="release/*", by=cast.owner)
    page = text(browser(cast.maintainer).get(AT))
    assert "release/0, release/1, release/2, release/3, release/4 (7 in total)" in page


def test_the_list_of_branches_shows_which_are_protected(cast: Cast) -> None:
    projects.commit(cast.library, {"README.md": "x"})
    Repository(cast.library.repository_path).create_branch("feature", "main")
    page = text(browser(cast.reporter).get("/acme/library/-/branches"))
    assert page.count("Protected") == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({**BRANCH, "name": ""}, "This field is required."),
        ({**BRANCH, "name": "main"}, "It is protected already."),
        ({**BRANCH, "name": "a..b"}, "Is not a name that a branch or tag can have, nor a pattern of such"),
        ({**BRANCH, "name": "x" * 256}, "at most 255 characters"),
        ({**BRANCH, "push_level": "10"}, "10 is not one of the available choices."),
        ({"kind": "tag", "name": "-", "push_level": "40"}, "Is not a name that a branch or tag can have"),
        ({"kind": "else", "name": "x\0", "push_level": "40"}, "Null characters are not allowed."),
    ],
)
def test_mistakes_are_shown_at_their_field_and_nothing_is_protected(cast: Cast, given: Any, error: str) -> None:
    before = ProtectedRef.objects.count()
    answer = browser(cast.maintainer).post(AT, given)
    assert answer.status_code == 422
    assert error in text(answer)
    assert ProtectedRef.objects.count() == before


def test_protecting_a_branch_takes_a_maintainer_of_this_project(cast: Cast) -> None:
    made = cast.app.protected_refs.get()
    assert browser(cast.developer).get(AT).status_code == 403
    assert browser(cast.outsider).get(AT).status_code == 404
    assert Client().get(AT)["Location"].startswith("/users/sign_in")
    for address in (f"{AT}/{made.pk}", f"{AT}/{made.pk}/remove", f"{AT}/{2**70}"):
        assert browser(cast.maintainer).post(address, {"push_level": "0", "merge_level": "0"}).status_code == 404
    made.refresh_from_db()
    assert made.push_level == 30


def test_the_navigation_leads_there(cast: Cast) -> None:
    assert f'href="{AT}"' in text(browser(cast.maintainer).get("/acme/library/-/settings/general"))
    assert f'href="{AT}"' not in text(browser(cast.developer).get("/acme/library/-/branches"))
