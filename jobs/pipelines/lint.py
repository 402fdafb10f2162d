"""Checks a CI file without creating a pipeline: its mistakes, and the jobs that a pipeline would have.

Masked and protected variables count as unset here, because the author of the file sees the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ci_config
from ci_config import CompiledJob, CompiledPipeline
from identity.models import User
from jobs.pipelines.plan import (
    NO_JOBS,
    InvalidConfigFile,
    OtherProjects,
    PipelineRefused,
    PipelineRequest,
    ci_file_to_edit,
    compile_file,
    include_sources,
    plan_pipeline,
)
from jobs.variables.predefined import project_variables, server_variables
from jobs.variables.value import values_by_key
from projects.models import Project
from projects.protection import find_ref
from projects.repository import NoSuchRef, Repository

TOO_LONG = "The merged file is too long to be shown."
PUSH_FAILS = "A push makes a failed pipeline. {}"


@dataclass(frozen=True)
class LintResult:
    """`errors` and `warnings` are sentences for people.

    `jobs`: after a dry run those that a push would create, otherwise all jobs of the file, whatever their rules say.
    `push_jobs`: always those that a push would create. `merged_yaml`: None if it is too long, or there is none.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    merged_yaml: str | None = None
    jobs: tuple[CompiledJob, ...] = ()
    push_jobs: tuple[CompiledJob, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.errors


# Compiles the file; the argument says whether to evaluate rules. Raises PipelineRefused.
Compile = Callable[[bool], CompiledPipeline]


def lint_text(text: str, *, user: User | None) -> LintResult:
    """Check a file without a project. It may include files of projects that `user` may clone; the only variables are
    those of the server."""
    return _lint(_compiler(text, user, values_by_key(server_variables())), dry_run=False)


def lint_file(*, project: Project, user: User | None, text: str, ref: str = "", dry_run: bool = False) -> LintResult:
    """Check `text` as if it were the CI file at `ref`, by default on the default branch.

    `dry_run`: as if it were pushed there; a file that makes no pipeline is then invalid. Otherwise that is a warning.
    """
    if not ref and Repository(project.repository_path).is_empty():
        return _lint(_compiler(text, user, values_by_key([*server_variables(), *project_variables(project)])), dry_run)
    return _lint_request(PipelineRequest(project, ref or project.default_branch, user, "push", text=text), dry_run)


def lint_commit(
    *, project: Project, user: User | None, content_ref: str = "", ref: str = "", dry_run: bool = False
) -> LintResult:
    """Check the CI file of the branch, tag or commit `content_ref`, as for a pipeline of `ref`."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(content_ref or project.default_branch).sha
    except NoSuchRef:
        return LintResult(errors=("Reference not found",))
    pipeline_ref = ref or (content_ref if find_ref(project, content_ref) else project.default_branch)
    return _lint_request(PipelineRequest(project, pipeline_ref, user, "push", sha=sha), dry_run)


def _lint_request(request: PipelineRequest, dry_run: bool) -> LintResult:
    try:
        plan = plan_pipeline(request)
    except PipelineRefused as error:
        return LintResult(errors=tuple(error.messages))
    return _lint(lambda evaluate: compile_file(plan, secrets=False, evaluate_rules=evaluate), dry_run)


def _compiler(text: str, user: User | None, predefined: dict[str, str]) -> Compile:
    others = OtherProjects(user)
    arguments: ci_config.CompileArguments = {
        "predefined": predefined,
        "read_project": others.text,
        "list_project_files": others.files,
        **include_sources(others),
    }

    def compile_text(evaluate: bool) -> CompiledPipeline:
        try:
            arguments["evaluate_rules"] = evaluate
            return ci_config.compile(text, **arguments)
        except ci_config.ConfigError as error:
            raise InvalidConfigFile(*error.messages, warnings=error.warnings) from error

    return compile_text


def _lint(compile_once: Compile, dry_run: bool) -> LintResult:
    try:
        result = compile_once(dry_run)
    except PipelineRefused as error:
        return LintResult(errors=tuple(error.messages), warnings=tuple(error.warnings))
    merged = ci_config.merged_yaml(result.tree)
    too_long = () if merged is not None else (TOO_LONG,)
    if dry_run:
        errors = (NO_JOBS,) if result.empty_because else ()
        return LintResult(errors, (*result.warnings, *too_long), merged, result.jobs, result.jobs)
    warnings, push_jobs = _dry_run(compile_once)
    return LintResult(
        (), tuple(dict.fromkeys([*result.warnings, *too_long, *warnings])), merged, result.jobs, push_jobs
    )


def _dry_run(compile_once: Compile) -> tuple[list[str], tuple[CompiledJob, ...]]:
    """The warnings about a push of the file, and the jobs that it would create."""
    try:
        pushed = compile_once(True)
    except PipelineRefused as error:
        return [*error.warnings, *(PUSH_FAILS.format(message) for message in error.messages)], ()
    return [*pushed.warnings, *([pushed.empty_because] if pushed.empty_because else [])], pushed.jobs


def default_branch_file(project: Project) -> str:
    """The text of the CI file on the default branch; empty if there is none that can be read."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(project.default_branch).sha
        return ci_file_to_edit(project, sha) or ""
    except (NoSuchRef, PipelineRefused):
        return ""
