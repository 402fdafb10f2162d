"""The part of a payload about the repository: what the runner fetches, and how (runner.md §2.6)."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.variables.job import clone_url
from projects.repository import Repository
from text.numbers import parse_number

_MAX_DEPTH = 999_999  # more is a mistake


def git_info(job: Job, token: str, wanted_depth: str) -> dict[str, Any]:
    """`wanted_depth`: the job's variable GIT_DEPTH, which the server has to apply."""
    pipeline, depth = job.pipeline, _depth(wanted_depth, job.project.git_depth)
    return {
        "repo_url": clone_url(job, token),
        "repo_object_format": "sha1" if len(pipeline.sha) == 40 else "sha256",
        "ref": pipeline.ref,
        "sha": pipeline.sha,
        "before_sha": pipeline.before_sha,
        "ref_type": "tag" if pipeline.tag else "branch",
        "refspecs": _refspecs(job, depth),
        "depth": depth,
        "protected": pipeline.protected,
    }


def _depth(wanted: str, default: int) -> int:
    """The number of commits to fetch; 0: all."""
    depth = parse_number(wanted, _MAX_DEPTH)
    return default if depth is None else depth


def _refspecs(job: Job, depth: int) -> list[str]:
    """The refs to fetch: the commit by its id, and its branch or tag for the scripts.

    By its id the commit is found even if its branch has moved on, was rewritten or deleted. The branch or tag is left
    out if it does not exist, because then the whole fetch would fail.
    """
    pipeline = job.pipeline
    commit = f"+{pipeline.sha}:refs/pipelines/{pipeline.pk}"
    if depth == 0:
        return [commit, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    repository, name = Repository(job.project.repository_path), pipeline.ref
    if pipeline.tag:
        return [commit, f"+refs/tags/{name}:refs/tags/{name}"] if repository.tag(name) else [commit]
    return [commit, f"+refs/heads/{name}:refs/remotes/origin/{name}"] if repository.branch(name) else [commit]
