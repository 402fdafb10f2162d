"""What lies between commits, in trees of any size, and who may ask, by REST."""

from __future__ import annotations

import base64
from typing import Any

import pygit2
import pytest

from projects.models import Project
from projects.repository import Change, Repository
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.git_bomb import bomb
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

pytestmark = pytest.mark.once


@pytest.fixture
def repository(cast: Cast) -> Repository:
    return Repository(cast.library.repository_path)


@pytest.fixture
def code(cast: Cast, repository: Repository) -> str:
    """`main` and, from its first commit, `side`: a line changed, a file moved, one deleted, one not a text."""
    projects.commit(
        cast.library, {"README.md": "hello\nyou\n", "src/x.py": "1\n", "old": "o\n", "gone": "g\n"}, "First"
    )
    repository.create_branch("side", "main")
    changes = [
        Change("update", "README.md", b"hello\nthere\n"),
        Change("move", "new", previous_path="old"),
        Change("delete", "gone"),
        Change("create", "image", b"\0\1\2"),
    ]
    repository.write("side", changes, "Second", by=("W", "w@example.org"))
    projects.commit(cast.library, {"later": "l\n"}, "Third")
    repository.create_tag("v1", "side")
    return f"/projects/{cast.library.pk}/repository"


README = "@@ -1,2 +1,2 @@\n hello\n-you\n+there\n"


def test_a_commit_tells_what_it_changed_in_each_file(cast: Cast, api: Any, code: str) -> None:
    answer = api(cast.reporter).get(f"{code}/commits/side/diff")
    shown = {one["new_path"]: one for one in answer.json()}
    assert answer["X-Total"] == "4"
    assert shown["README.md"]["diff"] == README
    assert (shown["README.md"]["a_mode"], shown["README.md"]["new_file"]) == ("100644", False)
    assert (shown["new"]["old_path"], shown["new"]["renamed_file"], shown["new"]["diff"]) == ("old", True, "")
    assert (shown["gone"]["deleted_file"], shown["gone"]["b_mode"]) == (True, "0")
    assert shown["gone"]["diff"] == "@@ -1 +0,0 @@\n-g\n"
    assert shown["image"]["diff"] == "Binary files /dev/null and b/image differ\n"
    whole = api(cast.reporter).get(f"{code}/commits/side/diff?unidiff=true&per_page=1").json()
    assert [one["diff"] for one in whole] == [f"--- a/README.md\n+++ b/README.md\n{README}"]
    first = api(cast.reporter).get(f"{code}/commits/side~1/diff")
    assert (first.status_code, first.json()) == (404, {"message": "404 Commit Not Found"})


def test_a_file_too_large_to_show_says_so(cast: Cast, api: Any, code: str) -> None:
    sha = projects.commit(cast.library, {"big": b"x\n" * 400_000, "small": "s\n"})
    big, small = api(cast.reporter).get(f"{code}/commits/{sha}/diff").json()
    assert (big["too_large"], big["diff"], small["diff"]) == (True, "", "@@ -0,0 +1 @@\n+s\n")


def test_two_refs_are_compared_since_they_parted_or_straight(cast: Cast, api: Any, code: str) -> None:
    caller = api(cast.reporter)
    found = caller.get(f"{code}/compare?from=main&to=side").json()
    assert [one["title"] for one in found["commits"]] == ["Second"]
    assert found["commit"]["title"] == "Second"
    assert [one["new_path"] for one in found["diffs"]] == ["README.md", "gone", "image", "new"]
    assert (found["compare_timeout"], found["compare_same_ref"]) == (False, False)
    straight = caller.get(f"{code}/compare?from=main&to=side&straight=true").json()
    assert "later" in [one["new_path"] for one in straight["diffs"]]
    same = caller.get(f"{code}/compare?from=side&to=v1").json()
    assert (same["commits"], same["diffs"], same["commit"], same["compare_same_ref"]) == ([], [], None, True)


