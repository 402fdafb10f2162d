"""A report as SARIF 2.1.0, for the API's description: those of its parts that tokenaccess.posture.exports writes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import with_fields

LEVELS = ("note", "warning", "error")


class SarifMessageSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()


class SarifConfigurationSerializer(serializers.Serializer[Any]):
    """What a finding of the rule is, unless it says otherwise itself."""

    level = serializers.ChoiceField(LEVELS)


@with_fields({"security-severity": serializers.CharField(help_text="0.0 to 10.0.")})
class SarifRulePropertiesSerializer(serializers.Serializer[Any]):
    tags = serializers.ListField(child=serializers.CharField())


class SarifRuleSerializer(serializers.Serializer[Any]):
    """A check."""

    id = serializers.CharField()
    shortDescription = SarifMessageSerializer()
    fullDescription = SarifMessageSerializer()
    defaultConfiguration = SarifConfigurationSerializer()
    properties = SarifRulePropertiesSerializer()


class SarifDriverSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    informationUri = serializers.CharField()
    rules = SarifRuleSerializer(many=True)


class SarifToolSerializer(serializers.Serializer[Any]):
    driver = SarifDriverSerializer()


class SarifArtifactLocationSerializer(serializers.Serializer[Any]):
    uri = serializers.CharField(help_text="The page where it is seen and mended.")


class SarifPhysicalLocationSerializer(serializers.Serializer[Any]):
    artifactLocation = SarifArtifactLocationSerializer()


class SarifLogicalLocationSerializer(serializers.Serializer[Any]):
    fullyQualifiedName = serializers.CharField(help_text="Of the project or group; `instance` for neither.")
    kind = serializers.CharField()


class SarifLocationSerializer(serializers.Serializer[Any]):
    physicalLocation = SarifPhysicalLocationSerializer()
    logicalLocations = SarifLogicalLocationSerializer(many=True)


class SarifSuppressionSerializer(serializers.Serializer[Any]):
    """Of a finding that was accepted."""

    kind = serializers.CharField()
    status = serializers.CharField()
    justification = serializers.CharField()


class SarifResultSerializer(serializers.Serializer[Any]):
    """A finding."""

    ruleId = serializers.CharField()
    ruleIndex = serializers.IntegerField(help_text="In `rules`.")
    level = serializers.ChoiceField(LEVELS)
    message = SarifMessageSerializer()
    partialFingerprints = serializers.DictField(
        child=serializers.CharField(), help_text="The same for the same finding in any report."
    )
    locations = SarifLocationSerializer(many=True)
    suppressions = SarifSuppressionSerializer(many=True, required=False)


class SarifRunSerializer(serializers.Serializer[Any]):
    tool = SarifToolSerializer()
    results = SarifResultSerializer(many=True)


@with_fields({"$schema": serializers.CharField()})
class SarifSerializer(serializers.Serializer[Any]):
    """A log of SARIF 2.1.0. With `format=csv` the answer is `text/csv`."""

    version = serializers.CharField()
    runs = SarifRunSerializer(many=True)
