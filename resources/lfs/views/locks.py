"""The lock API of git-lfs (resources.md §1.5): who may push may lock; who may clone may look."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from resources.lfs import locks
from resources.lfs.documents import InvalidDocument
from resources.lfs.models import FileLock
from resources.lfs.refusals import NOT_FOUND, error_response, lfs_response
from resources.lfs.views.entrance import LfsRequest, lfs_view, read_document, target_id
from text.numbers import parse_number
from tokenaccess.access.gate import check_same_target
from tokenaccess.policy import Action

MAX_PAGE = 100
FORCE_REFUSED = "Only maintainers take other people's locks away, and no jobs."
# `refspec`: the branch that the client is on. A lock holds on all of them.
_FILTERS = {"path", "id", "cursor", "limit", "refspec"}


def lock_json(lock: FileLock) -> dict[str, Any]:
    return {
        "id": str(lock.pk),
        "path": lock.path,
        "locked_at": lock.locked_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "owner": {"name": lock.owner.username},
    }


def _locks(request: LfsRequest) -> QuerySet[FileLock]:
    return FileLock.objects.filter(project=target_id(request)).select_related("owner").order_by("pk")


def _page(rows: QuerySet[FileLock], cursor: object, limit: object) -> tuple[list[FileLock], dict[str, str]]:
    """The locks from the one that `cursor` names, and where the next page begins, if there is one."""
    first, most = _number("cursor", cursor, 1), _number("limit", limit, MAX_PAGE)
    found = list(rows.filter(pk__gte=first)[: min(most, MAX_PAGE) + 1])
    shown = found[: min(most, MAX_PAGE)]
    return shown, {"next_cursor": str(found[-1].pk)} if len(found) > len(shown) else {}


def _number(name: str, value: object, default: int) -> int:
    """Raises InvalidDocument."""
    if value is None or value in ("", 0):
        return default
    number = parse_number(str(value)) if isinstance(value, int | str) else None
    if not number:
        raise InvalidDocument(f"{name} is invalid: it must be a positive number")
    return number


@lfs_view(GET=Action.DOWNLOAD_CODE, POST=Action.PUSH_CODE)
def all_locks(request: LfsRequest, project_path: str) -> HttpResponse:
    """List them, or create one."""
    return _create(request) if request.method == "POST" else _list(request)


def _list(request: LfsRequest) -> HttpResponse:
    unknown = sorted(set(request.GET) - _FILTERS)
    if unknown:
        raise InvalidDocument(f"{unknown[0][:50]} is not known: locks are found by path, id, cursor and limit", 400)
    rows = _locks(request)
    if path := request.GET.get("path"):
        rows = rows.at(path)  # type: ignore[attr-defined]
    if number := request.GET.get("id"):
        rows = rows.filter(pk=_number("id", number, 0))
    shown, more = _page(rows, request.GET.get("cursor"), request.GET.get("limit"))
    return lfs_response({"locks": list(map(lock_json, shown)), **more})


def _create(request: LfsRequest) -> HttpResponse:
    path = read_document(request).get("path")
    if not locks.is_path(path):
        raise InvalidDocument("path is invalid: it must be the path of a file in the repository")
    access = request.access
    try:
        lock = locks.lock_file(access.project, str(path), by=access.current_user)
    except locks.AlreadyLocked as error:
        return lfs_response({"lock": lock_json(error.lock), "message": "already created lock"}, 409)
    except locks.TooManyLocks:
        return error_response(422, f"The project has {locks.MAX_LOCKS} locks, which is the limit here")
    return lfs_response({"lock": lock_json(lock)}, 201)


@lfs_view(POST=Action.PUSH_CODE)
def verify(request: LfsRequest, project_path: str) -> HttpResponse:
    """Before a push: which locks are the caller's, and which are in their way."""
    document = read_document(request)
    shown, more = _page(_locks(request), document.get("cursor"), document.get("limit"))
    me = request.access.current_user.pk
    ours = [lock_json(lock) for lock in shown if lock.owner_id == me]
    theirs = [lock_json(lock) for lock in shown if lock.owner_id != me]
    return lfs_response({"ours": ours, "theirs": theirs, **more})


@lfs_view(**{"POST": Action.PUSH_CODE, "POST force=true": Action.FORCE_UNLOCK})
def unlock(request: LfsRequest, project_path: str, lock_id: str) -> HttpResponse:
    """One's own lock; with `force` anybody's, which is for maintainers."""
    force = read_document(request).get("force", False)
    if not isinstance(force, bool):
        raise InvalidDocument("force is invalid: it must be true or false")
    number = parse_number(lock_id)
    lock = _locks(request).filter(pk=number).first() if number is not None else None
    if lock is None:
        return error_response(404, NOT_FOUND)
    by, is_others = request.access.current_user, lock.owner_id != request.access.current_user.pk
    if force and is_others and not check_same_target(request.access, Action.FORCE_UNLOCK).decision.allowed:
        return error_response(403, FORCE_REFUSED)
    body = {"lock": lock_json(lock)}
    try:
        locks.unlock_file(lock, by=by, force=force)
    except locks.NotTheOwner:
        return error_response(403, f"{lock.path} is locked by {lock.owner.username}")
    except FileLock.DoesNotExist:
        return error_response(404, NOT_FOUND)
    return lfs_response(body)
