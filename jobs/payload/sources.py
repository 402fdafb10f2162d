"""Which commit a runner fetches, and how (runner.md §2.6)."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.variables.job import clone_url
from projects.repository import Repository

_DIGITS = 6  # of a depth; more is a slip, and far from what the runner's own number can hold


def git_info(job: Job, token: str, wanted_depth: str) -> dict[str, Any]:
    """`wanted_depth`: the job's GIT_DEPTH, which the runner leaves to us."""
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


def _depth(wanted: str, usual: int) -> int:
    """Commits; 0: all of them."""
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS else usual


def _refspecs(job: Job, depth: int) -> list[str]:
    """The commit by its id, so that it is found wherever its branch is by now: far ahead, rewritten or gone. The branch
    or tag beside it, for the scripts, while it is there: a refspec without its ref fails the whole fetch."""
    pipeline = job.pipeline
    commit = f"+{pipeline.sha}:refs/pipelines/{pipeline.pk}"
    if depth == 0:
        return [commit, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    repository, name = Repository(job.project.repository_path), pipeline.ref
    if pipeline.tag:
        return [commit, f"+refs/tags/{name}:refs/tags/{name}"] if repository.tag(name) else [commit]
    return [commit, f"+refs/heads/{name}:refs/remotes/origin/{name}"] if repository.branch(name) else [commit]
