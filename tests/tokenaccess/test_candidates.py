"""What could be added to a list, found by a part of its path: while it is typed, and by a button without script."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.policy.levels import Role

GROUP = "/groups/acme/-/settings/token_access"
LISTS = [f"{RULES}/add", f"{RULES}/outbound/add", f"{GROUP}/add"]


@pytest.mark.parametrize("address", LISTS)
def test_a_path_is_searched_and_chosen_by_buttons_and_nothing_is_added_by_them(
    cast: Cast, browser: Any, address: str
) -> None:
    owner = browser(cast.owner)
    answer = owner.post(address, {"search": "1", "path": " ACME/a ", "permissions": "chosen", "p-jobs": "read_jobs"})
    shown = text(answer)
    assert (answer.status_code, 'name="choose" value="acme/app"' in shown) == (200, True)
    chosen = text(owner.post(address, {"choose": "acme/app", "path": "a", "permissions": "chosen"}))
    assert 'name="path" value="acme/app"' in chosen
    assert 'name="choose"' not in chosen
    if "outbound" not in address:
        assert '<option value="read_jobs" selected>' in shown
    assert not AllowlistEntry.objects.exists()
    assert not GroupAllowlistEntry.objects.exists()


@pytest.mark.parametrize("address", LISTS)
def test_what_one_may_not_see_is_found_as_little_as_what_is_not_there(
    cast: Cast, browser: Any, secret: Project, address: str
) -> None:
    owner = browser(cast.owner)
    for words in ("far/secret", "far/absent", "a", "", "\0\0", "x" * 2000):
        answer = owner.post(address, {"search": "1", "path": words})
        assert (answer.status_code, "Nothing that you can see has that in its path." in text(answer)) == (200, True)
        assert 'name="choose"' not in text(answer)


def test_what_is_listed_and_what_is_not_one_s_own_says_so(cast: Cast, page: Any) -> None:
    theirs = projects.project("apparatus", group=projects.group("others", by=cast.owner))
    projects.member(cast.maintainer, theirs, Role.GUEST)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    shown = text(page.post(f"{RULES}/add", {"search": "1", "path": "app"}))
    assert "on the list already" in shown.partition("<legend")[2]
    assert 'value="acme/app"' not in shown
    assert "you are not a maintainer there" in shown.partition('value="others/apparatus"')[2]
    outbound = text(page.post(f"{RULES}/outbound/add", {"search": "1", "path": "app"}))
    assert 'name="choose" value="acme/app"' in outbound, "it is on the other list"
    assert 'value="acme"' not in outbound, "no group is on that list"


def test_the_button_is_for_those_who_may_change_the_list(cast: Cast, browser: Any) -> None:
    for address in LISTS:
        assert browser(cast.developer).post(address, {"search": "1", "path": "acme"}).status_code == 403


def test_the_api_knows_what_is_on_the_list_of_a_group_and_on_the_outbound_list(cast: Cast, api: Any) -> None:
    services.add_group_entry(cast.acme, cast.app, by=cast.owner)
    of_group = f"/token_access/groups/{cast.acme.pk}/candidates?search=acme"
    assert {one["path"]: one["listed"] for one in api(cast.owner).get(of_group).json()} == {
        "acme": False, "acme/app": True, "acme/library": False
    }  # fmt: skip
    assert api(cast.maintainer).get(of_group).status_code == 403
    services.add_entry(cast.library, cast.app, by=cast.owner, direction="outbound")
    address = f"/token_access/projects/{cast.library.pk}/candidates?search=acme"
    outbound = api(cast.maintainer).get(f"{address}&direction=outbound").json()
    assert outbound == [{"kind": "project", "path": "acme/app", "listed": True, "can_add": True}]
    assert api(cast.maintainer).get(f"{address}&direction=up").status_code == 400
