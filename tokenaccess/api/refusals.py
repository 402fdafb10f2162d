"""Service errors as REST errors (job-token.md §3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.rest import ApiError, bad_request, forbidden, not_found
from tokenaccess.errors import ErrorCode, TokenAccessError


@contextmanager
def api_errors(missing: str) -> Iterator[None]:
    """`missing`: what a 404 names, for absent and hidden targets alike."""
    try:
        yield
    except TokenAccessError as error:
        raise to_api_error(error, missing) from error


def to_api_error(error: TokenAccessError, missing: str) -> ApiError:
    if error.code is ErrorCode.HIDDEN:
        return not_found(missing)
    if error.code is ErrorCode.FORBIDDEN:
        return forbidden(error.message)
    if error.code is ErrorCode.STALE:
        return ApiError(409, f"409 Conflict - {error.message}")
    return bad_request(error.message)
