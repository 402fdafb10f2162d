"""Expands variables in the tags and resource groups of jobs."""

from __future__ import annotations

import hashlib
from functools import cached_property

from ci_config import expand
from jobs.models import Job, Pipeline
from jobs.variables.job import variables_without_runner
from jobs.variables.stored import stored_variables
from jobs.variables.value import Variable, values_by_key

MAX_NAME_LENGTH = 255


class VariableInterpolator:
    """Expands names for the jobs of one pipeline. The stored variables are read once, and only if a name has a `$`."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def interpolate(self, job: Job) -> Job:
        """Expand the job's tags and resource group in place, and set its `tag_key`. Returns the job."""
        if any("$" in text for text in (job.resource_group, *job.tag_list)):
            known = values_by_key(variables_without_runner(job, self.unmasked_variables))
            job.resource_group = expand_name(job.resource_group, known)
            job.tag_list = list(dict.fromkeys(expand_name(tag, known) for tag in job.tag_list))
        job.tag_key = tag_key(job.tag_list)
        return job

    @cached_property
    def unmasked_variables(self) -> list[Variable]:
        """The project's stored variables. Masked ones are left out, because pages show the expanded names."""
        project, protected = self.pipeline.project, self.pipeline.protected
        return [variable for variable in stored_variables(project, protected=protected) if not variable.masked]


def expand_name(text: str, known: dict[str, str]) -> str:
    """`text` with its variables expanded. If nothing would remain, the text stays as written.

    A job that lost its tag would run on any runner; with the unexpanded tag none takes it, and its page says why.
    """
    return expand(text, known).replace("\0", "").strip()[:MAX_NAME_LENGTH] or text


def tag_key(tags: list[str]) -> str:
    """A hash of the set of tags, empty for no tags, so that the queue can compare tag sets as text."""
    return hashlib.sha256("\0".join(sorted(set(tags))).encode()).hexdigest() if tags else ""
