"""`sudo`: an administrator's token acts as another person (tokens.md §5). By the header `Sudo` or the parameter."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from audit import services as audit
from audit.client_address import set_sudo_name
from audit.models import AuditEvent
from identity.credentials.resolve import BadCredential, Principal
from identity.credentials.table import TABLE
from identity.models import Scope, User
from text.numbers import is_number, parse_number

MAX_NAME = 255


class SudoRefused(BadCredential):
    """`scope`: what the token lacks; else the sentence of the answer and its status."""

    def __init__(self, status: int = 403, message: str = "", scope: str = "") -> None:
        super().__init__(description=message)
        self.status, self.message, self.scope = status, message, scope


def act_as(request: HttpRequest, kind: str, principal: Principal) -> Principal:
    """The person that the request names, within the scopes of the token; without `sudo` the principal itself.

    `kind`: of the credential, "" for a visitor. Raises SudoRefused.
    """
    name = request.META.get("HTTP_SUDO")
    if not name and "sudo" in request.META.get("QUERY_STRING", ""):
        name = request.GET.get("sudo")
    # A blocked person is refused as such.
    if not name or (principal.user is not None and not principal.user.is_active):
        return principal
    administrator = _require_administrator(kind, principal)
    user = _find_user(name)
    if user is None:
        raise SudoRefused(404, f"404 User with ID or username '{name[:MAX_NAME]}' Not Found")
    request.__dict__["is_sudo"] = True  # so that the parameter counts as read (api.input.parameters)
    set_sudo_name(administrator.username)
    _record(administrator, user)
    return principal._replace(user=user)


def _require_administrator(kind: str, principal: Principal) -> User:
    user = principal.user
    if user is None:
        raise SudoRefused(401, "401 Unauthorized")
    if not user.is_superuser:
        raise SudoRefused(message="403 Forbidden - Must be admin to use sudo")
    if not TABLE.by_kind[kind].sudo:
        raise SudoRefused(
            message="403 Forbidden - Must be authenticated using an OAuth or personal access token to use sudo"
        )
    if Scope.SUDO not in (principal.scopes or ()):
        raise SudoRefused(scope=Scope.SUDO)
    return user


def _find_user(name: str) -> User | None:
    """By id or username. No bot of an access token: it belongs to its own place."""
    people = User.objects.filter(is_bot=False)
    if is_number(name):
        return people.filter(pk=parse_number(name) or 0).first()
    return people.filter(username__iexact=name.replace("\0", "")[:MAX_NAME]).first()


def _record(administrator: User, user: User) -> None:
    """Once a day; what is changed is recorded each time, with the administrator's name (audit.services)."""
    known = AuditEvent.objects.filter(
        event="sudo_used",
        actor_id=administrator.pk,
        target_type="user",
        target_id=user.pk,
        at__date=timezone.now().date(),
    )
    if not known.exists():
        message = f"{administrator.username} acts as {user.username}"
        audit.record("sudo_used", message, by=administrator, on=user, path=user.username)
