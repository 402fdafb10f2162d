"""The side navigation: only what exists and what the person may open."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portal.navigation import PROJECT, Item, Link, Navigation, Section
from tests.factories import projects
from tests.factories.cast import Cast


def links(browser: Any, user: Any, address: str = "/acme/library") -> list[str]:
    """The addresses in the side navigation of a page."""
    page = browser(user).get(address).content.decode()
    nav = page.split('<nav class="sidenav"')[1].split("</nav>")[0]
    return [part.split('"')[0] for part in nav.split('href="')[1:] if part.startswith("/acme")]


def test_a_guest_of_a_private_project_is_not_offered_its_files_or_settings(cast: Cast, browser: Any) -> None:
    offered = links(browser, cast.guest)
    assert "/acme/library" in offered
    assert not [address for address in offered if "tree" in address or "settings" in address]


def test_every_link_opens_for_whom_it_is_shown(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    for user in (cast.guest, cast.reporter, cast.developer, cast.maintainer, cast.owner, cast.admin):
        for address in links(browser, user):
            answer = browser(user).get(address, follow=True)
            assert answer.status_code == 200, (user, address)


def test_the_current_page_is_marked(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    page = browser(cast.developer).get("/acme/library/-/blob/main/a.txt").content.decode()
    assert '<a href="/acme/library/-/tree" aria-current="page">' in page


def test_administration_is_for_staff(cast: Cast, browser: Any) -> None:
    admin = reverse("admin:index")
    assert f'href="{admin}"' in browser(cast.admin).get("/").content.decode()
    assert f'href="{admin}"' not in browser(cast.owner).get("/").content.decode()


def test_every_line_of_the_table_has_a_way_to_be_reached() -> None:
    def flat(items: tuple[Item, ...]) -> list[Item]:
        return [line for item in items for line in (item, *flat(item.children))]

    for _slug, _title, items in PROJECT:
        for item in flat(items):
            assert item.children or item.url_name


def test_the_folded_line_names_the_page_and_what_it_is_below() -> None:
    settings = Link("Settings", "settings", "/s", current=False)
    general, access = (
        Link(word, "", "/x", current=word == "Token Access", sub=True) for word in ("General", "Token Access")
    )
    nav = Navigation("acme/library", "private", [Section("manage", "Manage", [settings, general, access])])
    assert nav.current_label == "Settings › Token Access"
    assert nav.monogram == "L"
