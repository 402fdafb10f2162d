"""The README of a project, rendered for its overview."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString

from pages import markdown
from projects.models import Project
from projects.repository import Repository
from projects.tree_browser import Readme, readme

MARKDOWN_SUFFIXES = (".md", ".markdown")


@dataclass(frozen=True, slots=True)
class RenderedReadme:
    """`html` is None where the plain text is shown: it is not Markdown, or too much of it."""

    name: str
    text: str
    html: SafeString | None


def rendered_readme(project: Project, repository: Repository) -> RenderedReadme | None:
    """That of the default branch; None if there is none that can be shown."""
    found = readme(repository, project.default_branch)
    if found is None:
        return None
    return RenderedReadme(found.name, found.text, _html(project, found))


def _html(project: Project, found: Readme) -> SafeString | None:
    if not found.name.lower().endswith(MARKDOWN_SUFFIXES):
        return None

    def resolve(path: str, *, image: bool) -> str | None:
        """Relative to the top of the repository, where the README lies, and at its branch; None outside of it."""
        inside = posixpath.normpath(path.lstrip("/") or ".")
        if inside == ".." or inside.startswith("../"):
            return None
        is_top = inside == "."
        address = project.default_branch if is_top else f"{project.default_branch}/{inside}"
        page = "project_raw" if image else "project_tree" if is_top else "project_blob"
        return reverse(page, args=[project.full_path, address])

    return markdown.render(found.text, resolve)
