"""What a pipeline would be made of: the commit, the file, its jobs. Reads only, so that nothing is locked meanwhile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from identity.models import User
from identity.sealed import Unreadable
from jobs import config, hooks
from jobs.commit_files import changed_files, files
from jobs.models import Pipeline
from jobs.variables import Variable, of_pipeline, of_places, of_project, of_server, of_user, values
from projects.models import Project
from projects.protection import Protections, find_ref
from projects.repository import Commit, NoSuchFile, NoSuchRef, Repository
from tokenaccess.policy.actions import Action
from tokenaccess.policy.refs import Deed, OnRef

NOTHING = "0" * 40
CI_FILE = ".gitlab-ci.yml"
LARGEST_FILE = 1024 * 1024
NO_JOBS = (
    "Pipeline will not run for the selected trigger. The rules configuration prevented any jobs from being added to "
    "the pipeline."
)
_SKIP = re.compile(r"\[(?:ci[ _-]skip|skip[ _-]ci)\]", re.IGNORECASE)


class Refused(Exception):
    """No pipeline is made. `messages` are for people, in the contract's words (runner.md §8.1)."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)


class NoFile(Refused):
    """The commit has no CI file."""


class NoJobs(Refused):
    """The file's rules let no job in."""


class BadFile(Refused):
    """The file cannot be used; a push keeps these messages in a failed pipeline."""


@dataclass(frozen=True)
class Request:
    """`ref` is a branch or tag by its short name; `sha` may name the commit when it is known (a push)."""

    project: Project
    ref: str
    user: User | None
    source: str
    variables: Sequence[Mapping[str, str]] = ()  # {"key", "value", "variable_type"}
    sha: str = ""
    tag: bool | None = None
    before_sha: str = NOTHING
    more: Mapping[str, Any] = field(default_factory=dict)  # further fields of the pipeline
    text: str | None = None  # instead of the commit's CI file: that of a child pipeline


@dataclass(frozen=True)
class Draft:
    pipeline: Pipeline
    commit: Commit
    on_ref: OnRef
    text: str | None = None

    @property
    def skips(self) -> bool:
        """Its author asked for no run; that counts for pushes only."""
        return self.pipeline.source == "push" and _SKIP.search(self.commit.message) is not None


def draft(request: Request) -> Draft:
    """The pipeline without its jobs, unsaved. Raises Refused when there is no such ref."""
    repository = Repository(request.project.repository_path)
    found = _find(request)
    try:
        commit = repository.commit(request.sha or found[0])
    except NoSuchRef:
        raise Refused("Reference not found") from None
    on_ref = Protections(request.project).on(request.ref, tag=found[1], deed=Deed.RUN)
    pipeline = Pipeline(
        project=request.project,
        user=request.user,
        ref=request.ref,
        tag=found[1],
        protected=bool(on_ref.protections),
        sha=commit.sha,
        before_sha=request.before_sha,
        source=request.source,
        variables=[dict(variable) for variable in request.variables],
        commit=commit_json(commit),
        **request.more,
    )
    return Draft(pipeline, commit, on_ref, request.text)


def _find(request: Request) -> tuple[str, bool]:
    if request.sha and request.tag is not None:
        return request.sha, request.tag
    ref = find_ref(request.project, request.ref)
    if ref is None:
        raise Refused("Reference not found")
    return ref.sha, ref.is_tag


def compiled(draft: Draft) -> config.Compiled:
    """The jobs of the commit's CI file. Raises NoFile, BadFile, NoJobs."""
    result = read(draft)
    if not result.jobs:
        raise NoJobs(NO_JOBS)
    return result


