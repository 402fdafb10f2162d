"""Where the request that is being served came from, and the token behind it that is nobody's, for services that know
nothing of requests."""

from __future__ import annotations

from contextvars import ContextVar

_address: ContextVar[str | None] = ContextVar("address", default=None)
_token_name: ContextVar[str] = ContextVar("token_name", default="")


set_client_address = _address.set
client_address = _address.get
# Of a deploy token, which acts as no user: the audit names it where no user is to be named.
set_token_name = _token_name.set
token_name = _token_name.get
# The administrator who acts as somebody else (identity.credentials.sudo).
_sudo_name: ContextVar[str] = ContextVar("sudo_name", default="")
set_sudo_name = _sudo_name.set
sudo_name = _sudo_name.get
