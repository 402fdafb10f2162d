"""Who may set variables of a pipeline or a job: `ci_pipeline_variables_minimum_override_role` of the project.

Variables decide what jobs do, so that a project may leave them to those whom it trusts with more than running it.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from identity.models import User
from jobs.models import Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.plan import PipelineRefused
from projects.models import Project
from tokenaccess.access.gate import user_is_allowed
from tokenaccess.policy.actions import Action
from tokenaccess.policy.levels import VariablesLevel

DENIAL = "Insufficient permissions to set pipeline variables"  # runner.md §8.1
# Set by the server itself, whoever starts the pipeline.
OF_SERVER = frozenset({"TRIGGER_PAYLOAD", "CI_TRIGGER_SHORT_TOKEN"})


def may_set_variables(user: User | None, project: Project) -> bool:
    """Asks nothing where those who may run a pipeline may set variables too."""
    level = VariablesLevel(project.pipeline_variables_level)
    if level is VariablesLevel.DEVELOPER:
        return True
    return user_is_allowed(user, Action.SET_PIPELINE_VARIABLES, project, min_role=level)


def check_pipeline_variables(pipeline: Pipeline) -> None:
    """Raises PipelineRefused. A child pipeline has its variables from the CI file of the project itself."""
    if pipeline.source == Source.PARENT or all(variable["key"] in OF_SERVER for variable in pipeline.variables):
        return
    if not may_set_variables(pipeline.user, pipeline.project):
        raise PipelineRefused(DENIAL)


def check_job_variables(project: Project, *, by: User) -> None:
    """Raises PermissionDenied."""
    if not may_set_variables(by, project):
        raise PermissionDenied(DENIAL)
