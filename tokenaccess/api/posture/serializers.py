"""Findings as JSON."""

from __future__ import annotations

from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer


class AcceptanceSerializer(ResponseSerializer):
    reason = serializers.CharField()
    until = serializers.DateField(help_text="The last day.")
    accepted_by = serializers.CharField(source="accepted_by_name", help_text="Empty for a deleted account.")
    created_at = Moment()


class FindingSerializer(ResponseSerializer):
    check = serializers.CharField(source="check.name")
    severity = serializers.CharField(source="check.severity.slug")
    subject_id = serializers.IntegerField(help_text="Of what the check is about: a project, an entry, a runner …")
    subject = serializers.CharField(source="label")
    path = serializers.CharField(
        help_text="Of its project or group; empty for the instance, and for a group that you may not see."
    )
    inherited = serializers.BooleanField(help_text="Whether it is about the list of a group above.")
    title = serializers.CharField(help_text="What is wrong.")
    why = serializers.CharField(help_text="What it gives an attacker.")
    fix = serializers.CharField(help_text="What POST to `fixes` does; empty: nothing does.")
    may_change = serializers.BooleanField(help_text="Whether you may mend and accept it.")
    accepted = AcceptanceSerializer(allow_null=True)
