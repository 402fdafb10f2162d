"""What requests about SSH keys may say."""

from __future__ import annotations

from api.input.fields import Boolean, Choice, Moment, Text
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from ssh_keys.models import UsageType

MAX_TITLE = 255


class NewKey(Parameters):
    title = Text(required=True, max_length=MAX_TITLE)
    key = Text(required=True)
    expires_at = Moment()
    usage_type = Choice(UsageType.values, default=UsageType.AUTH_AND_SIGNING.value)


class NewDeployKey(Parameters):
    title = Text(required=True, max_length=MAX_TITLE)
    key = Text(required=True)
    expires_at = Moment()
    can_push = Boolean(default=False)


class NewPublicDeployKey(Parameters):
    title = Text(required=True, max_length=MAX_TITLE)
    key = Text(required=True)
    expires_at = Moment()


class DeployKeyChanges(Parameters):
    title = Text(max_length=MAX_TITLE)
    can_push = Boolean()
    expires_at = Moment()
    at_least_one_of = ("title", "can_push", "expires_at")


class KeySearch(Parameters):
    fingerprint = Text(required=True)


class DeployKeyFilters(ListFilters):
    public = Boolean(source="is_public")
