"""What requests may say that check a CI file."""

from __future__ import annotations

from api.input.fields import Boolean, Text
from api.input.parameters import Parameters
from jobs.api.params.pipelines import RefName
from jobs.pipelines.plan import MAX_FILE_SIZE


class LintOptions(Parameters):
    include_jobs = Boolean(default=False)


class LintParams(LintOptions):
    content = Text(required=True, max_length=MAX_FILE_SIZE)
    include_merged_yaml = Boolean(default=False)


class ProjectLintParams(LintOptions):
    content = Text(required=True, max_length=MAX_FILE_SIZE)
    ref = RefName(default="")
    dry_run = Boolean(default=False)


class CommitLintParams(LintOptions):
    """`sha` and `ref` are older names of `content_ref` and `dry_run_ref`."""

    sha = RefName(source="content_ref")
    content_ref = RefName()
    ref = RefName(source="dry_run_ref")
    dry_run_ref = RefName()
    dry_run = Boolean(default=False)
