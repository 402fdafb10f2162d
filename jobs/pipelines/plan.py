"""Plans a pipeline: finds the commit, reads and compiles the CI file. Only reads, so that no lock is held meanwhile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import ci_config
from identity.encryption import DecryptionError
from identity.models import User
from jobs.models import Pipeline
from jobs.pipelines.commit_files import changed_files, list_files
from jobs.pipelines.include_sources.artifacts import read_artifact
from jobs.pipelines.include_sources.components import find_component
from jobs.pipelines.include_sources.remote import RemoteReader
from jobs.pipelines.include_sources.templates import find_template
from jobs.variables.pipeline import pipeline_variables, user_variables
from jobs.variables.predefined import project_variables, server_variables
from jobs.variables.stored import stored_variables
from jobs.variables.value import Variable, values_by_key
from projects.ci_config_path import CiConfigPath
from projects.extensions.events import NULL_SHA
from projects.models import Project
from projects.protection import Protections, find_ref
from projects.repository import Commit, FileTooLarge, NoSuchFile, NoSuchRef, Ref, Repository
from tokenaccess.access.gate import find_project_if_permitted
from tokenaccess.policy.actions import Action
from tokenaccess.policy.protected_refs import ProtectedRefContext, RefOperation

MAX_FILE_SIZE = 1024 * 1024
NO_JOBS = (
    "Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to "
    "the pipeline."
)
_SKIP_MARKER = re.compile(r"\[(?:ci[ _-]skip|skip[ _-]ci)\]", re.IGNORECASE)


class PipelineRefused(Exception):
    """No pipeline can be created.

    `messages`: sentences for people, as GitLab words them (runner.md §8.1). `warnings`: what is valid in the file, but
    probably not meant.
    """

    def __init__(self, *messages: str, warnings: Sequence[str] = ()) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)
        self.warnings = list(warnings)


class MissingConfigFile(PipelineRefused):
    """The commit has no CI file."""


class NoJobs(PipelineRefused):
    """The rules of the file leave no job."""


class InvalidConfigFile(PipelineRefused):
    """The file does not compile. A push stores these messages in a failed pipeline."""


@dataclass(frozen=True)
class PipelineRequest:
    """What pipeline to create. `ref`: name of a branch or tag, which may be whole (`refs/tags/v1`). `sha`, `tag`: if
    known, as after a push; the name is then short."""

    project: Project
    ref: str
    user: User | None
    source: str
    variables: Sequence[Mapping[str, str]] = ()  # {"key", "value", "variable_type"}
    sha: str = ""
    tag: bool | None = None
    before_sha: str = NULL_SHA
    extra_fields: Mapping[str, Any] = field(default_factory=dict)  # further fields of Pipeline
    text: str | None = None  # instead of the commit's CI file: for a child pipeline, or a file to check
    skips_ci: bool = False  # the pusher asks for no jobs
    inputs: Mapping[str, Any] = field(default_factory=dict)  # for `spec: inputs`; not stored, they may be secret
    parent: Pipeline | None = None  # of a child pipeline, which may include its artifacts


@dataclass(frozen=True)
class PipelinePlan:
    """A pipeline that is not stored, without jobs. `text`: its CI file, if it is not the commit's."""

    repository: Repository
    pipeline: Pipeline
    commit: Commit
    on_ref: ProtectedRefContext
    text: str | None = None
    is_to_skip: bool = False
    inputs: Mapping[str, Any] = field(default_factory=dict)
    parent: Pipeline | None = None

    @property
    def skips_ci(self) -> bool:
        """Whether the pusher or the commit message (`[ci skip]`) asks for no jobs; that applies to pushes only."""
        if self.pipeline.source != "push":
            return False
        return self.is_to_skip or _SKIP_MARKER.search(self.commit.message) is not None


def plan_pipeline(request: PipelineRequest) -> PipelinePlan:
    """Plan the pipeline without its jobs. Raises PipelineRefused if the ref does not exist."""
    repository = Repository(request.project.repository_path)
    ref = _resolve_ref(request)
    try:
        commit = repository.commit(request.sha or ref.sha)
    except NoSuchRef:
        raise PipelineRefused("Reference not found") from None
    on_ref = Protections(request.project).context(ref.name, tag=ref.is_tag, operation=RefOperation.RUN)
    pipeline = Pipeline(
        project=request.project,
        user=request.user,
        ref=ref.name,
        tag=ref.is_tag,
        protected=bool(on_ref.protections),
        sha=commit.sha,
        before_sha=request.before_sha,
        source=request.source,
        variables=[dict(variable) for variable in request.variables],
        config_path=_config_path(request),
        commit=commit_json(commit),
        **request.extra_fields,
    )
    return PipelinePlan(
        repository, pipeline, commit, on_ref, request.text, request.skips_ci, request.inputs, request.parent
    )


