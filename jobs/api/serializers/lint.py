"""What is said of a CI file, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from api.serializers import Constant
from ci_config import CompiledJob
from jobs.pipelines.lint import LintResult


class LintedNeedSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()


class LintedJobSerializer(serializers.Serializer[Any]):
    """`script` begins with the lines of `before_script`: the compiler has joined them. Rules, `only` and `except` have
    been followed already."""

    name = serializers.CharField()
    stage = serializers.CharField()
    before_script = serializers.ListField(child=serializers.CharField())
    script = serializers.ListField(child=serializers.CharField())
    after_script = serializers.ListField(child=serializers.CharField())
    tag_list = serializers.ListField(child=serializers.CharField())
    only = Constant(None)
    environment = serializers.CharField(allow_null=True)
    when = serializers.CharField()
    allow_failure = serializers.BooleanField()
    needs = LintedNeedSerializer(many=True, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "except": Constant(None)}


class ProjectLintSerializer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    errors: Any = serializers.ListField(child=serializers.CharField())
    warnings = serializers.ListField(child=serializers.CharField())
    merged_yaml = serializers.CharField(allow_null=True, required=False)
    jobs = LintedJobSerializer(many=True, required=False)


class LintSerializer(ProjectLintSerializer):
    status = serializers.ChoiceField(["valid", "invalid"])


def lint_json(found: LintResult, params: Mapping[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "valid": found.valid,
        "errors": list(found.errors),
        "warnings": list(found.warnings),
    }
    if params["include_merged_yaml"]:
        answer["merged_yaml"] = found.merged_yaml
    if params["include_jobs"]:
        answer["jobs"] = [lint_job_json(job) for job in found.jobs]
    return answer


def lint_job_json(job: CompiledJob) -> dict[str, Any]:
    return {
        "name": job.name,
        "stage": job.stage,
        "before_script": [],
        "script": list(job.script),
        "after_script": list(job.after_script),
        "tag_list": list(job.tags),
        "only": None,
        "except": None,
        "environment": job.environment["name"] if job.environment else None,
        "when": job.when,
        "allow_failure": job.allow_failure,
        "needs": None if job.needs is None else [{"name": need.job} for need in job.needs],
    }
