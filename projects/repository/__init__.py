"""Projects' git repositories on disk."""

from projects.repository.commit_actions import Change, ChangedMeanwhile, InvalidChange
from projects.repository.objects import (
    Commit,
    Entry,
    FileTooLarge,
    NoSuchFile,
    NoSuchRef,
    Ref,
    commit_time,
    is_branch_name,
    is_full_id,
    looks_like_id,
    parse_ref,
)
from projects.repository.repository import Repository

__all__ = [
    "Change",
    "ChangedMeanwhile",
    "Commit",
    "Entry",
    "FileTooLarge",
    "InvalidChange",
    "NoSuchFile",
    "NoSuchRef",
    "Ref",
    "Repository",
    "commit_time",
    "is_branch_name",
    "is_full_id",
    "looks_like_id",
    "parse_ref",
]