def _config_path(request: PipelineRequest) -> str:
    at = CiConfigPath.parse(request.project.ci_config_path)
    return "" if at.project or request.text is not None else at.path


def _resolve_ref(request: PipelineRequest) -> Ref:
    if request.sha and request.tag is not None:
        return Ref(request.ref, request.sha, request.tag)
    ref = find_ref(request.project, request.ref)
    if ref is None:
        raise PipelineRefused("Reference not found")
    return ref


def compile_jobs(plan: PipelinePlan) -> ci_config.CompiledPipeline:
    """Compile the plan's CI file. Raises MissingConfigFile, InvalidConfigFile, NoJobs."""
    result = compile_file(plan)
    if not result.jobs:
        raise NoJobs(NO_JOBS)
    return result


def compile_file(
    plan: PipelinePlan, *, secrets: bool = True, evaluate_rules: bool = True
) -> ci_config.CompiledPipeline:
    """Compile the commit's CI file, or the plan's own text; other than `compile_jobs`, the result may have no jobs.

    Without `evaluate_rules` it has every job of the file.

    Without `secrets`, masked and protected variables are left out: the caller shows the result to people who could
    write a file that reveals a value. Raises MissingConfigFile, InvalidConfigFile.
    """
    text, arguments = _arguments(plan, secrets)
    arguments["evaluate_rules"] = evaluate_rules
    try:
        return ci_config.compile(text, **arguments)
    except ci_config.ConfigError as error:
        raise InvalidConfigFile(*error.messages, warnings=error.warnings) from error
    except InvalidConfigFile as error:  # a file that cannot be read, at a path that may hold masked variables
        redact = ci_config.redactor(arguments["variables"].get(key, "") for key in arguments["masked"])
        raise InvalidConfigFile(*map(redact, error.messages)) from error


def read_inputs(request: PipelineRequest) -> Mapping[str, ci_config.InputSpec]:
    """The inputs of the commit's CI file, for a form; none if its header cannot be read."""
    try:
        text, arguments = _arguments(plan_pipeline(request), secrets=False)
        return ci_config.read_header(text, **arguments).inputs
    except (PipelineRefused, ci_config.ConfigError):
        return {}


def _arguments(plan: PipelinePlan, secrets: bool) -> tuple[str, ci_config.CompileArguments]:
    """The CI file's text, and the arguments for its compilation. Raises PipelineRefused."""
    pipeline, repository = plan.pipeline, plan.repository
    others = OtherProjects(pipeline.user)
    text, own_file = _ci_file(plan, others)
    try:
        stored = stored_variables(pipeline.project, protected=secrets and pipeline.protected)
    except DecryptionError:
        raise PipelineRefused("A CI variable cannot be read any more: it was kept under a key that is gone") from None
    requested = {str(variable["key"]): str(variable["value"]) for variable in pipeline.variables}
    arguments: ci_config.CompileArguments = {
        "ref": pipeline.ref,
        "tag": pipeline.tag,
        "source": pipeline.source,
        "variables": {**values_by_key(one for one in stored if secrets or not one.masked), **requested},
        "masked": {one.key for one in stored if one.masked} - requested.keys(),
        "predefined": values_by_key(_predefined_variables(pipeline)),
        "inputs": plan.inputs,
        "own_file": own_file,
        "read_local": lambda path: read_text_file(repository, pipeline.sha, path),
        "read_project": others.text,
        **include_sources(others),
        "list_project_files": others.files,
        "list_files": lambda: list_files(repository, pipeline.sha),
        "changed_files": lambda ref: changed_files(repository, pipeline.sha, pipeline.before_sha, ref),
    }
    if plan.parent is not None:
        arguments["read_artifact"] = partial(read_artifact, plan.parent)
    return text, arguments


def _ci_file(plan: PipelinePlan, others: OtherProjects) -> tuple[str, ci_config.IncludeSource | None]:
    """The CI file's text, and where it lies if not in the commit. Raises PipelineRefused."""
    if plan.text is not None:
        return plan.text, None
    at = CiConfigPath.parse(plan.pipeline.project.ci_config_path)
    if not at.project:
        text = read_text_file(plan.repository, plan.pipeline.sha, at.path)
        if text is None:
            raise MissingConfigFile("Missing CI config file")
        return text, None
    text = others.text(at.project, at.ref, at.path)
    if text is None:
        raise InvalidConfigFile(
            f"The CI file is {at.path} of the project {at.project}. There is no such file, or you may not read it."
        )
    return text, ci_config.IncludeSource(at.path, at.project, at.ref)


