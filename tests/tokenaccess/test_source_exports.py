"""The sources of a project by the API and as files, and what could be added to its list."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from django.test import Client

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import RULES, count, record_authorization
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture
def _list_entries(cast: Cast, secret: Project) -> None:
    services.add_entry(
        cast.library,
        cast.app,
        by=cast.maintainer,
        default_permissions=False,
        permissions=["read_jobs", "read_packages"],
    )
    AllowlistEntry.objects.update(
        reason=FORMULA, owner=cast.owner, expires_at="2999-01-01", conditions={"branches": ["main", "release/*"]}
    )
    record_authorization(cast.library, cast.app, read_packages="x")
    count(cast.library, cast.app, uses=4, refusals=1)
    count(cast.library, secret, refusals=2)


def body(answer: Any) -> str:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


@pytest.mark.usefixtures("_list_entries")
def test_the_api_lists_sources_page_by_page(cast: Cast, api: Any) -> None:
    address = f"/token_access/projects/{cast.library.pk}/sources"
    answer = api(cast.maintainer).get(f"{address}?per_page=1&order_by=uses")
    (app,) = answer.json()
    assert answer["X-Total"] == "2"
    assert {**app, "added_at": "", "last_used_at": ""} == {
        "kind": "project", "id": cast.app.pk, "path": "acme/app", "entry": "own", "inherited_from": None,
        "group_path": None, "entry_id": AllowlistEntry.objects.get().pk, "default_permissions": False,
        "permissions": ["read_jobs", "read_packages"], "conditions": {"branches": ["main", "release/*"]},
        "state": "active", "reason": FORMULA, "added_by": "maintainer",
        "added_at": "", "owner": "owner", "expires_at": "2999-01-01", "last_used_at": "", "used": ["read_packages"],
        "uses": 4, "refusals": 1, "project_count": 0, "recent_sources": 0,
    }  # fmt: skip
    (hidden,) = api(cast.maintainer).get(f"{address}?use=refused&entry=none").json()
    assert (hidden["id"], hidden["path"], hidden["refusals"]) == (None, None, 2)
    wrong = api(cast.maintainer).get(f"{address}?kind=user&colour=red")
    assert (wrong.status_code, wrong.json()) == (
        400, {"error": "colour is not supported, kind does not have a valid value: project, group"}
    )  # fmt: skip
    assert api(cast.developer).get(address).status_code == 403
    assert api(cast.outsider).get(address).status_code == 404


@pytest.mark.usefixtures("_list_entries")
def test_the_files_have_what_the_page_shows_and_no_formula(page: Client) -> None:
    app, hidden = csv.DictReader(io.StringIO(body(page.get(f"{RULES}/sources.csv"))))
    assert (app["path"], app["permissions"], app["uses"]) == ("acme/app", "read_jobs read_packages", "4")
    assert app["reason"] == f"'{FORMULA}"
    assert json.loads(app["conditions"]) == {"branches": ["main", "release/*"]}
    assert "Branches: main, release/*" in page.get(RULES).content.decode()
    assert (hidden["path"], hidden["id"]) == ("", "")
    assert len(body(page.get(f"{RULES}/sources.csv?use=used&q=app")).splitlines()) == 2
    found = yaml.safe_load(body(page.get(f"{RULES}/sources.yml?use=used")))
    assert found["project"] == "acme/library"
    (source,) = found["sources"]
    assert source["project"] == "acme/app"
    assert (source["permissions"], source["reason"]) == (["read_jobs", "read_packages"], FORMULA)
    assert source["conditions"] == {"branches": ["main", "release/*"]}
    assert body(page.get(f"{RULES}/sources.yml?q=nothing")) == "project: acme/library\nsources: []\n"
    assert page.get(f"{RULES}/sources.csv?colour=red").status_code == 400


def test_candidates_are_what_one_may_see(cast: Cast, api: Any, secret: Project) -> None:
    tools = projects.group("appliances", by=cast.owner)
    theirs = projects.project("app-of-others", group=tools, by=cast.owner)
    projects.member(cast.maintainer, theirs, Role.GUEST)
    services.add_entry(cast.library, theirs, by=cast.owner)

    def find(user: Any, words: str) -> Any:
        answer = api(user).get(f"/token_access/projects/{cast.library.pk}/candidates?search={words}")
        assert answer.status_code == 200
        return answer.json()

    assert find(cast.maintainer, "APP") == [
        {"kind": "project", "path": "acme/app", "listed": False, "can_add": True},
        {"kind": "group", "path": "appliances", "listed": False, "can_add": False},
        {"kind": "project", "path": "appliances/app-of-others", "listed": True, "can_add": False},
    ]
    assert [one["path"] for one in find(cast.owner, "appl")] == ["appliances", "appliances/app-of-others"]
    assert find(cast.maintainer, "far/secret") == find(cast.maintainer, "far/absent") == []
    assert find(cast.maintainer, "a") == []
    assert [one["path"] for one in find(cast.maintainer, "acme/")] == ["acme/app", "acme"]
    assert api(cast.developer).get(f"/token_access/projects/{cast.library.pk}/candidates?search=app").status_code == 403
