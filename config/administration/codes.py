"""What values are called in the administration that models keep as the API names them.

The models do not say it themselves: each such word would be a migration, and some of them are words of the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Field
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from hooks.events import EVENTS
from pages.badges import CI, SOURCES
from projects.forms.protected_refs import LEVEL_LABELS
from resources.containers.forms import DELETE_LEVELS, PUSH_LEVELS
from resources.packages.formats.table import FORMATS
from resources.packages.protection.forms import DELETE_LABELS, PUSH_LABELS
from tokenaccess.explanation.event_names import event_words
from tokenaccess.explanation.history_names import DECISIONS
from tokenaccess.explanation.wording import action_words
from tokenaccess.policy.levels import FeatureLevel

Words = str | Promise

FAILURES: dict[str, Words] = {
    "script_failure": _("the script failed"),
    "runner_system_failure": _("error of the runner"),
    "job_execution_timeout": _("timeout"),
    "image_pull_failure": _("image could not be pulled"),
    "unknown_failure": _("unknown"),
    "runner_configuration_error": _("runner not configured for the job"),
    "runner_external_dependency_failure": _("service behind the runner did not respond"),
    "runner_interrupted": _("runner was stopped"),
    "job_canceled": _("job was canceled"),
    "trace_size_exceeded": _("log too long"),
    "stuck_or_timeout_failure": _("no runner in time"),
    "user_blocked": _("person is blocked"),
    "data_integrity_failure": _("data of the job cannot be read"),
    "missing_dependency_failure": _("artifacts are missing"),
    "runner_unsupported": _("runner too old"),
    "downstream_pipeline_creation_failed": _("no downstream pipeline created"),
    "no_updates_running": _("runner stopped responding"),
    "environment_creation_failure": _("environment could not be created"),
    "id_token_burned_project_path": _("ID tokens could pass for those of another project"),
}
CONDITIONS: dict[str, Words] = {
    "on_success": _("after all before it passed"),
    "on_failure": _("after one before it failed"),
    "always": _("always"),
    "manual": _("by hand"),
    "delayed": _("after a delay"),
    "never": _("never"),
}
_STATUSES = {name: badge.word for name, badge in CI.items()}
_EVENTS = {str(event): row.label for event, row in EVENTS.items()}
_FORMATS = {kind: _(row.label) for kind, row in FORMATS.items()}
_FEATURE: dict[int, Words] = {
    FeatureLevel.DISABLED: _("Disabled"),
    FeatureLevel.PRIVATE: _("Members only"),
    FeatureLevel.ENABLED: _("Everyone who can see the project"),
}
_KINDS: dict[str, Words] = {"project": _("project"), "group": _("group")}
# Model and field → word of each value.
CODES: dict[str, Mapping[Any, Words] | Callable[[str], str]] = {
    "Authenticator.type": {
        "recovery_codes": _("recovery codes"),
        "totp": _("authenticator app"),
        "webauthn": _("passkey or security key"),
    },
    "CommitStatus.status": _STATUSES,
    "ContainerRepository.status": {
        "": _("Available"),
        "delete_scheduled": _("To be deleted"),
        "delete_failed": _("Deleting failed, will be tried again"),
    },
    "Delivery.event": _EVENTS,
    "Environment.state": {
        "available": _("Available"),
        "stopping": _("Stopping"),
        "stopped": _("Stopped"),
    },
    "Hook.events": _EVENTS,
    "Hook.filter_strategy": {
        "wildcard": _("branches by pattern"),
        "regex": _("branches by regular expression"),
        "all_branches": _("all branches"),
    },
    "ImageProtection.delete_level": dict(DELETE_LEVELS),
    "ImageProtection.push_level": dict(PUSH_LEVELS),
    "Job.failure_reason": FAILURES,
    "Job.status": _STATUSES,
    "Job.when": CONDITIONS,
    "Package.kind": _FORMATS,
    "Package.status": {"default": pgettext_lazy("package", "Shown"), "hidden": pgettext_lazy("package", "Hidden")},
    "PackageProtectionRule.kind": _FORMATS,
    "PackageProtectionRule.min_delete_role": DELETE_LABELS,
    "PackageProtectionRule.min_push_role": PUSH_LABELS,
    "Pipeline.source": SOURCES,
    "Pipeline.status": _STATUSES,
    "Project.builds_access_level": _FEATURE,
    "Project.container_registry_access_level": _FEATURE,
    "Project.package_registry_access_level": _FEATURE,
    "Project.repository_access_level": _FEATURE,
    "ProtectedRef.kind": {"branch": _("Branch"), "tag": _("Tag")},
    "ProtectedRef.merge_level": LEVEL_LABELS,
    "ProtectedRef.push_level": LEVEL_LABELS,
    "RefusalRecord.action": action_words,
    "ReviewedEntry.decision": DECISIONS,
    "ReviewedEntry.target_kind": _KINDS,
    "SigningKey.purpose": {"id_tokens": _("ID tokens"), "registry": _("container registry")},
}


def _model_words(name: str) -> str:
    """Of what the history is about; a name that no model has any more stays as it is."""
    found = [model for model in apps.get_models() if model._meta.model_name == name]
    return str(capfirst(found[0]._meta.verbose_name)) if found else name


def _receiver_words(error: str) -> str:
    """The services say it in English, as the API answers it."""
    return gettext(error) if error else ""


def _known(text: str) -> str:
    """What a sign-in that came with no request has instead."""
    return "" if text == "<unknown>" else text


for _model in ("AccessAttempt", "AccessFailureLog", "AccessLog"):
    CODES[f"{_model}.path_info"] = CODES[f"{_model}.user_agent"] = _known
CODES["AuditEvent.event"] = event_words
CODES["AuditEvent.target_type"] = _model_words
CODES["Delivery.error"] = _receiver_words


def has_words(field: Field) -> bool:
    return _key(field) in CODES


def code_words(field: Field, code: Any) -> str:
    """The word for a value of the field; one that is not in its table stays as it is."""
    words = CODES[_key(field)]
    if code is None:
        return ""
    return words(code) if callable(words) else str(words.get(code, code))


def _key(field: Field) -> str:
    return f"{field.model._meta.object_name}.{field.name}"
