"""Pages of pipelines, jobs and runners."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path

from jobs.views import (
    artifact_urls,
    badge_images,
    components,
    environments,
    jobs,
    lint,
    pipelines,
    runners,
    schedules,
    triggers,
    variables,
)

_PROJECT = "<full_path:project_path>/-"
_GROUP = "groups/<full_path:group_path>/-"
_PIPELINE = f"{_PROJECT}/pipelines/<int:pipeline_id>"
_SCHEDULE = f"{_PROJECT}/pipeline_schedules/<int:schedule_id>"
_ENVIRONMENT = f"{_PROJECT}/environments/<int:environment_id>"
_JOB = f"{_PROJECT}/jobs/<int:job_id>"


def _runners(prefix: str, name: str) -> list[URLPattern]:
    """The same five pages for projects, groups and the instance."""

    def page(address: str, what: str) -> Any:
        return path(f"{prefix}/runners{address}", getattr(runners, f"{name}_runner{what}"), name=f"{name}_runner{what}")

    return [
        page("", "s"),
        page("/new", "_new"),
        page("/<int:runner_id>", ""),
        page("/<int:runner_id>/pause", "_pause"),
        page("/<int:runner_id>/delete", "_delete"),
    ]


def _variables(prefix: str, name: str) -> list[URLPattern]:
    def page(address: str, what: str) -> Any:
        view = getattr(variables, f"{name}_variable{what}")
        return path(f"{prefix}/variables{address}", view, name=f"{name}_variable{what}")

    return [
        page("", "s"),
        page("/new", "_new"),
        page("/<int:variable_id>", ""),
        page("/<int:variable_id>/delete", "_delete"),
    ]


def _badges(prefix: str, name: str) -> list[URLPattern]:
    pictures = (("pipeline", badge_images.pipeline_badge), ("coverage", badge_images.coverage_badge))
    return [path(f"{prefix}/badges/<path:ref>/{kind}.svg", view, name=f"{name}{kind}_badge") for kind, view in pictures]


urlpatterns: list[URLPattern | URLResolver] = [
    *_runners("-", "instance"),
    *_runners(_GROUP, "group"),
    *_runners(f"{_PROJECT}/settings/ci_cd", "project"),
    path(f"{_PROJECT}/components", components.components, name="project_components"),
    path(f"{_PROJECT}/pipeline_schedules", schedules.schedules, name="project_schedules"),
    path(f"{_PROJECT}/pipeline_schedules/new", schedules.new, name="project_schedule_new"),
    path(f"{_SCHEDULE}/edit", schedules.edit, name="project_schedule"),
    path(f"{_SCHEDULE}/take_ownership", schedules.take, name="project_schedule_take"),
    path(f"{_SCHEDULE}/play", schedules.play, name="project_schedule_play"),
    path(f"{_SCHEDULE}/delete", schedules.delete, name="project_schedule_delete"),
    path(f"{_PROJECT}/environments", environments.environments, name="project_environments"),
    path(_ENVIRONMENT, environments.environment, name="project_environment"),
    path(f"{_ENVIRONMENT}/stop", environments.stop, name="project_environment_stop"),
    path(f"{_ENVIRONMENT}/delete", environments.delete, name="project_environment_delete"),
    path(f"{_PROJECT}/settings/ci_cd/triggers", triggers.triggers, name="project_triggers"),
    path(f"{_PROJECT}/settings/ci_cd/triggers/<int:trigger_id>/delete", triggers.delete, name="project_trigger_delete"),
    *_variables("-", "instance"),
    *_variables(_GROUP, "group"),
    *_variables(f"{_PROJECT}/settings/ci_cd", "project"),
    path(f"{_PROJECT}/ci/lint", lint.lint, name="project_ci_lint"),
    path(f"{_PROJECT}/pipelines", pipelines.pipelines, name="project_pipelines"),
    path(f"{_PROJECT}/pipelines/new", pipelines.new, name="project_pipeline_new"),
    path(_PIPELINE, pipelines.pipeline, name="project_pipeline"),
    path(f"{_PIPELINE}/cancel", pipelines.cancel, name="project_pipeline_cancel"),
    path(f"{_PIPELINE}/retry", pipelines.retry, name="project_pipeline_retry"),
    path(f"{_PROJECT}/jobs", jobs.jobs, name="project_jobs"),
    path(_JOB, jobs.job, name="project_job"),
    path(f"{_JOB}/raw", jobs.raw, name="project_job_raw"),
    path(f"{_JOB}/tail", jobs.tail, name="project_job_tail"),
    path(f"{_JOB}/cancel", jobs.cancel, name="project_job_cancel"),
    path(f"{_JOB}/retry", jobs.retry, name="project_job_retry"),
    path(f"{_JOB}/play", jobs.play, name="project_job_play"),
    path(f"{_JOB}/erase", jobs.erase, name="project_job_erase"),
    *artifact_urls.urlpatterns,
    *_badges(_PROJECT, ""),
    *_badges("<full_path:project_path>", "short_"),  # as many a README has it
]
