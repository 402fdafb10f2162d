"""The releases of a project as an Atom feed, for programs that tell people of new ones."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _

from projects.models import Project
from resources.releases.models import Release
from resources.releases.responses import NotesRenderer

MAX_ITEMS = 20
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


class ReleaseFeed(Feed):
    """The latest that are not upcoming, newest first."""

    feed_type = Atom1Feed

    def __init__(self, project: Project, page: str, *, reads_code: bool) -> None:
        self.project, self.link, self.reads_code = project, page, reads_code

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.notes = NotesRenderer(self.project, request.build_absolute_uri("/").rstrip("/"))

    def title(self) -> str:
        return _("Releases of %(project)s") % {"project": self.project.full_path}

    def items(self) -> Any:
        released = Release.objects.filter(project=self.project, released_at__lte=timezone.now())
        return released.with_details().order_by("-released_at", "-id")[:MAX_ITEMS]

    def item_title(self, item: Release) -> str:
        """With the tag for those who may read the code."""
        name = f"{item.name} ({item.tag})" if self.reads_code and item.name != item.tag else item.name
        return _as_xml_text(name)

    def item_description(self, item: Release) -> str:
        return _as_xml_text(self.notes.html(item))

    def item_link(self, item: Release) -> str:
        return reverse("project_release", args=[self.project.full_path, item.tag])

    def item_author_name(self, item: Release) -> str:
        return _as_xml_text(item.author.get_full_name()) if item.author else _("a deleted user")

    def item_pubdate(self, item: Release) -> datetime:
        return item.released_at

    def item_updateddate(self, item: Release) -> datetime:
        return item.released_at


def _as_xml_text(text: str) -> str:
    """Without what no XML can hold."""
    return _NOT_IN_XML.sub("\ufffd", text)