def ci_file_to_edit(project: Project, sha: str) -> str | None:
    """The text of the project's CI file; if that lies in another project, a text that includes it.

    Raises InvalidConfigFile.
    """
    at = CiConfigPath.parse(project.ci_config_path)
    if not at.project:
        return read_text_file(Repository(project.repository_path), sha, at.path)
    ref = {"ref": at.ref} if at.ref else {}
    return json.dumps({"include": [{"project": at.project, **ref, "file": at.path}]})


def prefilled_variables(request: PipelineRequest) -> list[dict[str, Any]]:
    """The file's variables with a description or options, for a form; none if the file does not compile."""
    try:
        variables = compile_file(plan_pipeline(request), secrets=False).variables
    except PipelineRefused:
        return []
    return [variable for variable in variables if "description" in variable or "options" in variable]


class OtherProjects:
    """Reads files of other projects, if the person who starts the pipeline may clone them; otherwise None.

    Each project is looked up once, however often a file names it. Otherwise repeating a name would make it possible to
    measure whether a hidden project exists.
    """

    def __init__(self, user: User | None) -> None:
        self.find = cache(partial(find_project_if_permitted, user, Action.DOWNLOAD_CODE))

    def project(self, path: str) -> Project | None:
        return self.find(path.lower() if path.isascii() else path)

    def text(self, path: str, ref: str, file: str) -> str | None:
        commit = self._commit(path, ref)
        return commit and read_text_file(*commit, file)

    def files(self, path: str, ref: str) -> list[str] | None:
        commit = self._commit(path, ref)
        return commit and list_files(*commit)

    def _commit(self, path: str, ref: str) -> tuple[Repository, str] | None:
        project = self.project(path)
        if project is None:
            return None
        repository, name = Repository(project.repository_path), ref or project.default_branch
        try:
            return repository, (find_ref(project, name) or repository.find(name)).sha
        except NoSuchRef:
            return None


def include_sources(others: OtherProjects) -> ci_config.CompileArguments:
    """What `component`, `template` and `remote` name, for the person who starts the pipeline."""
    return {
        "find_component": partial(find_component, others.project),
        "find_template": partial(find_template, others.project),
        "read_remote": RemoteReader().read,
    }


def _predefined_variables(pipeline: Pipeline) -> list[Variable]:
    return [
        *server_variables(),
        *project_variables(pipeline.project),
        *pipeline_variables(pipeline),
        *user_variables(pipeline.user),
    ]


def read_text_file(repository: Repository, sha: str, path: str) -> str | None:
    """The text of a file at a commit; None if it does not exist. Raises InvalidConfigFile."""
    try:
        data = repository.blob(sha, path.lstrip("/"))
    except FileTooLarge:
        raise InvalidConfigFile(f"{path} is larger than {MAX_FILE_SIZE // 1024} KiB.") from None
    except (NoSuchFile, NoSuchRef):
        return None
    if len(data) > MAX_FILE_SIZE:
        raise InvalidConfigFile(f"{path} is larger than {MAX_FILE_SIZE // 1024} KiB.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidConfigFile(f"{path} is not UTF-8 text.") from None


def commit_json(commit: Commit) -> dict[str, Any]:
    """The commit as the API shows it (resources.md §5), without its address."""
    return {
        "id": commit.sha,
        "short_id": commit.short_sha,
        "created_at": commit.committed_at.isoformat(timespec="milliseconds"),
        "parent_ids": list(commit.parents),
        "title": _storable_text(commit.title, 1000),
        "message": _storable_text(commit.message, 100_000),
        "author_name": _storable_text(commit.author_name, 255),
        "author_email": _storable_text(commit.author_email, 255),
        "authored_date": commit.authored_at.isoformat(timespec="milliseconds"),
        "committer_name": _storable_text(commit.committer_name, 255),
        "committer_email": _storable_text(commit.committer_email, 255),
        "committed_date": commit.committed_at.isoformat(timespec="milliseconds"),
    }


def _storable_text(text: str, max_length: int) -> str:
    """Git stores any bytes, but the database and JSON take neither NUL nor lone surrogates."""
    return text.replace("\0", "").encode(errors="replace")[:max_length].decode(errors="ignore")
