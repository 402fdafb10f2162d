"""The variables a job is given (runner.md §7), in the order in which they are sent: of equal keys the last counts."""

from jobs.variables.job import for_job, given, of_job, without_runner
from jobs.variables.pipeline import of_pipeline, of_user
from jobs.variables.place import of_project, of_server
from jobs.variables.stored import of_places
from jobs.variables.value import Variable, slug, values

__all__ = [
    "Variable", "for_job", "given", "of_job", "of_pipeline", "of_places", "of_project", "of_server", "of_user", "slug",
    "values", "without_runner",
]  # fmt: skip
