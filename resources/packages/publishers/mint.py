"""An upload token for an ID token: what `/_/oidc/mint-token` does. The words of refusals are PyPI's, as its clients
print them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from identity.credentials.table import Prefix
from identity.secrets import digest, mint
from jobs.id_tokens.verify import InvalidIdToken, verify_id_token
from jobs.models import JobToken
from resources.packages.publishers.models import KIND, TrustedPublisher, UploadToken
from text.numbers import parse_number
from tokenaccess.access.gate import check_own_job, check_upload
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.policy import Action
from tokenaccess.policy.callers import Upload
from tokenaccess.policy.protected_refs import matches

AUDIENCE = "token-access"
LIFETIME = timedelta(minutes=15)
_CLOCK_SKEW = timedelta(minutes=1)
# Of these the rules speak; a refusal repeats them, as they come from the caller's own token.
_CLAIMS_OF_RULES = ("project_id", "environment", "ref_path", "ci_config_ref_uri")


class MintError(Exception):
    """`code` and `description` as PyPI has them."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code, self.description = code, description


@dataclass(frozen=True, slots=True)
class MintedToken:
    """`secret`: the only copy."""

    secret: str
    expires_at: datetime


def mint_upload_token(id_token: str) -> MintedToken:
    """Raises MintError."""
    try:
        claims = verify_id_token(id_token, AUDIENCE)
    except InvalidIdToken as error:
        raise MintError("invalid-token", str(error)) from None
    token = _token_of_running_job(claims)
    publishers = [one for one in _candidates(claims) if fits(one, claims) and _may_upload(token, one)]
    if not publishers:
        shown = ", ".join(f"{name}: {claims[name]}" for name in _CLAIMS_OF_RULES if claims.get(name))
        raise MintError("invalid-publisher", f"valid token, but no corresponding publisher ({shown})")
    return _store(token, claims, publishers)


def fits(publisher: TrustedPublisher, claims: Mapping[str, Any]) -> bool:
    """Whether a job with these verified claims is one that the publisher trusts."""
    return (
        claims["project_id"] == str(publisher.source_id)
        and publisher.environment in {"", claims.get("environment")}
        and (not publisher.ref_path or matches(publisher.ref_path, claims["ref_path"]))
        and (not publisher.config_path or claims.get("ci_config_ref_uri") == _config_uri(publisher, claims))
    )


def _config_uri(publisher: TrustedPublisher, claims: Mapping[str, Any]) -> str:
    host = urlsplit(settings.EXTERNAL_URL).netloc
    return f"{host}/{claims['project_path']}//{publisher.config_path}@{claims['ref_path']}"


def _candidates(claims: Mapping[str, Any]) -> list[TrustedPublisher]:
    return list(TrustedPublisher.objects.filter(source=parse_number(claims["project_id"]) or 0))


def _token_of_running_job(claims: Mapping[str, Any]) -> JobToken:
    """An ID token outlives its job; what it opens here does not."""
    token = JobToken.objects.select_related("job").filter(job=parse_number(claims["job_id"]) or 0).first()
    if token is None or str(token.job.project_id) != claims["project_id"]:
        raise MintError("invalid-token", "the job does not exist any more")
    reason = check_own_job(token.digest, Action.READ_OWN_JOB).decision.reason
    if reason is not None:
        raise MintError("invalid-token", reason.sentence)
    return token


def _may_upload(token: JobToken, publisher: TrustedPublisher) -> bool:
    upload = Upload(frozenset({(publisher.project_id, KIND, publisher.package_name)}))
    place = IdOrPath("id", publisher.project_id)
    return check_upload(token.digest, upload, Action.UPLOAD_PACKAGE, place).decision.allowed


def _store(token: JobToken, claims: Mapping[str, Any], publishers: list[TrustedPublisher]) -> MintedToken:
    secret, now = mint(Prefix.UPLOAD), timezone.now()
    row = UploadToken(
        job=token.job,
        digest=digest(secret),
        jti=claims["jti"],
        expires_at=now + LIFETIME,
        id_token_expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC) + _CLOCK_SKEW,
    )
    try:
        with transaction.atomic():
            row.save()
            row.publishers.set(publishers)
            TrustedPublisher.objects.filter(pk__in=[one.pk for one in publishers]).update(last_used_at=now)
    except IntegrityError:
        raise MintError("invalid-reuse-token", "invalid token: already used") from None
    return MintedToken(secret, row.expires_at)


def delete_expired(now: datetime) -> int:
    """Tokens that have expired, once their ID token has too."""
    deleted, _ = UploadToken.objects.filter(expires_at__lt=now, id_token_expires_at__lt=now).delete()
    return deleted
