"""What requests may say that check a CI file."""

from __future__ import annotations

from api.input.fields import Boolean, Text
from api.input.parameters import Parameters
from jobs.api.params.inputs import InputMap
from jobs.api.params.pipelines import RefName
from jobs.pipelines.plan import MAX_FILE_SIZE


class JobListOption(Parameters):
    include_jobs = Boolean(default=False)


class LintParams(JobListOption):
    content = Text(required=True, max_length=MAX_FILE_SIZE)
    include_merged_yaml = Boolean(default=False)


class FileOfProjectOptions(JobListOption):
    """`inputs`: for `spec: inputs` of the file."""

    include_merged_yaml = Boolean(default=True)
    dry_run = Boolean(default=False)
    inputs = InputMap()


class ProjectLintParams(FileOfProjectOptions):
    content = Text(required=True, max_length=MAX_FILE_SIZE)
    ref = RefName(default="")


class CommitLintParams(FileOfProjectOptions):
    """`sha` and `ref` are older names of `content_ref` and `dry_run_ref`."""

    sha = RefName(source="content_ref")
    content_ref = RefName()
    ref = RefName(source="dry_run_ref")
    dry_run_ref = RefName()
