"""Checks a CI file without creating a pipeline: its mistakes, and the jobs that a pipeline would have.

Masked and protected variables count as unset here, because the author of the file sees the result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ci_config
from ci_config import CompiledJob, CompiledPipeline, OriginLine, Verdict
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
    read_inputs,
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
    `workflow`, `verdicts`: why there is a pipeline or not, and each job of the file in it. `tree`: of `merged_yaml`.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    merged_yaml: str | None = None
    jobs: tuple[CompiledJob, ...] = ()
    push_jobs: tuple[CompiledJob, ...] = ()
    workflow: Verdict | None = None
    verdicts: tuple[Verdict, ...] = ()
    tree: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin_lines(self) -> list[OriginLine]:
        """The merged file, with where each line came from."""
        return [] if self.merged_yaml is None else ci_config.origin_lines(self.merged_yaml, self.tree)

    @property
    def valid(self) -> bool:
        return not self.errors


# Compiles the file; the argument says whether to evaluate rules. Raises PipelineRefused.
Compile = Callable[[bool], CompiledPipeline]


def lint_text(text: str, *, user: User | None) -> LintResult:
    """Check a file without a project. It may include files of projects that `user` may clone; the only variables are
    those of the server."""
    return _lint(_compiler(text, user, values_by_key(server_variables())), dry_run=False)


@dataclass(frozen=True)
class LintOptions:
    """The pipeline that a file is checked for. `dry_run`: as if it were created; a file that makes no pipeline is then
    invalid. Otherwise that is a warning."""

    ref: str = ""
    source: str = "push"
    variables: Sequence[Mapping[str, str]] = ()
    inputs: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False


def lint_file(*, project: Project, user: User | None, text: str, options: LintOptions = LintOptions()) -> LintResult:
    """Check `text` as if it were the CI file at the options' ref, by default on the default branch."""
    if not options.ref and Repository(project.repository_path).is_empty():
        predefined = values_by_key([*server_variables(), *project_variables(project)])
        return _lint(_compiler(text, user, predefined, options), options.dry_run)
    return _lint_request(_request(project, options.ref, user, options, text=text), options.dry_run)


def lint_commit(
    *, project: Project, user: User | None, content_ref: str = "", options: LintOptions = LintOptions()
) -> LintResult:
    """Check the CI file of the branch, tag or commit `content_ref`, as for a pipeline of the options' ref."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(content_ref or project.default_branch).sha
    except NoSuchRef:
        return LintResult(errors=("Reference not found",))
    ref = options.ref or (content_ref if find_ref(project, content_ref) else project.default_branch)
    return _lint_request(_request(project, ref, user, options, sha=sha), options.dry_run)


def lint_inputs(project: Project, user: User | None, text: str, ref: str) -> Mapping[str, ci_config.InputSpec]:
    """The inputs that the text declares; none if its header cannot be read."""
    if "---" not in text:  # a header ends with that
        return {}
    return read_inputs(_request(project, ref, user, LintOptions(), text=text))


def _request(project: Project, ref: str, user: User | None, options: LintOptions, **more: Any) -> PipelineRequest:
    return PipelineRequest(
        project=project,
        ref=ref or project.default_branch,
        user=user,
        source=options.source,
        variables=options.variables,
        inputs=options.inputs,
        **more,
    )


def _lint_request(request: PipelineRequest, dry_run: bool) -> LintResult:
    try:
        plan = plan_pipeline(request)
    except PipelineRefused as error:
        return LintResult(errors=tuple(error.messages))
    return _lint(lambda evaluate: compile_file(plan, secrets=False, evaluate_rules=evaluate), dry_run)


def _compiler(
    text: str, user: User | None, predefined: dict[str, str], options: LintOptions = LintOptions()
) -> Compile:
    others = OtherProjects(user)
    arguments: ci_config.CompileArguments = {
        "source": options.source,
        "variables": {variable["key"]: variable["value"] for variable in options.variables},
        "inputs": options.inputs,
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
    found = LintResult(
        warnings=(*result.warnings, *(() if merged is not None else (TOO_LONG,))),
        merged_yaml=merged,
        jobs=result.jobs,
        tree=result.tree,
    )
    if dry_run:
        errors = (NO_JOBS,) if result.empty_because else ()
        return replace(found, errors=errors, push_jobs=result.jobs, workflow=result.workflow, verdicts=result.verdicts)
    return _dry_run(found, compile_once)


def _dry_run(found: LintResult, compile_once: Compile) -> LintResult:
    """With the warnings about a pipeline of the file, the jobs that it would have, and why."""
    try:
        pushed = compile_once(True)
    except PipelineRefused as error:
        warnings = [*error.warnings, *(PUSH_FAILS.format(message) for message in error.messages)]
        return replace(found, warnings=tuple(dict.fromkeys([*found.warnings, *warnings])))
    warnings = [*pushed.warnings, *([pushed.empty_because] if pushed.empty_because else [])]
    return replace(
        found,
        warnings=tuple(dict.fromkeys([*found.warnings, *warnings])),
        push_jobs=pushed.jobs,
        workflow=pushed.workflow,
        verdicts=pushed.verdicts,
    )


def ci_file_at(project: Project, ref: str = "") -> str:
    """The text of the CI file at a branch, tag or commit, by default on the default branch; empty if there is none that
    can be read."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(ref or project.default_branch).sha
        return ci_file_to_edit(project, sha) or ""
    except (NoSuchRef, PipelineRefused):
        return ""
