"""The index of packages that pip and uv read (resources.md §2.2): as HTML (PEP 503) or JSON (PEP 691), by `Accept`.

With `requires-python`, hashes, the address of a wheel's metadata (PEP 658, PEP 714) and yanked files (PEP 592).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import orjson
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.html import escape

from api.rest import moment, not_found
from resources.packages.formats.index_cache import StateChanged, document_response, get_document, make_document
from resources.packages.formats.pypi.index_files import IndexFile, fetch_index, fetch_state
from tokenaccess.access.sql.prepared import read_moment

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
_JSON_TYPES = (JSON, "application/vnd.pypi.simple.latest+json")
# The first is sent to whoever takes anything.
_TYPES = ("text/html", HTML, "application/vnd.pypi.simple.latest+html", *_JSON_TYPES)
_META = {"api-version": "1.1"}


def files_response(request: HttpRequest, name: str, projects: Sequence[int], state: str) -> HttpResponseBase:
    """The index of one package in some projects. `state`: what `fetch_state` says of it. No statement, or one when it
    has changed. Raises ApiError if there is none."""
    site = request.build_absolute_uri("/").rstrip("/")
    content_type = _content_type(request)

    def make() -> bytes:
        found, files = fetch_index(projects, name)
        if not files:
            raise not_found("Package")
        if found != state:
            raise StateChanged
        if content_type == JSON:
            return orjson.dumps(_files_as_json(name, files, site))
        return _files_as_html(name, files, site).encode()

    try:
        document = get_document(state, ("pypi", name, site, content_type), make)
    except StateChanged:
        return files_response(request, name, projects, fetch_state(projects, name))
    return document_response(request, document, content_type)


def names_response(request: HttpRequest, names: Sequence[str]) -> HttpResponseBase:
    """The list of all packages."""
    content_type = _content_type(request)
    as_json = content_type == JSON
    body = orjson.dumps(_names_as_json(names)) if as_json else _names_as_html(names).encode()
    return document_response(request, make_document(body, (content_type,)), content_type)


def file_path(project_id: int, sha256: str, name: str) -> str:
    """Where a file is downloaded from, below the server's address."""
    return f"/api/v4/projects/{project_id}/packages/pypi/files/{sha256}/{name}"


@lru_cache(maxsize=100)
def _preferred_type(accept: str) -> str:
    """Of a few clients, which each always say the same; reading it takes as long as half of the index."""
    asked = HttpRequest()
    asked.META["HTTP_ACCEPT"] = accept
    return asked.get_preferred_type(_TYPES) or _TYPES[0]


def _content_type(request: HttpRequest) -> str:
    """Whoever accepts neither form gets HTML, which any client of an index reads."""
    chosen = _preferred_type(request.META.get("HTTP_ACCEPT", "*/*"))
    if chosen in _JSON_TYPES:
        return JSON
    return f"{HTML if chosen != _TYPES[0] else chosen}; charset=utf-8"


# --- JSON -------------------------------------------------------------------------------------------------------------


def _files_as_json(name: str, files: Sequence[IndexFile], site: str) -> dict[str, Any]:
    versions = list(dict.fromkeys(file.version for file in files))
    return {"meta": _META, "name": name, "versions": versions, "files": [_file_as_json(file, site) for file in files]}


def _file_as_json(file: IndexFile, site: str) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.name,
        "url": _url(file, site),
        "hashes": {"sha256": file.sha256},
        "size": file.size,
        "upload-time": moment(read_moment(file.created_at)),
        # Not under its first name too: pip 22.3 to 23.1 stumbles over that one in JSON (PEP 714).
        "core-metadata": {"sha256": file.metadata_sha256} if file.metadata_sha256 else False,
        "yanked": (file.yanked or True) if file.yanked is not None else False,
    }
    return entry | ({"requires-python": file.requires_python} if file.requires_python else {})


def _names_as_json(names: Sequence[str]) -> dict[str, Any]:
    return {"meta": _META, "projects": [{"name": name} for name in names]}


# --- HTML -------------------------------------------------------------------------------------------------------------


def _files_as_html(name: str, files: Iterable[IndexFile], site: str) -> str:
    return _page(f"Links for {name}", (_file_as_html(file, site) for file in files))


def _file_as_html(file: IndexFile, site: str) -> str:
    attributes = {"href": f"{_url(file, site)}#sha256={file.sha256}", "data-requires-python": file.requires_python}
    if file.metadata_sha256:
        known = f"sha256={file.metadata_sha256}"
        attributes |= {"data-core-metadata": known, "data-dist-info-metadata": known}
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    return _link(file.name, attributes)


def _names_as_html(names: Iterable[str]) -> str:
    return _page("Simple index", (_link(name, {"href": f"{name}/"}) for name in names))


def _link(text: str, attributes: dict[str, str]) -> str:
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(text)}</a>"


def _page(title: str, links: Iterable[str]) -> str:
    head = f'<meta name="pypi:repository-version" content="1.1"><title>{escape(title)}</title>'
    body = "<br>\n".join(links)
    return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body>\n{body}\n</body></html>\n"


def _url(file: IndexFile, site: str) -> str:
    """No file has a name that would have to be quoted (names.is_file_name)."""
    return site + file_path(file.project_id, file.sha256, file.name)
