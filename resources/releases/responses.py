"""What pages, the feed and REST answer alike: the notes of releases as HTML, and where an asset is."""

from __future__ import annotations

import posixpath
import time

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from pages import markdown
from projects.models import Project
from resources.releases.models import Release, ReleaseLink

MAX_SECONDS = 2.0


class NotesRenderer:
    """Markdown as HTML, for the releases of one project. What is too long for that, or comes after more than
    MAX_SECONDS of processor time for all of them, stays the text that it is.

    Relative links lead into the repository at the tag. `site`: what their addresses begin with.
    """

    def __init__(self, project: Project, site: str = "") -> None:
        self.project, self.site = project, site
        self._deadline = time.thread_time() + MAX_SECONDS

    def html(self, release: Release) -> SafeString:
        rendered = None if time.thread_time() > self._deadline else self._render(release)
        return format_html("<pre>{}</pre>", release.description) if rendered is None else rendered

    def _render(self, release: Release) -> SafeString | None:
        def resolve(path: str, *, image: bool) -> str | None:
            inside = posixpath.normpath(path.lstrip("/") or ".")
            if inside == ".." or inside.startswith("../"):
                return None
            is_top = inside == "."
            page = "project_raw" if image else "project_tree" if is_top else "project_blob"
            address = release.tag if is_top else f"{release.tag}/{inside}"
            return self.site + reverse(page, args=[self.project.full_path, address])

        return markdown.render(release.description, resolve)


def redirect_to(link: ReleaseLink) -> HttpResponse:
    return HttpResponseRedirect(link.url)
