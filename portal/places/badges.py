"""The badges of a project's page."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings

from projects.badges.placeholders import BadgeUrls
from projects.badges.services import badges_of
from projects.models import Project

DISPLAY_LIMIT = 20


class ShownBadge(NamedTuple):
    """`image`: empty for one of another server: pages load nothing from elsewhere, so its name is shown instead."""

    name: str
    link: str
    image: str


def shown_badges(project: Project, *, reads_code: bool) -> list[ShownBadge]:
    urls = BadgeUrls(project, reads_code=reads_code)
    return [
        ShownBadge(badge.name or badge.link_url, urls.render(badge.link_url), _own_image(urls.render(badge.image_url)))
        for badge in badges_of(project).order_by("id")[:DISPLAY_LIMIT]
    ]


def _own_image(url: str) -> str:
    """The path of an image of this server."""
    own = f"{settings.EXTERNAL_URL}/"
    return f"/{url.removeprefix(own)}" if url.startswith(own) else ""
