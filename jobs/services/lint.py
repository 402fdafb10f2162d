"""Trying a CI file: what is wrong with it, and what a pipeline would be made of. Reads only.

Masked and protected variables are unknown here: whoever writes the file is shown what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from identity.models import User
from jobs import config
from jobs.config import CompiledJob
from jobs.services.drafts import CI_FILE, NO_JOBS, Refused, Request, draft, read, reader_elsewhere, text_of
from jobs.variables import of_project, of_server, values
from projects.models import Project
from projects.repository import NoSuchRef, Repository

TOO_LONG = "The merged file is too long to be shown."


@dataclass(frozen=True)
class Linted:
    """Sentences for people; `jobs` are those of a pipeline of a push. `merged_yaml` is None where there is none."""

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    merged_yaml: str | None = None
    jobs: tuple[CompiledJob, ...] = ()

    @property
    def valid(self) -> bool:
        return not self.errors


def lint_text(text: str, *, user: User | None) -> Linted:
    """A file of no project: it may include what `user` may clone, and knows no variable but the server's."""
    return _tried(text, user, values(of_server()))


def lint_file(*, project: Project, user: User | None, text: str, ref: str = "", dry_run: bool = False) -> Linted:
    """`text` as if it were the CI file at `ref`, by default of the default branch.

    `dry_run`: as if it was pushed there; that no job would run is a mistake then.
    """
    if not ref and Repository(project.repository_path).is_empty():
        return _tried(text, user, values([*of_server(), *of_project(project)]), dry_run=dry_run)
    return _read(Request(project, ref or project.default_branch, user, "push", text=text), dry_run)


def lint_commit(
    *, project: Project, user: User | None, content_ref: str = "", ref: str = "", dry_run: bool = False
) -> Linted:
    """The CI file of the branch, tag or commit `content_ref`, tried for a pipeline of `ref`."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(content_ref or project.default_branch).sha
    except NoSuchRef:
        return Linted(errors=("Reference not found",))
    named = repository.branch(content_ref) or repository.tag(content_ref)
    of = ref or (content_ref if named else project.default_branch)
    return _read(Request(project, of, user, "push", sha=sha), dry_run)


def _read(request: Request, dry_run: bool) -> Linted:
    try:
        return _told(read(draft(request), secrets=False), dry_run)
    except Refused as error:
        return Linted(errors=tuple(error.messages))


def _tried(text: str, user: User | None, predefined: dict[str, str], *, dry_run: bool = False) -> Linted:
    try:
        found = config.compile(text, predefined=predefined, read_project=reader_elsewhere(user))
    except config.ConfigError as error:
        return Linted(errors=tuple(error.messages))
    except Refused as error:
        return Linted(errors=tuple(error.messages))
    return _told(found, dry_run)


def _told(found: config.Compiled, dry_run: bool) -> Linted:
    merged = config.merged_yaml(found.tree)
    warnings = [] if merged is not None else [TOO_LONG]
    if found.empty_because and not dry_run:
        warnings.append(found.empty_because)
    return Linted((NO_JOBS,) if found.empty_because and dry_run else (), tuple(warnings), merged, found.jobs)


def file_of(project: Project) -> str:
    """The CI file of the default branch; empty when there is none that can be read."""
    repository = Repository(project.repository_path)
    try:
        sha = repository.find(project.default_branch).sha
        return text_of(repository, sha, project.ci_config_path or CI_FILE) or ""
    except (NoSuchRef, Refused):
        return ""
