"""Rules files, their plans and their drift as JSON."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer
from tokenaccess.rules_file.document import LISTS
from tokenaccess.rules_file.plan import Plan
from tokenaccess.rules_file.rule_set import SETTINGS, Change
from tokenaccess.rules_file.schema import json_schema

_DOCUMENT = {key: value for key, value in json_schema().items() if key not in {"$schema", "title", "oneOf"}}
for _name in LISTS:
    del _DOCUMENT["properties"][_name]["items"]["oneOf"]  # what is required of it is no type
_ENTRY = _DOCUMENT["properties"]["inbound"]["items"]


@extend_schema_field(_DOCUMENT)
class DocumentField(serializers.Field[Any, Any, Any, Any]):
    """What a rules file says, as JSON."""


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "boolean"}, {"type": "null"}, _ENTRY]})
class ValueField(serializers.Field[Any, Any, Any, Any]):
    """The value of a setting or an entry; of a hidden one its terms; null for none."""


class ChangeSerializer(ResponseSerializer):
    what = serializers.CharField(help_text=f"inbound, outbound, {', '.join(SETTINGS)}.")
    verb = serializers.ChoiceField(["add", "change", "remove"])
    kind = serializers.ChoiceField(["project", "group"], allow_null=True, help_text="Of an entry.")
    path = serializers.CharField(allow_null=True, help_text="Of an entry; null where you may not see what it names.")
    before = ValueField()
    after = ValueField()
    words = serializers.CharField()

    def to_representation(self, instance: Change) -> dict[str, Any]:
        return instance.to_data()


class RefusalSerializer(ResponseSerializer):
    name = serializers.CharField(source="change.name", help_text="A setting, or the path that an entry names.")
    reason = serializers.CharField(source="error.message")


class RulesPlanSerializer(ResponseSerializer):
    hash = serializers.CharField(help_text="What applying exactly this takes.")
    changes = ChangeSerializer(many=True)
    added = serializers.SerializerMethodField()
    changed = serializers.SerializerMethodField()
    removed = serializers.SerializerMethodField()
    hidden = serializers.IntegerField(help_text="Entries that you may not see. They stay.")
    refused = serializers.ListField(
        source="refusal_names", child=serializers.CharField(), help_text="What `refusals` are about."
    )
    refusals = RefusalSerializer(many=True, help_text="Why applying the plan is refused; none: it is not.")

    def get_added(self, plan: Plan) -> int:
        return plan.count("add")

    def get_changed(self, plan: Plan) -> int:
        return plan.count("change")

    def get_removed(self, plan: Plan) -> int:
        return plan.count("remove")


class ManagedSerializer(ResponseSerializer):
    applied_at = Moment()
    applied_by = serializers.CharField(help_text="Empty: the system.")
    drift = ChangeSerializer(many=True, help_text="What is different from what the file made of it.")
    since = Moment(allow_null=True, help_text="When the first of it was changed.")


class RulesSerializer(ResponseSerializer):
    content = serializers.CharField(help_text="YAML.")
    rules = DocumentField(help_text="The same as JSON.")
    hidden = serializers.IntegerField(help_text="Entries that you may not see, and that the file leaves out.")
    managed = ManagedSerializer(allow_null=True, help_text="Null: no file manages it.")


class RulesExportSerializer(serializers.Serializer[Any]):
    content = serializers.CharField(help_text="YAML.")


class RulesErrorSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()
    line = serializers.IntegerField(allow_null=True, help_text="Of the file; null where the error is in no line.")
