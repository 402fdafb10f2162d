"""A JSON Schema, for the API's description: those of its keywords that tokenaccess.rules_file.schema uses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import with_fields

_SAME = {"$ref": "#/components/schemas/JsonSchema"}
_LENGTHS = ("minLength", "maxLength", "maxItems")


@extend_schema_field(_SAME)
class _SubschemaField(serializers.Field[Any, Any, Any, Any]):
    """A schema in a schema."""


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "integer"}]})
class _ConstField(serializers.Field[Any, Any, Any, Any]):
    """The only value there is."""


@with_fields(
    {
        "$schema": serializers.CharField(required=False, help_text="The version of JSON Schema; of the outermost."),
        "title": serializers.CharField(required=False),
        "type": serializers.CharField(required=False),
        "format": serializers.CharField(required=False),
        "description": serializers.CharField(required=False),
        "const": _ConstField(required=False),
        "enum": serializers.ListField(child=serializers.CharField(), required=False),
        "items": _SubschemaField(required=False),
        "oneOf": serializers.ListField(child=_SubschemaField(), required=False),
        "required": serializers.ListField(child=serializers.CharField(), required=False),
        "properties": serializers.DictField(child=_SubschemaField(), required=False),
        "additionalProperties": serializers.BooleanField(required=False),
        **{name: serializers.IntegerField(required=False) for name in _LENGTHS},
    }
)
class JsonSchemaSerializer(serializers.Serializer[Any]):
    """What a value must be."""
