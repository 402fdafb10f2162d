"""Writing to a repository without git: each change moves one ref and is told like a push.

There is no line in the audit: the history of a repository is git's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from identity.models import User
from projects.extensions import events
from projects.extensions.locked_paths import locked_for
from projects.models import Project
from projects.repository import Change, Commit, InvalidChange, NoSuchRef, Ref, Repository

README = "README.md"


def commit_files(
    project: Project,
    *,
    branch: str,
    changes: list[Change],
    message: str,
    by: User,
    start: str | None = None,
    author: tuple[str, str] | None = None,
    force: bool = False,
    check: Callable[[str], None] = lambda base: None,
) -> Commit:
    """One commit on `branch`, which is made from `start` when it is new, or with `force` in any case. `check` as
    Repository.commit_to calls it. Raises NoSuchRef, InvalidChange, also for a file that somebody else has locked."""
    _check_locks(project, changes, by)
    repository = Repository(project.repository_path)
    if start is not None and start != branch and not force and repository.branch(branch) is not None:
        raise InvalidChange(
            f"A branch called '{branch}' already exists. Switch to that branch in order to make changes"
        )
    anew = force and start is not None
    made, old = repository.commit_to(
        branch, changes, message, by=_signature(by), start=start, author=author, anew=anew, check=check
    )
    _announce(project, f"refs/heads/{branch}", old or events.NULL_SHA, made.sha, by)
    return made


def _check_locks(project: Project, changes: list[Change], by: User) -> None:
    paths = {path for change in changes for path in (change.path, change.previous_path)}
    for locked in locked_for(project.pk, by.pk):
        if any(map(locked.covers, paths)):
            raise InvalidChange(locked.sentence)


def write_readme(project: Project, *, by: User) -> Commit:
    """The first commit of a new project."""
    text = f"# {project.name}\n\n{project.description}\n" if project.description else f"# {project.name}\n"
    return commit_files(
        project,
        branch=project.default_branch,
        changes=[Change("create", README, text.encode())],
        message="Initial commit",
        by=by,
    )


def create_branch(project: Project, *, name: str, at: str, by: User) -> Ref:
    """Raises NoSuchRef for `at`, InvalidChange for the name."""
    made = Repository(project.repository_path).create_branch(name, at)
    _announce(project, f"refs/heads/{name}", events.NULL_SHA, made.sha, by)
    return made


def create_tag(project: Project, *, name: str, at: str, message: str, by: User, job_id: int | None = None) -> Ref:
    """With a message an annotated one. `job_id`: the job whose token asked for it. Raises NoSuchRef for `at`,
    InvalidChange for the name."""
    made = Repository(project.repository_path).create_tag(name, at, message, by=_signature(by))
    _announce(project, f"refs/tags/{name}", events.NULL_SHA, made.sha, by, job_id)
    return made


def delete_ref(project: Project, ref: Ref, *, by: User) -> None:
    """Raises InvalidChange for the default branch, which stays, and NoSuchRef for one that has gone meanwhile."""
    if not ref.is_tag and ref.name == project.default_branch:
        raise InvalidChange("Cannot remove HEAD branch")
    Repository(project.repository_path).delete_ref(ref)
    _announce(project, f"refs/{'tags' if ref.is_tag else 'heads'}/{ref.name}", ref.sha, events.NULL_SHA, by)


def delete_branches(project: Project, refs: Iterable[Ref], *, by: User) -> None:
    """Those that still lead where they did; the default branch stays."""
    for ref in refs:
        with suppress(NoSuchRef, InvalidChange):
            delete_ref(project, ref, by=by)


def _signature(user: User) -> tuple[str, str]:
    return user.get_full_name(), user.email


def _announce(project: Project, ref: str, old: str, new: str, by: User, job_id: int | None = None) -> None:
    events.announce_push(project=project, ref=ref, old=old, new=new, user=by, job_id=job_id)
