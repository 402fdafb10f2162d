"""Writing to a repository without git: each change moves one ref and is told like a push.

There is no line in the audit: the history of a repository is git's own.
"""

from __future__ import annotations

from identity.models import User
from projects import events
from projects.models import Project
from projects.repository import BadChange, Change, Commit, Ref, Repository

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
) -> Commit:
    """One commit on `branch`, which is made from `start` when it is new. Raises NoSuchRef, BadChange."""
    repository = Repository(project.repository_path)
    old = repository.branch(branch)
    if start is not None and start != branch and old is not None:
        raise BadChange(f"A branch called '{branch}' already exists. Switch to that branch in order to make changes")
    made = repository.write(branch, changes, message, by=_signature(by), start=start, author=author)
    _tell(project, f"refs/heads/{branch}", old.sha if old else events.NOTHING, made.sha, by)
    return made


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
    """Raises NoSuchRef for `at`, BadChange for the name."""
    made = Repository(project.repository_path).create_branch(name, at)
    _tell(project, f"refs/heads/{name}", events.NOTHING, made.sha, by)
    return made


def create_tag(project: Project, *, name: str, at: str, message: str, by: User) -> Ref:
    """With a message an annotated one. Raises NoSuchRef for `at`, BadChange for the name."""
    made = Repository(project.repository_path).create_tag(name, at, message, by=_signature(by))
    _tell(project, f"refs/tags/{name}", events.NOTHING, made.sha, by)
    return made


def delete_ref(project: Project, ref: Ref, *, by: User) -> None:
    """Raises BadChange for the default branch, which stays, and NoSuchRef for one that has gone meanwhile."""
    if not ref.is_tag and ref.name == project.default_branch:
        raise BadChange("Cannot remove HEAD branch")
    Repository(project.repository_path).delete_ref(ref)
    _tell(project, f"refs/{'tags' if ref.is_tag else 'heads'}/{ref.name}", ref.sha, events.NOTHING, by)


def _signature(user: User) -> tuple[str, str]:
    return user.get_full_name(), user.email


def _tell(project: Project, ref: str, old: str, new: str, by: User) -> None:
    events.pushed(project=project, ref=ref, old=old, new=new, user=by)
