"""What requests may set of limits, allowlists and the instance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.input.faults import WORDED, WORDS
from api.input.fields import Boolean, Choice, Integer, Moment, NumberChoice, Text, Words
from api.input.nested_form import Repeated
from api.input.parameters import OwnParameters, Parameters
from api.rest import ApiError
from api.secret_parameters import SECRET as CREDENTIALS
from tokenaccess.allowlist.impact.trial import DEFAULT_HORIZON, HORIZONS
from tokenaccess.allowlist.services.instance import MAX_ALLOWLIST_LIMIT, MAX_DAYS, MAX_GIT_PUSH_PIPELINE_LIMIT
from tokenaccess.policy.levels import INBOUND_MODE_NAMES
from tokenaccess.policy.needs import JOB_ACTIONS, NEEDS
from tokenaccess.policy.permissions import PERMISSION_NAMES

MAX_QUESTIONS = 100
OFF_IS_FOR_THE_INSTANCE = (
    "does not have a valid value: open, trial, enforced. Only an administrator can turn the limits of the whole "
    "instance off (PUT /token_access/mode); open admits jobs of all projects here"
)
MAX_PATH = 1024

SETTING_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
MAX_SETTING_BYTES = 65_536


class JobTokenScopeChanges(Parameters):
    enabled = Boolean(required=True)


class NewProjectEntry(Parameters):
    target_project_id = Integer(required=True)


class NewGroupEntry(Parameters):
    target_group_id = Integer(required=True)


class ApplicationSettingsChanges(Parameters):
    """Any other of GitLab's hundreds of settings is kept as it is given, and the answer says that it has no effect."""

    enforce_ci_inbound_job_token_scope_enabled = Boolean(source="enforce_inbound")
    ci_job_token_allowlist_limit = Integer(source="allowlist_limit", min_value=0, max_value=MAX_ALLOWLIST_LIMIT)
    ci_job_token_editor_needs_both = Boolean(source="editor_needs_both")
    ci_job_token_unused_entry_days = Integer(source="unused_entry_days", min_value=0, max_value=MAX_DAYS)
    ci_job_token_suspend_unused_entries = Boolean(source="suspend_unused_entries")
    ci_job_token_access_review_days = Integer(source="access_review_days", min_value=0, max_value=MAX_DAYS)
    keep_latest_artifact = Boolean()
    git_push_pipeline_limit = Integer(min_value=0, max_value=MAX_GIT_PUSH_PIPELINE_LIMIT)
    file_template_project_id = Integer(allow_null=True)
    ci_remote_include_hosts = Words()
    allow_runner_registration_token = Boolean()
    require_two_factor_authentication = Boolean(source="require_two_factor")
    allow_local_requests_from_web_hooks_and_services = Boolean()
    allow_local_requests_from_system_hooks = Boolean()

    at_least_one_of = (
        "enforce_ci_inbound_job_token_scope_enabled", "ci_job_token_allowlist_limit", "ci_job_token_editor_needs_both",
        "ci_job_token_unused_entry_days", "ci_job_token_suspend_unused_entries", "ci_job_token_access_review_days",
        "keep_latest_artifact", "git_push_pipeline_limit", "file_template_project_id", "ci_remote_include_hosts",
        "allow_runner_registration_token", "require_two_factor_authentication",
        "allow_local_requests_from_web_hooks_and_services", "allow_local_requests_from_system_hooks",
    )  # fmt: skip

    @classmethod
    def read_values(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        known = {name: value for name, value in given.items() if name in cls.reader().fields}
        others = {name: _plain(name, value) for name, value in given.items() if name not in {*known, *CREDENTIALS}}
        if not others:
            return super().read_values(known)
        return {**(super().read_values(known) if known else {}), "others": others}


def _plain(name: str, value: Any) -> Any:
    """The last of several values of a form."""
    value = value[-1] if isinstance(value, Repeated) else value
    if not SETTING_NAME.fullmatch(name) or len(orjson.dumps(value, default=str)) > MAX_SETTING_BYTES:
        raise ApiError(400, {"error": f"{name[:100]} is invalid"})
    return value


class InboundModeChoice(Choice):
    """Of a project or group. Off is for the instance alone, and who asks for it is told where."""

    def __init__(self, **options: Any) -> None:
        super().__init__(INBOUND_MODE_NAMES, **options)

    def to_internal_value(self, data: Any) -> Any:
        if data == "off":
            raise ValidationError([ErrorDetail(OFF_IS_FOR_THE_INSTANCE, WORDED)])
        return super().to_internal_value(data)


class InboundModeChange(OwnParameters):
    """What "Limit access to this project" does. Only the instance can be off."""

    mode = InboundModeChoice(required=True)


class AddressCheckChange(OwnParameters):
    """What is done about job tokens that are not used from where their jobs run."""

    mode = Choice(choices=["off", "trial", "refuse"], required=True)


class RunnerNetworksChange(OwnParameters):
    """Networks as `10.0.0.0/8` or `2001:db8::/32`, or single addresses."""

    networks = Words(required=True)


class TrialHorizon(OwnParameters):
    """How many days back."""

    days = NumberChoice(choices={days: days for days in HORIZONS}, default=DEFAULT_HORIZON)


class NewIgnoredSource(OwnParameters):
    source_project_id = Integer(required=True, min_value=1)


class InstanceModeChange(OwnParameters):
    mode = Choice(choices=["off", *INBOUND_MODE_NAMES], required=True)


class JobTokenOwner(OwnParameters):
    """Whose running jobs; `since` is a day ago unless it is given."""

    job_id = Integer(min_value=1)
    project_id = Integer(min_value=1)
    group_id = Integer(min_value=1)
    runner_id = Integer(min_value=1)
    user_id = Integer(min_value=1)
    since = Moment()
    exactly_one_of = ("job_id", "project_id", "group_id", "runner_id", "user_id")


JOB_ACTION_NAMES = sorted(action.name.lower() for action in JOB_ACTIONS)


class JobAction(Choice):
    """What a job may ask for. Whoever names a permission is told which actions it is for."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=JOB_ACTION_NAMES, **options)

    def to_internal_value(self, data: Any) -> Any:
        if data in PERMISSION_NAMES and data not in self.choices:
            words = f"{WORDS['invalid_choice']}: {data!r} is a permission, not an action; {_actions_of(data)}"
            raise ValidationError([ErrorDetail(words, WORDED)])
        return super().to_internal_value(data)


def _actions_of(permission: str) -> str:
    names = sorted(action.name.lower() for action in JOB_ACTIONS if permission in NEEDS[action].permissions)
    return f"it is for {', '.join(names)}" if names else "no action needs it"


class PreflightQuestion(OwnParameters):
    """`project`: its id or full path."""

    project = Text(required=True, max_length=MAX_PATH)
    action = JobAction(required=True)


class Preflight(OwnParameters):
    """What the job means to ask for."""

    requests: Any = serializers.ListSerializer(child=PreflightQuestion(), allow_empty=False, max_length=MAX_QUESTIONS)


class Explain(OwnParameters):
    """May a job of `source`, started by `username` (else by the caller), do `action` in `target`? Projects by id or
    full path."""

    source: Any = Text(required=True, max_length=MAX_PATH)
    target = Text(required=True, max_length=MAX_PATH)
    action = JobAction(required=True)
    username = Text(max_length=255)


class TokenNarrowing(OwnParameters):
    """What is to be left of the job's token, in the words of TOKEN_ACCESS."""

    token_access = Text(required=True, allow_blank=True)


_ACTORS = ("key", "feature_group", "user", "group", "namespace", "project", "repository")


class FeatureSwitchValue(Parameters):
    """A switch is for the whole instance. To leave the narrower ones of GitLab unread would turn it for everybody."""

    value = Boolean(required=True)

    unsupported = dict.fromkeys(_ACTORS)
    unsupported_words = dict.fromkeys(_ACTORS, "is invalid: the switch is for the whole instance")
