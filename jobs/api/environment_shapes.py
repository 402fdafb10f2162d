"""Environments and deployments as the API shows them."""

from __future__ import annotations

from typing import Any

from config.rest import moment
from jobs.api import shapes
from jobs.models import Deployment, Environment
from projects.models import Project


def basic(one: Environment) -> dict[str, Any]:
    """As another thing names it."""
    return {
        "id": one.pk,
        "name": one.name,
        "slug": one.slug,
        "external_url": one.external_url or None,
        "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at),
    }


def environment(one: Environment) -> dict[str, Any]:
    return {
        **basic(one),
        "description": one.description or None,
        "tier": one.tier,
        "state": one.state,
        "auto_stop_at": moment(one.auto_stop_at),
    }


def deployment(one: Deployment, project: Project, *, limited: bool) -> dict[str, Any]:
    """`limited`: the project limits where its jobs may go; asked once for a whole list."""
    return {**line(one, project, limited=limited), "environment": basic(one.environment)}


def line(one: Deployment, project: Project, *, limited: bool) -> dict[str, Any]:
    """The same without its environment, inside of which it stands."""
    return {
        "id": one.pk,
        "iid": one.iid,
        "ref": one.job.pipeline.ref,
        "sha": one.job.pipeline.sha,
        "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at),
        "user": shapes.user(one.job.user),
        "deployable": shapes.job(one.job, project, limited=limited),
        "status": one.status,
    }
