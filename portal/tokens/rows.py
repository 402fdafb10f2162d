"""Tokens of every kind as rows of one table, and how one of any kind is ended. The kinds are those of the table of
credentials (identity.credentials.table)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.apps import apps
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from identity import services as identity
from identity.credentials.table import TABLE, CredentialKind
from identity.models import PersonalToken, User
from identity.secrets import digests
from jobs.models import JobToken, RegistrationToken, Runner, RunnerManager, TriggerToken
from jobs.runners.registration import revoke_registration_token
from jobs.runners.services import answers_for, reset_token
from jobs.states import EXECUTING
from jobs.triggers.trigger_tokens import delete_trigger
from oauth.models import AccessToken
from oauth.services.tokens import revoke_token
from projects.models import Group, Project
from ssh_keys.models import SshKey
from ssh_keys.querysets import SshKeyQuerySet
from ssh_keys.services import delete_any_key
from tokenaccess.job_token_stop import stop_job_tokens
from tokens import services
from tokens.models import DeployToken

SOON = timedelta(days=7)
MAX_FOUND = 100
_MAX_ADDRESSES = 5  # of a runner
_DIGEST_LENGTH = 64
_FINGERPRINTS = ("SHA256:", "MD5:")  # as ssh-keygen shows them


@dataclass(frozen=True)
class TokenRow:
    """`credential` is its kind in the table, which with `id` names it. `place`: whose it is. `ends_at`: when it stops
    working by itself. `active`: it works now."""

    credential: str
    id: int
    kind: str | Promise
    name: str
    place: str
    place_url: str
    scopes: list[str]
    created_at: datetime | None
    last_used_at: datetime | None
    addresses: list[str]
    ends_at: datetime | None
    active: bool

    @property
    def credential_slug(self) -> str:
        """As it stands in addresses."""
        return self.credential.replace(" ", "-")

    @property
    def ends_soon(self) -> bool:
        return self.active and self.ends_at is not None and self.ends_at < timezone.now() + SOON


def rows_of_place(place: Project | Group) -> list[TokenRow]:
    """Every token that belongs to the project or group, what works first, then by age. Of runners without addresses:
    `with_addresses` adds them."""
    return in_order(_row_at(place, token) for tokens in _tokens_of(place).values() for token in tokens)


def find_row(place: Project | Group, credential: str, pk: int) -> TokenRow | None:
    """One of `rows_of_place`; `credential`: as `TokenRow.credential_slug`."""
    tokens = _tokens_of(place).get(credential.replace("-", " "))
    token = None if tokens is None else tokens.filter(pk=pk).first()
    return None if token is None else _row_at(place, token)


def with_addresses(rows: Iterable[TokenRow]) -> list[TokenRow]:
    """The rows, those of runners with the latest addresses of their machines. One statement."""
    found = list(rows)
    runners = [row.id for row in found if row.credential == CredentialKind.RUNNER]
    machines: defaultdict[int, list[RunnerManager]] = defaultdict(list)
    for machine in RunnerManager.objects.filter(runner__in=runners) if runners else ():
        machines[machine.runner_id].append(machine)
    return [
        replace(row, addresses=_latest_addresses(machines[row.id], row.created_at)) if row.id in machines else row
        for row in found
    ]


def _tokens_of(place: Project | Group) -> dict[str, QuerySet[Any]]:
    """By the kind of credential. To read with each whose it is took longer than the rest of the page."""
    access = services.access_tokens(place).select_related(None).annotate(of_active_user=F("user__is_active"))
    found: dict[str, QuerySet[Any]] = {
        CredentialKind.PERSONAL: access,
        CredentialKind.DEPLOY: DeployToken.objects.of_place(place),
        CredentialKind.RUNNER_REGISTRATION: RegistrationToken.objects.filter(**{str(place.kind): place}),
    }
    if isinstance(place, Project):
        found[CredentialKind.TRIGGER] = place.trigger_tokens.all()
        found[CredentialKind.RUNNER] = place.runners.filter(runner_type="project_type")
    else:
        found[CredentialKind.RUNNER] = place.runners.all()
    return found


def _row_at(place: Project | Group, token: Any) -> TokenRow:
    if isinstance(token, PersonalToken):
        return _access_token_row(token, place, is_active=token.of_active_user)  # type: ignore[attr-defined]
    if isinstance(token, Runner):
        return _runner_row(token, place, [])
    setattr(token, str(place.kind), place)
    return row_of(token)


def in_order(rows: Iterable[TokenRow]) -> list[TokenRow]:
    youngest = datetime.max.replace(tzinfo=UTC)
    return sorted(rows, key=lambda row: (not row.active, -(row.created_at or youngest).timestamp()))


def row_of(token: Any) -> TokenRow:
    """Of any kind that has a model in the table."""
    match token:
        case PersonalToken():
            return _personal_row(token)
        case DeployToken():
            return _row(
                CredentialKind.DEPLOY, token, _("Deploy token"), token.name, token.place, token.scopes,
                used=token.last_used_at, addresses=token.last_used_ips, ends=token.expires_at, active=token.active,
            )  # fmt: skip
        case TriggerToken():
            return _row(
                CredentialKind.TRIGGER, token, _("Trigger token"), token.description, token.project, ["trigger"],
                used=token.last_used_at, addresses=token.last_used_ips, ends=token.expires_at, active=not token.expired,
            )  # fmt: skip
        case RegistrationToken():
            place = token.project or token.group
            return _row(CredentialKind.RUNNER_REGISTRATION, token, _("Registration token"), "—", place, ["runners"])
        case Runner():
            machines = list(token.managers.all())
            addresses = _latest_addresses(machines, token.created_at)
            return _runner_row(token, token.group or token.projects.first(), addresses)
        case SshKey():
            return _key_row(token)
        case AccessToken():
            return _row(
                CredentialKind.OAUTH, token, _("OAuth token"), token.application.name, token.user, token.scopes,
                created=token.created, used=token.last_used_at, addresses=token.last_used_ips, ends=token.expires,
                active=token.active,
            )  # fmt: skip
    job = token.job
    return _row(
        CredentialKind.JOB, token, _("Job token"), f"{job.name} #{job.pk}", job.project, [],
        created=job.started_at, active=token.stopped_at is None and job.status in EXECUTING,
    )  # fmt: skip


def _personal_row(token: PersonalToken) -> TokenRow:
    bot = getattr(token.user, "access_token_bot", None)
    return _access_token_row(token, token.user if bot is None else bot.place, is_active=token.user.is_active)


def _access_token_row(token: PersonalToken, place: Project | Group | User, *, is_active: bool) -> TokenRow:
    """`is_active`: its user is not blocked."""
    if isinstance(place, User):
        kind = _("Impersonation token") if token.impersonation else _("Personal access token")
    else:
        kind = _("Project access token") if isinstance(place, Project) else _("Group access token")
    return _row(
        CredentialKind.PERSONAL, token, kind, token.name, place, token.scopes, used=token.last_used_at,
        addresses=token.last_used_ips, ends=_end_of(token.expires_at), active=token.active and is_active,
    )  # fmt: skip


def _key_row(key: SshKey) -> TokenRow:
    kind = _("Deploy key") if key.is_deploy_key else _("SSH key")
    credential = CredentialKind.DEPLOY_KEY if key.is_deploy_key else CredentialKind.SSH_KEY
    return _row(
        credential, key, kind, key.title, key.user or key.creator, [key.usage_type], used=key.last_used_at,
        addresses=key.last_used_ips, ends=key.expires_at, active=not key.expired,
    )  # fmt: skip


def _latest_addresses(machines: Iterable[RunnerManager], made_at: datetime | None) -> list[str]:
    """`made_at`: when their runner was, for those that never came."""
    latest: Any = sorted(machines, key=lambda one: one.contacted_at or made_at or one.created_at, reverse=True)
    return list(dict.fromkeys(one.address for one in latest if one.address))[:_MAX_ADDRESSES]


def _runner_row(runner: Runner, place: Project | Group | None, addresses: list[str]) -> TokenRow:
    description = runner.description or _("Runner")
    name = f"{description} #{runner.pk}"
    return _row(
        CredentialKind.RUNNER, runner, _("Runner token"), name, place, ["jobs"], used=runner.contacted_at,
        addresses=addresses, ends=runner.token_expires_at,
    )  # fmt: skip


def _row(
    credential: str,
    token: Any,
    kind: str | Promise,
    name: str,
    place: Project | Group | User | None,
    scopes: list[str],
    *,
    created: datetime | None = None,
    used: datetime | None = None,
    addresses: Iterable[str] = (),
    ends: datetime | None = None,
    active: bool = True,
) -> TokenRow:
    path = "" if place is None else place.username if isinstance(place, User) else place.full_path
    url = f"/{path}" if isinstance(place, Project | Group) else ""
    made = created or getattr(token, "created_at", None)
    return TokenRow(credential, token.pk, kind, name, path, url, scopes, made, used, list(addresses), ends, active)


def _end_of(day: date | None) -> datetime | None:
    """A personal token works until its day is over."""
    return None if day is None else datetime.combine(day + timedelta(days=1), time(), UTC)


# --- Whose is this? ---------------------------------------------------------------------------------------------------


def find_tokens(text: str) -> list[Any]:
    """By a prefix: those of its kinds, the newest; by a whole token, by the digest that is kept of it, or by the
    fingerprint of an SSH key: that one."""
    if text.startswith(_FINGERPRINTS):
        return list(_keys().with_fingerprint(text))
    models = {row.kind: row for row in TABLE.types if row.model}
    if len(text) == _DIGEST_LENGTH and set(text.lower()) <= set("0123456789abcdef"):
        return [token for row in models.values() for token in _tokens(row.model).filter(digest=text.lower())]
    if not text:
        return []
    found: list[Any] = []
    for row in models.values():
        if any(prefix.startswith(text) for prefix in row.prefixes):
            found += _tokens(row.model).order_by("-pk")[:MAX_FOUND]
        elif row.could_be(text):
            found += _tokens(row.model).filter(digest__in=digests(text))
    return found


def find_token(credential: str, pk: int) -> Any:
    """`credential`: as `TokenRow.credential_slug`. None for an unknown kind too."""
    kind = credential.replace("-", " ")
    if kind in {CredentialKind.SSH_KEY, CredentialKind.DEPLOY_KEY}:
        return _keys().filter(pk=pk, user__isnull=kind == CredentialKind.DEPLOY_KEY).first()
    row = TABLE.by_kind.get(kind)
    return None if row is None or not row.model else _tokens(row.model).filter(pk=pk).first()


def _keys() -> SshKeyQuerySet:
    return SshKey.objects.select_related("user", "creator")


def _tokens(model: str) -> QuerySet[Any]:
    related = {
        "identity.PersonalToken": ("user__access_token_bot__project", "user__access_token_bot__group"),
        "tokens.DeployToken": ("project", "group"),
        "oauth.AccessToken": ("user", "application"),
        "jobs.JobToken": ("job__project", "job__user"),
        "jobs.TriggerToken": ("owner", "project"),
        "jobs.RegistrationToken": ("project", "group"),
        "jobs.Runner": ("group",),
    }
    return apps.get_model(model)._default_manager.select_related(*related.get(model, ()))


def may_end(token: Any, by: User) -> bool:
    """A runner may serve other projects too: who ends its token must maintain every one, as where it is reset by REST.
    Of the rest whoever sees the row may."""
    return not isinstance(token, Runner) or answers_for(token, by)


def end_token(token: Any, *, by: User) -> None:
    """Whatever it is, it opens nothing from this moment."""
    match token:
        case PersonalToken() if hasattr(token.user, "access_token_bot"):
            services.revoke_access_token(token, by=by)
        case PersonalToken():
            identity.revoke_token(token, by=by)
        case DeployToken():
            services.revoke_deploy_token(token, by=by)
        case TriggerToken():
            delete_trigger(token, by=by)
        case AccessToken():
            revoke_token(token, by=by)
        case Runner():
            reset_token(token, by=by)  # the new one is shown to nobody: whoever needs it resets it again
        case RegistrationToken():
            revoke_registration_token(token, by=by)
        case SshKey():
            delete_any_key(token, by=by)
        case JobToken():
            stop_job_tokens(token.job, by=by, since=timezone.now())
