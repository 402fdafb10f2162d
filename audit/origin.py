"""Where the request that is being served came from, for services that know nothing of requests."""

from __future__ import annotations

from contextvars import ContextVar

_address: ContextVar[str | None] = ContextVar("address", default=None)


def set_address(address: str | None) -> None:
    _address.set(address)


def address() -> str | None:
    return _address.get()
