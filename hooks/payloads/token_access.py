"""What the policy decided about jobs of other projects, as whoever made the webhook may see it.

A source that they may not see is none to them: neither its name nor its job is told, as in the pages of the log.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hooks.models import Hook
from hooks.payloads.parts import address, iso, project_part
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of decision about one source, counted. `outcome`: `admitted`, `refused` or `trial`."""

    outcome: str
    origin_id: int
    name: str
    count: int
    first_at: datetime
    last_at: datetime
    job_id: int | None = None
    rule: str = ""
    sentence: str = ""


def decisions_payload(target: Project, seen: Iterable[Seen], hook: Hook) -> dict[str, Any]:
    decisions = list(seen)
    sources = visible_sources({one.origin_id for one in decisions}, hook)
    return {
        "object_kind": "token_access",
        "event_name": "token_access",
        "project": project_part(target),
        "decisions": [_decision(one, sources.get(one.origin_id)) for one in decisions],
    }


def visible_sources(ids: set[int], hook: Hook) -> dict[int, Project]:
    creator = hook.creator
    if creator is None or not creator.is_active:
        return {}
    return {project.pk: project for project in Project.objects.visible_to(creator).filter(pk__in=ids)}


def _decision(one: Seen, source: Project | None) -> dict[str, Any]:
    return {
        "decision": one.outcome,
        "action": one.name,
        "rule": one.rule or None,
        "reason": one.sentence or None,
        "count": one.count,
        "first_at": iso(one.first_at),
        "last_at": iso(one.last_at),
        "source": None
        if source is None
        else {
            "id": source.pk,
            "path_with_namespace": source.full_path,
            "web_url": address(source.full_path),
        },
        "job_id": None if source is None else one.job_id,
    }
