"""The way in for git-lfs: the gate's question about the project of the address, and every refusal in its own JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from blobs.errors import UploadError
from blobs.receive import receive_bytes
from identity.credentials.resolve import BadCredential, CsrfFailure
from identity.credentials.table import Surface
from resources.lfs import documents
from resources.lfs.documents import InvalidDocument
from resources.lfs.refusals import FORBIDDEN, NOT_FOUND, credential_response, error_response, refusal_response
from tokenaccess.access.gate import authorize, check_same_target
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import record_access, request_state
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.policy import Action

# Whether the project has LFS.
_SETTING = JoinedReadParams(
    TargetJoin(
        "lfs_setting",
        {},
        "lfs.id, lfs.lfs_enabled",
        "LEFT JOIN projects_project lfs ON lfs.id = {target}",
        decode=lambda row: bool(row[1]),
    ),
    {},
)

View = Callable[..., HttpResponseBase]


class LfsRequest(HttpRequest):
    """What a gated view receives."""

    access: Access


def lfs_view(**actions: Action) -> Callable[[View], View]:
    """`actions`: method → action. What stands behind a method (`POST operation=upload`) is declared for the table of
    endpoints; the view asks for it itself, with `require`. Credentials come with each request: no CSRF."""

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: LfsRequest, project_path: str, **kwargs: Any) -> HttpResponseBase:
            method = "GET" if request.method == "HEAD" else str(request.method)
            if method not in actions:
                response = error_response(405, f"The method {request.method} is not known here.")
                response["Allow"] = ", ".join(sorted({key.partition(" ")[0] for key in actions}))
                return response
            request_state(request).is_upload = True
            try:
                path = IdOrPath.of_path(project_path)
                access = authorize(request, actions[method], path, surface=Surface.LFS, joined=_SETTING)
                if not access.joined:
                    return error_response(404, NOT_FOUND)
                return view(request, project_path, **kwargs)
            except AccessDenied as denied:
                return refusal_response(denied.access)
            except BadCredential:
                return credential_response(request)
            except CsrfFailure:
                return error_response(403, FORBIDDEN)
            except InvalidDocument as error:
                return error_response(error.status, str(error))
            except UploadError as error:
                return error_response(error.status, error.text or "The body is too long.")

        gated.actions = actions  # type: ignore[attr-defined]
        gated.asks_gate = True  # type: ignore[attr-defined]
        return csrf_exempt(gated)

    return decorate


def require(request: LfsRequest, action: Action) -> Access:
    """The same caller's right to something else in the same project. No statement. Raises AccessDenied."""
    access = check_same_target(request.access, action)
    record_access(request, access)
    if not access.decision.allowed:
        raise AccessDenied(access)
    return access


def read_document(request: LfsRequest) -> dict[str, Any]:
    """Raises InvalidDocument, UploadError."""
    return documents.parse_object(receive_bytes(request, max_bytes=documents.MAX_BYTES))


def target_id(request: LfsRequest) -> int:
    target = request.access.facts.target
    assert target is not None
    return target.id
