"""What rows are called in the administration whose models have no words for it but English ones or those of the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext

from config.administration.codes import code_words
from tokenaccess.explanation.history_wording import history_words
from tokenaccess.explanation.wording import reason_words
from tokenaccess.posture.checks import BY_NAME


def _moment(at: Any) -> str:
    return str(localize(timezone.localtime(at)))


def _word_of(row: Any, name: str) -> str:
    return code_words(row._meta.get_field(name), getattr(row, name))


def _sign_in(row: Any) -> str:
    return f"{row.username}, {_moment(row.attempt_time)}"


def _event(row: Any) -> str:
    return f"{_moment(row.at)} {row.actor_name}: {history_words(row.message)}"


def _refusal(row: Any) -> str:
    return gettext("job #%(job)s: %(reason)s") % {"job": row.job_id, "reason": reason_words(row.sentence)}


def _finding(row: Any) -> str:
    check = BY_NAME.get(row.check_name)
    finding = row.check_name if check is None else check.title
    return gettext("%(finding)s #%(number)s until %(day)s") % {
        "finding": finding, "number": row.subject_id, "day": localize(row.until)
    }  # fmt: skip


def _delivery(row: Any) -> str:
    return gettext("%(event)s for webhook #%(hook)s") % {"event": _word_of(row, "event"), "hook": row.hook_id}


def _second_factor(row: Any) -> str:
    return gettext("%(factor)s of %(person)s") % {"factor": _word_of(row, "type"), "person": row.user}


def _publisher(row: Any) -> str:
    return gettext("%(package)s from %(project)s") % {"package": row.package_name, "project": row.source}


# Model → what a row is called.
TITLES: dict[str, Callable[[Any], str]] = {
    "audit.AuditEvent": _event,
    "axes.AccessAttempt": _sign_in,
    "axes.AccessFailureLog": _sign_in,
    "axes.AccessLog": _sign_in,
    "hooks.Delivery": _delivery,
    "mfa.Authenticator": _second_factor,
    "packages.PackageProtectionRule": lambda row: f"{_word_of(row, 'kind')} {row.name_pattern}",
    "packages.TrustedPublisher": _publisher,
    "signing.SigningKey": lambda row: f"{_word_of(row, 'purpose')}: {row.kid}",
    "tokenaccess.AcceptedFinding": _finding,
    "tokenaccess.RefusalRecord": _refusal,
    "tokenaccess.ReviewedEntry": lambda row: f"{row.target_path}: {_word_of(row, 'decision')}",
}