def read(draft: Draft, *, secrets: bool = True) -> config.Compiled:
    """As `compiled`, but the rules may leave no job. Without `secrets`, masked and protected variables are left out:
    for those who are shown what becomes of the file, and might write one that tells a value. Raises NoFile, BadFile.
    """
    pipeline, repository = draft.pipeline, Repository(draft.pipeline.project.repository_path)
    text = draft.text
    if text is None:
        text = text_of(repository, pipeline.sha, pipeline.project.ci_config_path or CI_FILE)
    if text is None:
        raise NoFile("Missing CI config file")
    try:
        reach = of_places(pipeline.project, protected=secrets and pipeline.protected)
        stored = values(variable for variable in reach if secrets or not variable.masked)
    except Unreadable:
        raise Refused("A CI variable cannot be read any more: it was kept under a key that is gone") from None
    given = {str(one["key"]): str(one["value"]) for one in pipeline.variables}
    try:
        return config.compile(
            text,
            ref=pipeline.ref,
            tag=pipeline.tag,
            source=pipeline.source,
            variables={**stored, **given},
            predefined=values(_predefined(pipeline)),
            read_local=lambda path: text_of(repository, pipeline.sha, path),
            read_project=reader_elsewhere(pipeline.user),
            list_files=lambda: files(repository, pipeline.sha),
            changed_files=lambda ref: changed_files(repository, pipeline.sha, pipeline.before_sha, ref),
        )
    except config.ConfigError as error:
        raise BadFile(*error.messages) from error


def offered_variables(request: Request) -> list[dict[str, Any]]:
    """Of the file's variables those that it describes, or gives a choice of; none of a file that cannot be used."""
    try:
        found = read(draft(request), secrets=False).variables
    except Refused:
        return []
    return [one for one in found if "description" in one or "options" in one]


def reader_elsewhere(user: User | None) -> Callable[[str, str, str], str | None]:
    """Reads files of other projects, as far as the person who starts the pipeline may clone them; None for all the
    rest.

    Each project is looked up once, however often one file names it: many times as long could tell a hidden one.
    """
    find = cache(partial(hooks.person_finds, user, Action.DOWNLOAD_CODE))

    def text_elsewhere(path: str, ref: str, file: str) -> str | None:
        project = find(path.lower() if path.isascii() else path)
        if project is None:
            return None
        repository, name = Repository(project.repository_path), ref or project.default_branch
        try:
            return text_of(repository, (find_ref(project, name) or repository.find(name)).sha, file)
        except NoSuchRef:
            return None

    return text_elsewhere


def _predefined(pipeline: Pipeline) -> list[Variable]:
    return [*of_server(), *of_project(pipeline.project), *of_pipeline(pipeline), *of_user(pipeline.user)]


def text_of(repository: Repository, sha: str, path: str) -> str | None:
    """A file that is read for a pipeline; None when there is none. Raises BadFile."""
    try:
        data = repository.blob(sha, path.lstrip("/"))
    except (NoSuchFile, NoSuchRef):
        return None
    if len(data) > LARGEST_FILE:
        raise BadFile(f"{path} is larger than {LARGEST_FILE // 1024} KiB.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadFile(f"{path} is not UTF-8 text.") from None


def commit_json(commit: Commit) -> dict[str, Any]:
    """As the API shows a commit (resources.md §5), without its address."""
    return {
        "id": commit.sha,
        "short_id": commit.short_sha,
        "created_at": commit.committed_at.isoformat(timespec="milliseconds"),
        "parent_ids": list(commit.parents),
        "title": _clean(commit.title, 1000),
        "message": _clean(commit.message, 100_000),
        "author_name": _clean(commit.author_name, 255),
        "author_email": _clean(commit.author_email, 255),
        "authored_date": commit.authored_at.isoformat(timespec="milliseconds"),
        "committer_name": _clean(commit.committer_name, 255),
        "committer_email": _clean(commit.committer_email, 255),
        "committed_date": commit.committed_at.isoformat(timespec="milliseconds"),
    }


def _clean(text: str, most: int) -> str:
    """Git takes any bytes; the database and JSON take neither NUL nor lone surrogates."""
    return text.replace("\0", "").encode(errors="replace")[:most].decode(errors="ignore")
