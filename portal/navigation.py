"""What stands in the side navigation: plain tables, shortened to what exists and what the person may."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tokenaccess import gate
from tokenaccess.policy import Action

type Words = str | Promise


@dataclass(frozen=True)
class Item:
    """A line of the table. `action` None means everyone who sees the page; `below` are URL names of inner pages."""

    label: Words
    icon: str
    url_name: str
    action: Action | None = None
    below: tuple[str, ...] = ()
    children: tuple["Item", ...] = ()

    def covers(self, url_name: str) -> bool:
        return url_name == self.url_name or url_name in self.below or any(c.covers(url_name) for c in self.children)


@dataclass(frozen=True)
class Link:
    label: Words
    icon: str
    url: str
    current: bool
    sub: bool = False


@dataclass(frozen=True)
class Section:
    slug: str
    title: Words
    links: list[Link]


@dataclass(frozen=True)
class Navigation:
    """`name` and `visibility` of whose navigation it is, `place` as words for the folded line on small screens."""

    name: str
    visibility: str
    sections: list[Section] = field(default_factory=list)

    @property
    def monogram(self) -> str:
        return self.name.rsplit("/", 1)[-1][:1].upper()

    @property
    def place(self) -> str:
        return " › ".join(str(link.label) for section in self.sections for link in section.links if link.current)


PROJECT = (
    ("top", "", (Item(_("Overview"), "home", "project"),)),
    (
        "code",
        _("Code"),
        (
            Item(_("Files"), "file", "project_files", Action.READ_CODE, ("project_tree", "project_blob")),
            Item(_("Commits"), "commit", "project_commits", Action.READ_CODE, ("project_commit",)),
            Item(_("Branches and tags"), "branch", "project_branches", Action.READ_CODE),
        ),
    ),
    (
        "build",
        _("Build"),
        (
            Item(_("Pipelines"), "pipeline", "project_pipelines", Action.READ_PIPELINES, ("project_pipeline",)),
            Item(_("Jobs"), "job", "project_jobs", Action.READ_PIPELINES, ("project_job",)),
        ),
    ),
    (
        "deliver",
        _("Deliver"),
        (Item(_("Packages"), "package", "project_packages", Action.READ_PACKAGES, ("project_package",)),),
    ),
    (
        "manage",
        _("Manage"),
        (
            Item(_("Members"), "members", "project_members", Action.READ_MEMBERS),
            Item(_("History"), "history", "project_audit", Action.READ_AUDIT),
            Item(
                _("Settings"),
                "settings",
                "",
                children=(
                    Item(_("General"), "", "project_settings_general", Action.ADMIN_PROJECT),
                    Item(_("CI/CD"), "", "project_settings_ci_cd", Action.MANAGE_TOKEN_ACCESS),
                    Item(_("Token Access"), "", "project_token_access", Action.MANAGE_TOKEN_ACCESS),
                    Item(_("Runners"), "", "project_runners", Action.ADMIN_PROJECT),
                ),
            ),
        ),
    ),
)