@pytest.mark.parametrize(
    ("query", "status", "body"),
    [
        ("compare?from=main", 400, {"error": "to is missing"}),
        ("compare?from=main&to=nothing", 404, {"message": "404 Ref Not Found"}),
        ("compare?from=--output=x&to=main", 404, {"message": "404 Ref Not Found"}),
        ("compare?from=main..side&to=main", 404, {"message": "404 Ref Not Found"}),
        ("compare?from=main&to=side&from_project_id=1", 400, {"error": "from_project_id is not supported"}),
        ("merge_base", 400, {"error": "refs is missing"}),
        ("merge_base?refs[]=main", 400, {"message": "Provide at least 2 refs"}),
        ("merge_base?refs[]=main&refs[]=x", 400, {"message": "Could not find ref: x"}),
        ("merge_base?refs[]=-x&refs[]=y&refs[]=main", 400, {"message": "Could not find refs: -x, y"}),
        ("merge_base?refs=main", 400, {"error": "refs is invalid"}),
        ("commits/main/signature", 404, {"message": "404 Signature Not Found"}),
        ("commits/nothing/signature", 404, {"message": "404 Commit Not Found"}),
        ("tags/v1/signature", 404, {"message": "404 Signature Not Found"}),
        ("commits/main/refs?type=all the", 400, {"error": "type does not have a valid value"}),
        ("tree?page_token=%C3%A9", 400, {"error": "page_token is invalid"}),
        ("tree?page_token=bm90aGluZw", 400, {"error": "page_token is invalid"}),
        ("tree?page=9999999", 405, None),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    cast: Cast, api: Any, code: str, query: str, status: int, body: Any
) -> None:
    answer = api(cast.reporter).get(f"{code}/{query}")
    assert answer.status_code == status
    assert body is None or answer.json() == body


def test_the_commit_that_two_come_from(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    found = api(cast.reporter).get(f"{code}/merge_base?refs[]=main&refs[]=side").json()
    assert found["title"] == "First"
    tree = repository.git.TreeBuilder().write()
    who = pygit2.Signature("x", "x@example.org")
    repository.git.create_commit("refs/heads/lone", who, who, "Lone", tree, [])
    none = api(cast.reporter).get(f"{code}/merge_base?refs[]=main&refs[]=lone")
    assert (none.status_code, none.json()) == (404, {"message": "404 Merge Base Not Found"})
    assert api(cast.reporter).get(f"{code}/compare?from=main&to=lone").json()["commits"][0]["title"] == "Lone"


def test_the_refs_that_hold_a_commit(cast: Cast, api: Any, code: str) -> None:
    def refs(query: str) -> list[tuple[str, str]]:
        return [(one["type"], one["name"]) for one in api(cast.reporter).get(f"{code}/commits/{query}").json()]

    assert refs("side/refs") == [("branch", "side"), ("tag", "v1")]
    assert refs("side/refs?type=tag") == [("tag", "v1")]
    assert refs("v1/refs?type=branch") == [("branch", "side")]
    assert ("branch", "main") in refs("main/refs")


def test_the_jobs_of_a_commit_are_its_statuses(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    sha = repository.find("main").sha
    made = jobs.pipeline(cast.library, cast.developer, sha=sha, status="success")
    job = made.jobs.create(project=cast.library, user=cast.developer, name="build", stage="test", stage_index=0)
    made.jobs.create(project=cast.library, name="old", stage="test", stage_index=0, retried=True)
    (shown,) = api(cast.reporter).get(f"{code}/commits/main/statuses").json()
    assert (shown["id"], shown["sha"], shown["name"], shown["pipeline_id"]) == (job.pk, sha, "build", made.pk)
    assert shown["author"]["username"] == "developer"
    assert shown["target_url"].endswith(f"/acme/library/-/jobs/{job.pk}")
    assert len(api(cast.reporter).get(f"{code}/commits/main/statuses?all=true").json()) == 2
    assert api(cast.reporter).get(f"{code}/commits/main/statuses?name=other").json() == []


def test_who_wrote_how_many_commits(cast: Cast, api: Any, code: str) -> None:
    found = api(cast.reporter).get(f"{code}/contributors?ref=side&sort=desc&order_by=name").json()
    expected = {"commits": 1, "additions": 0, "deletions": 0}
    assert found == [
        {"name": "W", "email": "w@example.org", **expected},
        {"name": "Tester", "email": "tester@example.org", **expected},
    ]
    assert api(cast.reporter).get(f"/projects/{cast.app.pk}/repository/contributors").json() == []


def test_a_tag_tells_its_own_id_and_when_it_was_made(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    repository.create_tag("v2", "main", "Second", by=("T", "t@example.org"))
    caller = api(cast.reporter)
    plain, annotated = caller.get(f"{code}/tags/v1").json(), caller.get(f"{code}/tags/v2").json()
    assert (plain["target"], plain["created_at"]) == (plain["commit"]["id"], None)
    found = repository.tag_object("v2")
    assert found is not None
    assert annotated["target"] == str(found.id)
    assert annotated["created_at"] is not None


# --- Trees ------------------------------------------------------------------------------------------------------------


def keyset(caller: Any, address: str) -> list[str]:
    """All paths, page by page, as the `Link` header leads."""
    paths: list[str] = []
    while address:
        answer = caller.get(address)
        assert answer.status_code == 200, answer.content
        assert "X-Total" not in answer
        paths += [one["path"] for one in answer.json()]
        address = answer.get("Link", "").partition("<")[2].partition(">")[0]
    return paths


@pytest.mark.parametrize("query", ["", "&recursive=true", "&recursive=true&path=a", "&path=a"])
def test_a_tree_is_read_by_keyset_whole_and_once(cast: Cast, api: Any, query: str) -> None:
    names = ["a/b/c", "a/b/d", "a/e", "a.txt", "a-b/f", "z/y/x/w", "0"]
    projects.commit(cast.library, dict.fromkeys(names, "x"))
    caller, at = api(cast.reporter), f"/projects/{cast.library.pk}/repository/tree"
    whole = [one["path"] for one in caller.get(f"{at}?per_page=100{query}").json()]
    assert len(whole) > 1
    for size in (1, 2, 3):
        assert keyset(caller, f"{at}?pagination=keyset&per_page={size}{query}") == whole


def test_a_tree_of_any_size_is_read_in_part(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    """Ten thousand millions of files in a few kilobytes."""
    bomb(cast.library.repository_path)
    caller = api(cast.reporter)
    answer = caller.get(f"{code}/tree?recursive=true&ref=bomb&per_page=2&page=3")
    assert [one["path"] for one in answer.json()] == ["d0/d0/d0/d0/d0", "d0/d0/d0/d0/d0/d0"]
    assert "X-Total" not in answer
    far = "d9/d9/d9/d9/d9/d9/d9/d9/d9/d8"
    token = base64.urlsafe_b64encode(far.encode()).decode()
    last = caller.get(f"{code}/tree?recursive=true&ref=bomb&pagination=keyset&page_token={token}")
    assert [one["path"] for one in last.json()] == ["d9/d9/d9/d9/d9/d9/d9/d9/d9/d9"]
    found = caller.get(f"{code}/compare?from=main&to=bomb").json()
    assert found["compare_timeout"] is True
    assert len(caller.get(f"{code}/commits/bomb/diff?per_page=3").json()) == 3
    assert caller.get(f"{code}/commits/bomb").json()["stats"] is None


def test_a_file_that_does_not_fit_into_memory_is_not_read(
    cast: Cast, api: Any, code: str, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects.commit(cast.library, {"large": "0" * 5000, "small": "0" * 4000})
    monkeypatch.setattr("projects.repository.contents.MAX_FILE_BYTES", 4500)
    caller = api(cast.reporter)
    blob = repository.git.references["refs/heads/main"].peel(pygit2.Commit).tree["large"].id
    for path in ("files/large?ref=main", "files/large/raw", f"blobs/{blob}", f"blobs/{blob}/raw"):
        assert caller.get(f"{code}/{path}").status_code == 413
    assert caller.get(f"{code}/files/small/raw").status_code == 200


def test_folders_without_files_are_looked_into_in_part(cast: Cast, api: Any, code: str, repository: Repository) -> None:
    bomb(cast.library.repository_path, hollow=True)
    found = api(cast.reporter).get(f"{code}/compare?from=main&to=bomb").json()
    assert found["compare_timeout"] is True
    assert api(cast.reporter).get(f"{code}/commits/bomb").json()["stats"] is None


@pytest.mark.parametrize("hollow", [False, True])
def test_a_tree_that_unfolds_too_far_is_not_built_upon(
    cast: Cast, api: Any, code: str, repository: Repository, hollow: bool
) -> None:
    bomb(cast.library.repository_path, hollow=hollow)
    body = {"branch": "bomb", "content": "x", "commit_message": "Change"}
    answer = api(cast.maintainer).post(f"{code}/files/new.txt", body)
    assert answer.status_code == 400
    assert "too many files" in answer.json()["message"]


def test_names_that_are_no_text_are_shown_as_well_as_they_can(cast: Cast, api: Any, code: str) -> None:
    git = pygit2.Repository(str(cast.library.repository_path))
    inner = git.write(pygit2.enums.ObjectType.TREE, b"100644 x\xff\0" + bytes.fromhex(str(git.create_blob(b"x\n"))))
    tree = git.write(pygit2.enums.ObjectType.TREE, b"40000 caf\xe9\0" + bytes.fromhex(str(inner)))
    who = pygit2.Signature("x", "x@example.org")
    git.create_commit("refs/heads/odd", who, who, "Odd", tree, [])
    caller = api(cast.reporter)
    assert keyset(caller, f"{code}/tree?recursive=true&ref=odd&pagination=keyset&per_page=1") == ["caf�", "caf�/x�"]
    (shown,) = caller.get(f"{code}/commits/odd/diff?unidiff=true").json()
    assert shown["diff"] == "--- /dev/null\n+++ b/caf�/x�\n@@ -0,0 +1 @@\n+x\n"


# --- Who may ----------------------------------------------------------------------------------------------------------

READS = [
    "tree", "commits", "commits/main/diff", "commits/main/refs", "commits/main/statuses", "compare?from=main&to=side",
    "merge_base?refs[]=main&refs[]=side", "contributors", "archive", "branches/main",
]  # fmt: skip
OF_JOBS = ["branches", "commits/main", "files/README.md/raw", "tags", "tags/v1"]


@pytest.mark.parametrize("path", READS + OF_JOBS)
def test_each_caller_reads_what_they_may(cast: Cast, api: Any, code: str, path: str) -> None:
    address = f"{code}/{path}"
    statuses = {who: api(getattr(cast, who)).get(address).status_code for who in ("reporter", "guest", "outsider")}
    # Pipelines are public among members: what ran for a commit is for guests too.
    assert statuses == {"reporter": 200, "guest": 200 if "statuses" in path else 403, "outsider": 404}
    assert api().get(address).status_code == 404
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    job = api(job=cast.job_token()).get(address)
    assert job.status_code == (200 if path in OF_JOBS else 404)
    Project.objects.filter(pk=cast.library.pk).update(visibility=Visibility.PUBLIC)
    assert api().get(address).status_code == 200


@pytest.mark.parametrize("path", OF_JOBS)
def test_a_job_reads_with_the_permission_alone(cast: Cast, api: Any, code: str, path: str) -> None:
    token = cast.job_token()
    assert api(job=token).get(f"{code}/{path}").status_code == 404
    entry = AllowlistEntry.objects.create(
        project=cast.library, target_project=cast.app, direction="inbound", default_permissions=False, permissions=[]
    )
    refused = api(job=token).get(f"{code}/{path}")
    assert (refused.status_code, "read_repositories" in refused.json()["message"].lower()) == (403, True)
    AllowlistEntry.objects.filter(pk=entry.pk).update(permissions=["read_repositories"])
    assert api(job=token).get(f"{code}/{path}").status_code == 200
