"""What npm sends and reads, for the API's description (resources.md §2.3). The views read and write these documents
themselves: they are large, and what packages say of themselves is stored as it came."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.operations import Operation
from api.serializers import with_fields
from resources.packages.formats.npm.documents import COMMON_KEYS

_TEXT = {"type": "string"}
_OF_PACKAGE_JSON = {"x-free-form": "What the package says of itself in its package.json."}
Map = serializers.DictField


@extend_schema_field({"x-free-form": "As in the package.json of the latest version."})
class PackageJsonField(serializers.Field[Any, Any, Any, Any]):
    """Whatever its author wrote."""


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            **dict.fromkeys(("_id", "name", "version"), _TEXT),
            "dist": {
                "type": "object",
                "properties": dict.fromkeys(("tarball", "shasum", "integrity"), _TEXT),
                "required": ["tarball", "shasum", "integrity"],
            },
        },
        "additionalProperties": _OF_PACKAGE_JSON,
        "required": ["name", "version", "dist"],
    }
)
class ManifestField(serializers.Field[Any, Any, Any, Any]):
    """Of one version."""


@with_fields(
    {
        "_id": serializers.CharField(required=False),
        "_rev": serializers.CharField(required=False, help_text="What `npm unpublish` hands back."),
        "dist-tags": Map(child=serializers.CharField(), help_text="Tag → version."),
        **{key: PackageJsonField(required=False) for key in COMMON_KEYS},
    }
)
class PackageDocumentSerializer(serializers.Serializer[Any]):
    """Whole, or abbreviated (`Accept: application/vnd.npm.install-v1+json`)."""

    name = serializers.CharField()
    versions = Map(child=ManifestField())
    modified = serializers.DateTimeField(required=False, help_text="Of an abbreviated document.")
    time = Map(child=serializers.DateTimeField(), required=False, help_text="Version, created, modified → when.")


@with_fields({"data": serializers.CharField(help_text="The archive in Base64.")})
class AttachmentSerializer(serializers.Serializer[Any]):
    content_type = serializers.CharField(required=False)
    length = serializers.IntegerField(required=False, help_text="Of the archive, in bytes.")


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            **dict.fromkeys(("name", "version", "deprecated"), _TEXT),
            "dist": {"type": "object", "properties": dict.fromkeys(("tarball", "shasum", "integrity"), _TEXT)},
        },
        "additionalProperties": _OF_PACKAGE_JSON,
    }
)
class SentManifestField(serializers.Field[Any, Any, Any, Any]):
    """As npm completes the package.json."""


@with_fields(
    {
        "dist-tags": Map(child=serializers.CharField(), required=False, help_text="Tag → version."),
        "_attachments": Map(
            child=AttachmentSerializer(), required=False, help_text="File name → the archive of the version."
        ),
    }
)
class PublicationSerializer(serializers.Serializer[Any]):
    """`npm publish` sends one version with its archive, `npm deprecate` and `npm unpublish` the document that they
    read, changed."""

    name = serializers.CharField()
    versions = Map(child=SentManifestField())


class AdvisorySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    url = serializers.CharField()
    severity = serializers.ChoiceField(["info", "low", "moderate", "high", "critical"])
    vulnerable_versions = serializers.CharField(help_text="A range of versions.")


class OkSerializer(serializers.Serializer[Any]):
    ok = serializers.BooleanField()


TAGS = Map(child=serializers.CharField(), help_text="Tag → version.")
PUT_DOCUMENT = Operation(returns=OkSerializer, upload="application/json", content=PublicationSerializer)
PUT_TAG = Operation(status=204, upload="application/json", content=serializers.CharField(help_text="A version."))
AUDIT = Operation(
    returns=Map(child=AdvisorySerializer(many=True), help_text="Package → advisories. None are known here."),
    status=200,
    upload="application/json",
    content=Map(
        child=serializers.ListField(child=serializers.CharField()), help_text="Package → versions. Nothing is read."
    ),
)
