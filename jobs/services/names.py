"""Tags and resource groups that the CI file writes with variables."""

from __future__ import annotations

import hashlib
from functools import cached_property

from jobs.config import expand
from jobs.models import Job, Pipeline
from jobs.variables import Variable, of_places, values, without_runner

LONGEST = 255


class Names:
    """Of the jobs of one pipeline; what is stored for its project is read once, and only when it is asked for."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def fill_in(self, job: Job) -> Job:
        """With the names its tags and its resource group mean."""
        if any("$" in text for text in (job.resource_group, *job.tag_list)):
            known = values(without_runner(job, self.stored))
            job.resource_group = filled(job.resource_group, known)
            job.tag_list = list(dict.fromkeys(filled(tag, known) for tag in job.tag_list))
        job.tag_key = tag_key(job.tag_list)
        return job

    @cached_property
    def stored(self) -> list[Variable]:
        """Without the masked ones: these names stand on pages."""
        project, protected = self.pipeline.project, self.pipeline.protected
        return [variable for variable in of_places(project, protected=protected) if not variable.masked]


def filled(text: str, known: dict[str, str]) -> str:
    """A name that would be empty stays as it is written: a job without its tag would run anywhere; with it no runner
    takes the job, and its page says why."""
    return expand(text, known).replace("\0", "").strip()[:LONGEST] or text


def tag_key(tags: list[str]) -> str:
    """The same for the same set of tags; the queue compares these instead of lists."""
    return hashlib.sha256("\0".join(sorted(set(tags))).encode()).hexdigest() if tags else ""
