"""Webhooks and their events as JSON. Secrets are given and never shown: of headers and variables the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer, with_fields
from hooks.api.params import ABSENT_EVENTS
from hooks.events import EVENTS, EVENTS_OF, Event
from hooks.models import Delivery, FilterStrategy, Hook
from hooks.payloads.token_access import payloads_for


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField()


class HookSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    url = serializers.CharField(source="shown_url")
    name = serializers.CharField()
    description = serializers.CharField()
    created_at = Moment()
    push_events_branch_filter = serializers.CharField(source="branch_filter")
    branch_filter_strategy = serializers.ChoiceField(FilterStrategy.values, source="filter_strategy")
    enable_ssl_verification = serializers.BooleanField(source="verifies_tls")
    alert_status = serializers.ChoiceField(["executable", "temporarily_disabled", "disabled"])
    disabled_until = Moment(allow_null=True)
    dropped_events = serializers.IntegerField(source="dropped")
    last_dropped_at = Moment(source="dropped_at", allow_null=True)
    url_variables = serializers.SerializerMethodField()
    custom_headers = serializers.SerializerMethodField()
    custom_webhook_template = Constant(None)
    token_present = serializers.SerializerMethodField()
    signing_token_present = serializers.SerializerMethodField()

    @extend_schema_field(KeySerializer(many=True))
    def get_url_variables(self, hook: Hook) -> list[dict[str, str]]:
        return _keys(hook, "variables")

    @extend_schema_field(KeySerializer(many=True))
    def get_custom_headers(self, hook: Hook) -> list[dict[str, str]]:
        return _keys(hook, "headers")

    def get_token_present(self, hook: Hook) -> bool:
        return bool(hook.shown_secrets.get("token"))

    def get_signing_token_present(self, hook: Hook) -> bool:
        return bool(hook.shown_secrets.get("signing_token"))


def _keys(hook: Hook, kind: str) -> list[dict[str, str]]:
    return [{"key": key} for key in hook.shown_secrets.get(kind, {})]


class IsWanted(serializers.BooleanField):
    """Whether the webhook is told of `event`."""

    def __init__(self, event: Event) -> None:
        self.convert = lambda events: event in events
        super().__init__(source="events")


def event_fields(kind: str) -> dict[str, Any]:
    absent = {} if kind == "instance" else {name: Constant(False) for name in ABSENT_EVENTS}
    return {**{str(event): IsWanted(event) for event in EVENTS_OF[kind]}, **absent}


@with_fields(event_fields("project"))
class ProjectHookSerializer(HookSerializer):
    project_id = serializers.IntegerField()


@with_fields(event_fields("group"))
class GroupHookSerializer(HookSerializer):
    group_id = serializers.IntegerField()


@with_fields(event_fields("instance"))
class SystemHookSerializer(HookSerializer):
    pass


@extend_schema_field({"type": "object", "additionalProperties": {"x-free-form": "as the event has it"}})
class Payload(serializers.JSONField):
    """The body that was sent."""


class DeliverySerializer(ResponseSerializer):
    id = serializers.IntegerField()
    url = serializers.CharField(source="shown_url")
    trigger = serializers.SerializerMethodField()
    request_headers = serializers.DictField(child=serializers.CharField())
    request_data = Payload(source="payload")
    response_headers = serializers.DictField(child=serializers.CharField())
    response_body = serializers.CharField()
    execution_duration = serializers.FloatField(source="duration", allow_null=True)
    response_status = serializers.SerializerMethodField()
    created_at = Moment()
    attempts = serializers.IntegerField()
    next_attempt_at = Moment(allow_null=True)
    error = serializers.CharField(help_text="Why there was no answer; empty if there was one.")

    def prepare(self, rows: Sequence[Delivery]) -> None:
        """Sources that the reader may not see are none to them, whatever whoever made the webhook sees."""
        payloads = payloads_for([one.payload for one in rows], self.context["view"].current_user)
        for delivery, payload in zip(rows, payloads, strict=True):
            delivery.payload = payload

    def get_trigger(self, delivery: Delivery) -> str:
        return EVENTS[Event(delivery.event)].trigger

    def get_response_status(self, delivery: Delivery) -> str:
        """`internal error` where there was no answer, as GitLab has it."""
        if delivery.response_status is not None:
            return str(delivery.response_status)
        return "internal error" if delivery.attempts else "pending"


class TestedSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class ResentSerializer(serializers.Serializer[Any]):
    response_status = serializers.IntegerField(allow_null=True)
