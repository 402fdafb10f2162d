"""The services' refusals in REST's words (job-token.md §3.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from config.rest import ApiError, bad_request, forbidden, not_found
from tokenaccess.errors import Code, TokenAccessError


@contextmanager
def in_rest(missing: str) -> Iterator[None]:
    """`missing`: what a 404 says is not found, for what is not there and for what is hidden alike."""
    try:
        yield
    except TokenAccessError as error:
        raise translated(error, missing) from error


def translated(error: TokenAccessError, missing: str) -> ApiError:
    if error.code is Code.HIDDEN:
        return not_found(missing)
    if error.code is Code.FORBIDDEN:
        return forbidden(error.message)
    return bad_request(error.message)
