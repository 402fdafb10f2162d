"""`search` by REST: what the caller may see, and the files of a project."""

from __future__ import annotations

from typing import Any

from tests.factories import projects
from tests.factories.cast import Cast


def names(answer: Any, key: str) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row[key] for row in answer.json()]


def test_projects_groups_and_people_are_found_as_far_as_the_caller_sees_them(cast: Cast, api: Any):
    projects.group("library-team", by=cast.owner, visibility=0)
    for who, found in ((cast.guest, ["acme/library"]), (cast.outsider, list[str]())):
        assert names(api(who).get("/search?scope=projects&search=LIBRA"), "path_with_namespace") == found
        assert names(api(who).get("/search?scope=groups&search=library"), "full_path") == []
    assert names(api(cast.owner).get("/search?scope=groups&search=library"), "full_path") == ["library-team"]
    assert names(api(cast.outsider).get("/search?scope=users&search=main"), "username") == ["maintainer"]
    found = api(cast.owner).get(f"/groups/{cast.acme.pk}/search?scope=projects&search=app")
    assert names(found, "path_with_namespace") == ["acme/app"]
    wrong = api(cast.owner).get("/search?scope=issues&search=x")
    assert wrong.json() == {"error": "scope does not have a valid value"}
    assert api().get("/search?scope=projects&search=x").status_code == 401


def test_files_are_searched_to_the_letter_and_with_their_lines(cast: Cast, api: Any):
    projects.commit(cast.library, {"src/a.py": "one\ntwo [Needle].*\n", "b.txt": "needle", "c.bin": b"\0[needle].*"})
    where = f"/projects/{cast.library.pk}/search?scope=blobs"
    found = api(cast.reporter).get(f"{where}&search=[needle].*")
    assert found.json() == [
        {"basename": "src/a", "data": "two [Needle].*", "path": "src/a.py", "filename": "src/a.py", "id": None,
         "ref": "main", "startline": 2, "project_id": cast.library.pk}
    ]  # fmt: skip
    assert found["X-Total"] == "1"
    assert api(cast.reporter).get(f"{where}&search=--open-files-in-pager=touch").json() == []
    assert api(cast.reporter).get(f"{where}&search=nothing-like-it").json() == []
    assert api(cast.reporter).get(f"{where}&search=needle&ref=--help").status_code == 404
    assert api(cast.reporter).get(f"{where}&search=n").status_code == 400
    assert api(cast.guest).get(f"{where}&search=needle").status_code == 403
    assert api(cast.outsider).get(f"{where}&search=needle").status_code == 404
    assert api(cast.reporter).get(f"/projects/{cast.app.pk}/search?scope=blobs&search=needle").json() == []


def test_commits_and_members_of_a_project_and_a_group_are_found(cast: Cast, api: Any):
    projects.commit(cast.library, {"a.txt": "a"}, "Find the Needle")
    sha = projects.commit(cast.library, {"b.txt": "b"}, "needle again")
    projects.commit(cast.library, {"c.txt": "c"}, "hay")
    where = f"/projects/{cast.library.pk}/search"
    found = api(cast.reporter).get(f"{where}?scope=commits&search=NEEDLE")
    assert [row["title"] for row in found.json()] == ["needle again", "Find the Needle"]
    assert found.json()[0]["project_id"] == cast.library.pk
    assert "X-Total" not in found
    assert len(api(cast.reporter).get(f"{where}?scope=commits&search=needle&ref={sha}&per_page=1").json()) == 1
    assert api(cast.guest).get(f"{where}?scope=commits&search=needle").status_code == 403
    people = api(cast.reporter).get(f"{where}?scope=users&search=maint").json()
    assert [row["username"] for row in people] == ["maintainer"]
    in_group = f"/groups/{cast.acme.pk}/search?scope=users&search="
    assert [row["username"] for row in api(cast.owner).get(f"{in_group}own").json()] == ["owner"]
    assert api(cast.owner).get(f"{in_group}maint").json() == []
    for address in (f"{where}?scope=issues&search=xx", f"/groups/{cast.acme.pk}/search?scope=blobs&search=xx"):
        assert api(cast.owner).get(address).json() == {"error": "scope does not have a valid value"}
