"""The test report of a pipeline by REST: the JUnit reports of its jobs, each a suite."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.operations import operation
from api.serializers import Constant
from jobs.api.pipelines import PipelineView
from jobs.artifacts import junit
from jobs.artifacts.pipeline_reports import readable_reports
from jobs.artifacts.types import JUNIT
from jobs.models import Job
from tokenaccess.policy import Action

_COUNTS = ("success", "failed", "skipped", "error")


class TestCaseSerializer(serializers.Serializer[Any]):
    """What a test printed is only in the report itself."""

    status = serializers.ChoiceField(["failed", "error"])
    name = serializers.CharField()
    classname = serializers.CharField()
    file = Constant(None)
    execution_time = Constant(None)
    system_output = Constant(None)
    stack_trace = Constant(None)


class CountsSerializer(serializers.Serializer[Any]):
    total_time = serializers.FloatField()
    total_count = serializers.IntegerField()
    success_count = serializers.IntegerField()
    failed_count = serializers.IntegerField()
    skipped_count = serializers.IntegerField()
    error_count = serializers.IntegerField()


class TestSuiteSerializer(CountsSerializer):
    name = serializers.CharField(help_text="Of the job.")
    suite_error = serializers.CharField(allow_null=True, help_text="Why its report could not be read.")
    test_cases = TestCaseSerializer(many=True, help_text="The first of those that failed.")


class TestReportSerializer(CountsSerializer):
    test_suites = TestSuiteSerializer(many=True)


class SuiteSummarySerializer(CountsSerializer):
    name = serializers.CharField()
    build_ids = serializers.ListField(child=serializers.IntegerField())
    suite_error = serializers.CharField(allow_null=True)


class TotalSerializer(serializers.Serializer[Any]):
    time = serializers.FloatField()
    count = serializers.IntegerField()
    success = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    error = serializers.IntegerField()
    suite_error = serializers.CharField(allow_null=True)


class TestReportSummarySerializer(serializers.Serializer[Any]):
    total = TotalSerializer()
    test_suites = SuiteSummarySerializer(many=True)


class TestReportView(PipelineView):
    actions = {"GET": Action.INSPECT_JOB}

    def reports(self, pipeline: int) -> list[tuple[Job, dict[str, Any]]]:
        return readable_reports(self.access, self.pipeline(pipeline), JUNIT)


class TestReport(TestReportView):
    @operation(returns=TestReportSerializer())
    def get(self, request: Request, project: str, pipeline: int) -> dict[str, Any]:
        reports = self.reports(pipeline)
        suites = [_suite(job, report) | {"test_cases": _cases(report)} for job, report in reports]
        return {**_counts(junit.combine(report for _, report in reports)), "test_suites": suites}


class TestReportSummary(TestReportView):
    @operation(returns=TestReportSummarySerializer())
    def get(self, request: Request, project: str, pipeline: int) -> dict[str, Any]:
        reports = self.reports(pipeline)
        sums = junit.combine(report for _, report in reports)
        counts = {name: sums[name] for name in _COUNTS}
        return {
            "total": {"time": sums["time"], "count": sums["total"], **counts, "suite_error": None},
            "test_suites": [{**_suite(job, report), "build_ids": [job.pk]} for job, report in reports],
        }


def _suite(job: Job, report: dict[str, Any]) -> dict[str, Any]:
    return {"name": job.name, "suite_error": report.get("unread"), **_counts(junit.combine([report]))}


def _counts(sums: dict[str, Any]) -> dict[str, Any]:
    counts = {f"{name}_count": sums[name] for name in _COUNTS}
    return {"total_time": sums["time"], "total_count": sums["total"], **counts}


def _cases(report: dict[str, Any]) -> list[dict[str, Any]]:
    absent = dict.fromkeys(("file", "execution_time", "system_output", "stack_trace"))
    return [
        {"status": test["kind"], "name": test["name"], "classname": test["classname"], **absent}
        for test in report.get("named", [])
    ]
