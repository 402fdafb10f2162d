"""A repository as JSON: folders, files, commits, branches and tags, in the original's keys."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

from rest_framework.request import Request

from config.rest import moment
from jobs.models import Pipeline
from projects.browse import readable
from projects.history import is_merged, last_change, line_counts
from projects.models import Project
from projects.protection import Protections
from projects.repository import Commit, Entry, Ref, Repository
from tokenaccess.policy.levels import Role
from tokenaccess.policy.refs import Deed

EXECUTABLE = 0o100755


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.sha,
        "name": readable(entry.name),
        "type": entry.kind,
        "path": readable(entry.path),
        "mode": entry.mode,
    }


def file_json(repository: Repository, ref: Ref, path: str, data: bytes) -> dict[str, Any]:
    """Everything about a file but its content."""
    return {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "size": len(data),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(data).hexdigest(),
        "ref": ref.name,
        "blob_id": repository.blob_id(ref.sha, path),
        "commit_id": ref.sha,
        "last_commit_id": last_change(repository, ref.sha, path),
        "execute_filemode": repository.mode(ref.sha, path) == EXECUTABLE,
    }


def file_headers(shown: dict[str, Any]) -> dict[str, str]:
    """The same as `X-Gitlab-…` headers, for who asks with HEAD."""
    return {f"X-Gitlab-{name.replace('_', '-').title()}": _header(value) for name, value in shown.items()}


def _header(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text if text.isprintable() else quote(text)


def blob_json(sha: str, data: bytes) -> dict[str, Any]:
    return {"size": len(data), "encoding": "base64", "content": base64.b64encode(data).decode(), "sha": sha}


def commit_json(commit: Commit, project: Project, request: Request) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "short_id": commit.short_sha,
        "created_at": commit.committed_at.isoformat(timespec="milliseconds"),
        "parent_ids": list(commit.parents),
        "title": commit.title,
        "message": commit.message,
        "author_name": commit.author_name,
        "author_email": commit.author_email,
        "authored_date": commit.authored_at.isoformat(timespec="milliseconds"),
        "committer_name": commit.committer_name,
        "committer_email": commit.committer_email,
        "committed_date": commit.committed_at.isoformat(timespec="milliseconds"),
        "trailers": {},
        "extended_trailers": {},
        "web_url": request.build_absolute_uri(f"/{project.full_path}/-/commit/{commit.sha}"),
    }


def stats_json(repository: Repository, commit: Commit) -> dict[str, int]:
    additions, deletions = line_counts(repository, commit.sha)
    return {"additions": additions, "deletions": deletions, "total": additions + deletions}


def pipeline_json(pipeline: Pipeline, project: Project, request: Request) -> dict[str, Any]:
    """A commit's last pipeline, in brief."""
    return {
        "id": pipeline.pk,
        "iid": pipeline.iid,
        "project_id": project.pk,
        "sha": pipeline.sha,
        "ref": pipeline.ref,
        "status": pipeline.status,
        "source": pipeline.source,
        "created_at": moment(pipeline.created_at),
        "updated_at": moment(pipeline.updated_at),
        "web_url": request.build_absolute_uri(f"/{project.full_path}/-/pipelines/{pipeline.pk}"),
    }


def branch_json(
    ref: Ref, repository: Repository, project: Project, request: Request, *, protections: Protections, may_push: bool
) -> dict[str, Any]:
    main = repository.branch(project.default_branch)
    protected = protections.protects(ref.name)
    developers = {deed: protections.on(ref.name, deed=deed).open_to(Role.DEVELOPER) for deed in (Deed.PUSH, Deed.MERGE)}
    return {
        "name": ref.name,
        "merged": main is not None and ref.name != main.name and is_merged(repository, ref.sha, main.sha),
        "protected": protected,
        "default": ref.name == project.default_branch,
        # Of a branch that is not protected the original says no here, too: the keys are about its protection.
        "developers_can_push": protected and developers[Deed.PUSH],
        "developers_can_merge": protected and developers[Deed.MERGE],
        "can_push": may_push,
        "web_url": request.build_absolute_uri(f"/{project.full_path}/-/tree/{quote(ref.name)}"),
        "commit": commit_json(repository.commit(ref.sha), project, request),
    }


def tag_json(
    ref: Ref, repository: Repository, project: Project, request: Request, *, protections: Protections
) -> dict[str, Any]:
    commit = repository.commit(ref.sha)
    return {
        "name": ref.name,
        "message": repository.tag_message(ref.name),
        "target": ref.sha,
        "commit": commit_json(commit, project, request),
        "release": None,
        "protected": protections.protects(ref.name, tag=True),
        "created_at": None,
    }
