"""Decisions in AuthZEN's words."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from tokenaccess.api.serializers import StepSerializer


class EvaluationErrorSerializer(serializers.Serializer[Any]):
    status = serializers.IntegerField()
    message = serializers.CharField()


class IgnoredSerializer(serializers.Serializer[Any]):
    ignored_properties = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="As resource.owner: what is unknown, or does not matter to the action. Absent if there are none.",
    )


class EvaluationContextSerializer(IgnoredSerializer):
    reason = serializers.CharField(allow_null=True, help_text="Why not; to a job, as the request itself would say it.")
    trial = serializers.CharField(
        allow_null=True, help_text="Why it would be refused if the project enforced the limit that it tries."
    )
    steps = StepSerializer(many=True, help_text="For people; to a job only what a request itself would tell is told.")
    status = serializers.IntegerField(
        allow_null=True, required=False, help_text="To a job: of the answer to such a request; null: no refusal."
    )
    access_reason = serializers.CharField(
        allow_null=True, required=False, help_text="To a job: for maintainers, as X-Access-Reason."
    )
    error = EvaluationErrorSerializer(required=False, help_text="What is wrong with this one of several questions.")


class DecisionSerializer(serializers.Serializer[Any]):
    decision = serializers.BooleanField()
    context: Any = EvaluationContextSerializer()


class DecisionsSerializer(serializers.Serializer[Any]):
    evaluations = DecisionSerializer(many=True, help_text="In the order of the questions.")


class ResultPageSerializer(serializers.Serializer[Any]):
    next_token = serializers.CharField(allow_blank=True, help_text="For `page.token` of the next request; empty: none.")
    count = serializers.IntegerField(help_text="Of the results of this page, which may be few and not the last.")


class EntitySerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    id = serializers.CharField(help_text="A job's number, a person's username, a project's full path.")


class ActionResultSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class EntityResultsSerializer(serializers.Serializer[Any]):
    results = EntitySerializer(many=True)
    page = ResultPageSerializer()
    context: Any = IgnoredSerializer(required=False)


class ActionResultsSerializer(serializers.Serializer[Any]):
    results = ActionResultSerializer(many=True)
    page = ResultPageSerializer()
    context: Any = IgnoredSerializer(required=False)
