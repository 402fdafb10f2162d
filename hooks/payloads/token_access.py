"""What the policy decided about jobs of other projects, as whoever made the webhook may see it.

A source that they may not see is none to them: neither its name nor its job is told, as in the pages of the log.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hooks.payloads.parts import address, project_part
from identity.models import User
from projects.models import Project
from text.moments import utc_text

KIND = "token_access"


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


def decisions_payload(target: Project, seen: Iterable[Seen], sources: Mapping[int, Project]) -> dict[str, Any]:
    """`sources`: those that the receiver may know of, by id."""
    return {
        "object_kind": KIND,
        "event_name": "token_access",
        "project": project_part(target),
        "decisions": [_decision(one, sources.get(one.origin_id)) for one in seen],
    }


def visible_sources(ids: set[int], person: User | None) -> dict[int, Project]:
    """One statement; none for nobody, and for whoever is blocked: they see nothing."""
    if person is None or not person.is_active or not ids:
        return {}
    return {project.pk: project for project in Project.objects.visible_to(person).filter(pk__in=ids)}


def payloads_for(payloads: Sequence[dict[str, Any]], person: User | None) -> list[dict[str, Any]]:
    """As this person may see them now, whoever they were written for. One statement, if there are sources in them."""
    visible = visible_sources({source_id for payload in payloads for source_id in _source_ids(payload)}, person)
    return [_hide_sources(payload, visible) if _source_ids(payload) else payload for payload in payloads]


def _source_ids(payload: dict[str, Any]) -> set[int]:
    if payload.get("object_kind") != KIND:
        return set()
    return {one["source"]["id"] for one in payload["decisions"] if one["source"] is not None}


def _hide_sources(payload: dict[str, Any], visible: Container[int]) -> dict[str, Any]:
    decisions = [
        one if one["source"] is None or one["source"]["id"] in visible else {**one, "source": None, "job_id": None}
        for one in payload["decisions"]
    ]
    return {**payload, "decisions": decisions}


def _decision(one: Seen, source: Project | None) -> dict[str, Any]:
    return {
        "decision": one.outcome,
        "action": one.name,
        "rule": one.rule or None,
        "reason": one.sentence or None,
        "count": one.count,
        "first_at": utc_text(one.first_at),
        "last_at": utc_text(one.last_at),
        "source": None
        if source is None
        else {
            "id": source.pk,
            "path_with_namespace": source.full_path,
            "web_url": address(source.full_path),
        },
        "job_id": None if source is None else one.job_id,
    }
