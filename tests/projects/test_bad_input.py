"""Whatever is sent: a clear 4xx or a proper answer, never a failure of ours, and nothing half done."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from projects.models import Group, GroupEffectiveRole, Membership, Project, ProjectEffectiveRole
from projects.roles.effective_roles import sync
from tests.factories import projects
from tests.factories.cast import Cast

DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]

VALUES: list[Any] = [
    None, True, -1, 1.5, 10**40, "", " ", "a\0b", "\ud800", "..", "../../etc/passwd", "9" * 30, "-" + "9" * 18,
    "x" * 300, "x" * 70_000, "ü/\u202e", "\r\nX-Evil: 1", "%00", [], ["a\0", 7], {}, {"a": {"b": DEEP}}, DEEP,
]  # fmt: skip
BODIES = [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\0", b"\xff\xfe", b"[" * 5000, b'{"name": ' * 2000]

LISTS = {
    "/projects": "page per_page search order_by sort visibility archived membership owned min_access_level simple",
    "/groups": "page per_page search order_by sort visibility owned min_access_level top_level_only",
    "/namespaces": "page per_page search owned_only",
    "/groups/acme/projects": "page search include_subgroups min_access_level",
    "/groups/acme/members/all": "page per_page query",
    "/projects/LIB/members": "page per_page query",
    "/projects/LIB/repository/tree": "page path ref recursive",
    "/projects/LIB/repository/commits": "page per_page path ref_name since until with_stats",
    "/projects/LIB/repository/commits/main": "stats",
    "/projects/LIB/repository/branches": "page search",
    "/projects/LIB/repository/tags": "page search order_by sort",
    "/projects/LIB/repository/files/a": "ref",
    "/projects/LIB/repository/files/a/raw": "ref",
}
WRITES: dict[str, dict[str, Any]] = {
    "POST /projects": {
        "name": "n", "path": "p", "namespace_id": "acme", "visibility": "private", "description": "d",
        "default_branch": "b", "initialize_with_readme": False, "builds_access_level": "enabled",
        "jobs_enabled": True, "public_jobs": True, "ci_config_path": "c", "build_timeout": 3600,
        "ci_default_git_depth": 1, "shared_runners_enabled": True,
    },
    "PUT /projects/LIB": {
        "name": "n", "path": "library", "visibility": "private", "description": "d", "default_branch": "main",
        "repository_access_level": "enabled", "packages_enabled": True, "ci_job_token_scope_enabled": False,
    },
    "POST /groups": {"name": "n", "path": "p", "parent_id": "ACME", "visibility": "private", "description": "d"},
    "PUT /groups/acme": {"name": "n", "path": "acme", "visibility": "public", "description": "d"},
    "POST /projects/LIB/members": {"user_id": "OUT", "access_level": 30, "expires_at": "2999-01-01"},
    "POST /groups/acme/members": {"username": "outsider", "access_level": 30, "expires_at": "2999-01-01"},
    "PUT /projects/LIB/members/GUEST": {"access_level": 10, "expires_at": "2999-01-01"},
    "POST /projects/LIB/repository/files/new": {
        "branch": "main", "commit_message": "m", "content": "c", "encoding": "text", "start_branch": "main",
        "author_name": "n", "author_email": "e", "last_commit_id": "0", "execute_filemode": False,
    },
    "POST /projects/LIB/repository/commits": {
        "branch": "main", "commit_message": "m", "start_branch": "main", "stats": True,
        "actions": [{"action": "create", "file_path": "f", "content": "c"}],
    },
    "POST /projects/LIB/repository/branches": {"branch": "new", "ref": "main"},
    "POST /projects/LIB/repository/tags": {"tag_name": "new", "ref": "main", "message": "m"},
}  # fmt: skip


@pytest.fixture
def world(cast: Cast) -> dict[str, str]:
    projects.commit(cast.library, {"a": "b"})
    return {
        "LIB": str(cast.library.pk),
        "ACME": str(cast.acme.pk),
        "OUT": str(cast.outsider.pk),
        "GUEST": str(cast.guest.pk),
    }


def _fill_in(text: str, world: dict[str, str]) -> str:
    for name, value in world.items():
        text = text.replace(name, value)
    return text


def _assert_is_answered(answer: Any, what: str) -> None:
    assert answer.status_code < 500, what
    if answer.status_code >= 400:
        assert {"message", "error"} & answer.json().keys(), what


@pytest.mark.parametrize("path", LISTS)
def test_a_list_survives_any_parameter(cast: Cast, api: Any, world: dict[str, str], path: str) -> None:
    caller = api(cast.owner)
    for name in LISTS[path].split():
        for value in VALUES:
            text = quote(str(value)[:9000].encode("utf-8", "replace"))
            _assert_is_answered(caller.get(f"{_fill_in(path, world)}?{name}={text}"), f"{name}={value!r:.80}")


@pytest.mark.parametrize("where", WRITES)
def test_a_change_survives_any_parameter(cast: Cast, api: Any, world: dict[str, str], where: str) -> None:
    caller = api(cast.owner)
    method, path = _fill_in(where, world).split()
    proper = {
        name: world.get(value, value) if isinstance(value, str) else value for name, value in WRITES[where].items()
    }
    for name in proper:
        for value in VALUES:
            _assert_is_answered(caller.request(method, path, {**proper, name: value}), f"{name}={value!r:.80}")
    for body in BODIES:
        _assert_is_answered(caller.request(method, path, body), f"{body!r:.80}")
    _nothing_half_done()


@pytest.mark.parametrize(
    "path",
    [
        "/projects/{}", "/groups/{}", "/namespaces/{}", "/users/{}/projects", "/projects/LIB/members/{}",
        "/projects/LIB/members/all/{}", "/groups/acme/members/{}", "/projects/LIB/repository/files/{}?ref=main",
        "/projects/LIB/repository/files/{}/raw", "/projects/LIB/repository/commits/{}",
        "/projects/LIB/repository/branches/{}", "/projects/LIB/repository/tags/{}", "/projects/LIB/repository/blobs/{}",
    ],
)  # fmt: skip
def test_any_name_in_an_address_is_survived(cast: Cast, api: Any, world: dict[str, str], path: str) -> None:
    caller = api(cast.owner)
    for value in [
        "0",
        "-1",
        "9" * 30,
        "..",
        ".",
        "a\0b",
        "ü",
        "a\nb",
        "a b",
        "-x",
        "x" * 5000,
        "HEAD",
        "refs/heads/main",
    ]:
        for method in ("GET", "DELETE", "PUT"):
            where = _fill_in(path, world).format(quote(value, safe=""))
            answer = caller.request(method, where)
            assert answer.status_code < 500, f"{method} {where:.100}"
    assert Project.objects.count() == 2
    assert Membership.objects.filter(user=cast.guest).count() == 2


def _nothing_half_done() -> None:
    """Every project has its repository, and people's roles are what their memberships say."""
    assert all((project.repository_path / "HEAD").exists() for project in Project.objects.all())
    assert sync(groups=Group.objects.all(), projects=Project.objects.all()) == 0
    assert GroupEffectiveRole.objects.exists()
    assert ProjectEffectiveRole.objects.exists()
