"""python-gitlab, unchanged, against the real server: a repository without git."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabError

from tests.contract.world import World


@pytest.fixture
def library(world: World) -> Iterator[Any]:
    """The library as its maintainer sees it, with a commit on main."""
    world.commit(world.library, {"README.md": "hello\n", "src/a.py": "1\n"})
    client = gitlab.Gitlab(world.live.url, private_token=world.maintainer.token)
    yield client.projects.get(world.library.id)
    client.session.close()


def test_archives_are_downloaded_whole_and_streamed(library: Any):
    sha = library.commits.get("main").id
    data = library.repository_archive(sha="main")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert f"library-main-{sha}/src/a.py" in archive.getnames()
    assert library.repository_archive(sha="main") == data
    pieces: list[bytes] = []
    library.repository_archive(sha="main", path="src", format="zip", streamed=True, action=pieces.append)
    assert f"library-main-{sha}-src/src/a.py" in zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()
    with pytest.raises(GitlabError) as absent:
        library.repository_archive(sha="nothing")
    assert (absent.value.response_code, absent.value.error_message) == (404, "404 File Not Found")


def test_archives_are_the_same_bytes_in_every_form_of_the_original(library: Any):
    for suffix in ("tar.gz", "tgz", "gz", "tar.bz2", "tbz", "tbz2", "tb2", "bz2", "tar", "zip"):
        first, again = (library.repository_archive(sha="main", format=suffix) for _ in range(2))
        assert first == again, suffix
        if suffix == "zip":
            names = zipfile.ZipFile(io.BytesIO(first)).namelist()
        else:
            with tarfile.open(fileobj=io.BytesIO(first)) as archive:
                names = archive.getnames()
        assert [name.partition("/")[2] for name in names if name.endswith("a.py")] == ["src/a.py"]


def test_a_history_is_read_and_compared(library: Any):
    first = library.commits.get("main")
    library.branches.create({"branch": "side", "ref": "main"})
    actions = [
        {"action": "update", "file_path": "README.md", "content": "hello\nthere\n"},
        {"action": "create", "file_path": "src/b.py", "content": "2\n"},
    ]
    made = library.commits.create({"branch": "side", "commit_message": "Second", "actions": actions})
    assert [(one["new_path"], one["diff"]) for one in made.diff(get_all=True)] == [
        ("README.md", "@@ -1 +1,2 @@\n hello\n+there\n"),
        ("src/b.py", "@@ -0,0 +1 @@\n+2\n"),
    ]
    assert [one["name"] for one in first.refs(get_all=True)] == ["main", "side"]
    assert made.statuses.list(get_all=True) == []
    reported = made.statuses.create({"state": "success", "name": "scan", "target_url": "https://ci.example/1"})
    assert (reported.status, reported.ref, reported.target_url) == ("success", "side", "https://ci.example/1")
    assert [one.id for one in made.statuses.list(get_all=True)] == [reported.id]
    assert library.pipelines.get(reported.pipeline_id).source == "external"
    with pytest.raises(GitlabError) as unsigned:
        made.signature()
    assert (unsigned.value.response_code, unsigned.value.error_message) == (404, "404 Signature Not Found")
    compared = library.repository_compare("main", "side")
    assert [one["id"] for one in compared["commits"]] == [made.id]
    assert [one.title for one in library.commits.list(ref_name="side", per_page=1, iterator=True)] == [
        "Second",
        "Change",
    ]
    assert library.repository_merge_base(["main", "side"])["id"] == first.id
    for refs, error in ((["main"], "Provide at least 2 refs"), (["main", "--all"], "Could not find ref: --all")):
        with pytest.raises(GitlabError) as refused:
            library.repository_merge_base(refs)
        assert (refused.value.response_code, error in str(refused.value)) == (400, True)
    assert {one["commits"] for one in library.repository_contributors(get_all=True)} == {1}


def test_a_commit_begins_a_branch_and_takes_every_kind_of_action(library: Any):
    actions = [
        {"action": "create", "file_path": "run.sh", "content": "make\n"},
        {"action": "move", "file_path": "src/c.py", "previous_path": "src/a.py"},
        {"action": "delete", "file_path": "README.md"},
    ]
    start = {"branch": "begun", "start_branch": "main", "commit_message": "Begin"}
    made = library.commits.create({**start, "actions": actions})
    assert made.parent_ids == [library.branches.get("main").commit["id"]]
    executable = [{"action": "chmod", "file_path": "run.sh", "execute_filemode": True}]
    library.commits.create({"branch": "begun", "commit_message": "Run", "actions": executable})
    tree = library.repository_tree(ref="begun", recursive=True, get_all=True)
    assert {(one["path"], one["mode"]) for one in tree if one["type"] == "blob"} == {
        ("run.sh", "100755"),
        ("src/c.py", "100644"),
    }
    for wrong in ({**start, "branch": "begun"}, {**start, "branch": "--force"}, {"branch": "x", "commit_message": "x"}):
        with pytest.raises(GitlabError) as refused:
            library.commits.create({**wrong, "actions": actions})
        assert refused.value.response_code == 400
    pages = [library.commits.list(ref_name="begun", per_page=2, page=page) for page in (1, 2)]
    assert [[one.title for one in page] for page in pages] == [["Run", "Begin"], ["Change"]]


def test_what_looks_like_an_option_is_no_ref(library: Any):
    for ask in (
        lambda: library.commits.list(ref_name="--output=/tmp/x", get_all=True),
        lambda: library.repository_tree(ref="--help", get_all=True),
        lambda: library.repository_archive(sha="--output=/tmp/x"),
        lambda: library.files.raw(file_path="README.md", ref="--upload-pack=x"),
        lambda: library.repository_compare("--all", "main"),
    ):
        with pytest.raises(GitlabError) as refused:
            ask()
        assert refused.value.response_code == 404


def test_a_tree_is_walked_by_keyset(library: Any):
    tree = library.repository_tree(recursive=True, pagination="keyset", order_by="id", per_page=1, iterator=True)
    entries = list(tree)
    assert [one["path"] for one in entries] == ["src", "src/a.py", "README.md"]
    blob = entries[-1]["id"]
    assert library.repository_raw_blob(blob) == b"hello\n"
    assert library.repository_blob(blob)["size"] == 6


def test_files_are_written_read_and_deleted(library: Any):
    file = library.files.create(
        {"file_path": "docs/a.txt", "branch": "main", "content": "one\n", "commit_message": "Add"}
    )
    known = library.files.get("docs/a.txt", ref="main")
    assert (known.decode(), known.size) == (b"one\n", 4)
    head = library.files.head("docs/a.txt", ref="main")
    assert {
        name: head[f"X-Gitlab-{name}"] for name in ("Blob-Id", "Commit-Id", "Last-Commit-Id", "Content-Sha256")
    } == {
        "Blob-Id": known.blob_id,
        "Commit-Id": known.commit_id,
        "Last-Commit-Id": known.last_commit_id,
        "Content-Sha256": known.content_sha256,
    }
    assert (head["X-Gitlab-File-Path"], head["X-Gitlab-Ref"], head["X-Gitlab-Size"]) == ("docs/a.txt", "main", "4")
    assert library.files.raw(file_path="docs/a.txt", ref="main") == b"one\n"
    assert library.files.raw(file_path="docs/a.txt") == b"one\n"
    known.content = "two\n"
    seen = known.last_commit_id
    known.save(branch="main", commit_message="Change", last_commit_id=seen)
    known.content = "three\n"
    with pytest.raises(GitlabError) as late:
        known.save(branch="main", commit_message="Late", last_commit_id=seen)
    assert late.value.response_code == 400
    file.delete(branch="main", commit_message="Delete")
    with pytest.raises(GitlabError) as gone:
        library.files.get("docs/a.txt", ref="main")
    assert gone.value.response_code == 404


def test_branches_and_tags_come_and_go(library: Any):
    for name in ("feature/a", "feature/b"):
        library.branches.create({"branch": name, "ref": "main"})
    assert [one.name for one in library.branches.list(search="^feature", get_all=True)] == ["feature/a", "feature/b"]
    library.branches.get("feature/a").delete()
    library.delete_merged_branches()
    assert [one.name for one in library.branches.list(get_all=True)] == ["main"]
    for name in ("v1.9", "v1.10"):
        library.tags.create({"tag_name": name, "ref": "main", "message": f"Release {name}"})
    names = [one.name for one in library.tags.list(order_by="version", sort="desc", get_all=True)]
    assert names == ["v1.10", "v1.9"]
    assert library.tags.get("v1.9").message == "Release v1.9"
    library.tags.delete("v1.9")
    with pytest.raises(GitlabError) as gone:
        library.tags.get("v1.9")
    assert gone.value.response_code == 404


def test_branches_and_tags_are_protected_by_role_and_pattern(world: World, library: Any):
    made = library.protectedbranches.create(
        {"name": "release/*", "push_access_level": 40, "merge_access_level": 30, "allow_force_push": False}
    )
    assert (made.push_access_levels[0]["access_level"], made.merge_access_levels[0]["access_level"]) == (40, 30)
    made.allow_force_push = True
    made.save()
    assert library.protectedbranches.get("release/*").allow_force_push is True
    library.protectedtags.create({"name": "v*", "create_access_level": 40})
    developer = gitlab.Gitlab(world.live.url, private_token=world.developer.token)
    seen = developer.projects.get(world.library.id)
    for refused in (
        lambda: seen.branches.create({"branch": "release/1", "ref": "main"}),
        lambda: seen.tags.create({"tag_name": "v1", "ref": "main"}),
    ):
        with pytest.raises(GitlabError) as error:
            refused()
        assert error.value.response_code == 400
    library.branches.create({"branch": "release/1", "ref": "main"})
    library.protectedbranches.delete("release/*")
    library.protectedtags.delete("v*")
    seen.branches.delete("release/1")
    assert seen.tags.create({"tag_name": "v1", "ref": "main"}).name == "v1"
    developer.session.close()
