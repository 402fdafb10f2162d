"""What stands in the side navigation: plain tables, shortened to what exists and what the person may."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess import gate
from tokenaccess.policy import Action

Words = str | Promise


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
        here = url_name != "" and url_name in (self.url_name, *self.below)
        return here or any(child.covers(url_name) for child in self.children)


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
        """`Packages`, or `Settings › Token Access` for a page below another."""
        above = ""
        for link in (link for section in self.sections for link in section.links):
            if link.current:
                return f"{above} › {link.label}" if link.sub else str(link.label)
            above = above if link.sub else str(link.label)
        return ""


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
            Item(_("Jobs"), "job", "project_jobs", Action.READ_JOBS, ("project_job", "project_job_artifacts")),
            Item(_("Environments"), "environment", "project_environments", Action.READ_ENVIRONMENTS),
            Item(_("Schedules"), "schedule", "project_schedules", Action.READ_SCHEDULES),
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
            Item(_("Members"), "members", "project_members", Action.READ_PROJECT),
            Item(_("History"), "history", "project_audit", Action.READ_AUDIT),
            Item(
                _("Settings"),
                "settings",
                "",
                children=(
                    Item(_("General"), "", "project_settings_general", Action.ADMIN_PROJECT),
                    Item(_("Repository"), "", "project_settings_repository", Action.MANAGE_PROTECTED_REFS),
                    Item(_("CI/CD"), "", "project_settings_ci_cd", Action.ADMIN_PROJECT),
                    Item(_("Token Access"), "", "project_token_access", Action.MANAGE_TOKEN_ACCESS),
                    Item(_("Runners"), "", "project_runners", Action.MANAGE_RUNNERS),
                    Item(_("Variables"), "", "project_variables", Action.MANAGE_VARIABLES),
                    Item(_("Triggers"), "", "project_triggers", Action.MANAGE_TRIGGERS),
                ),
            ),
        ),
    ),
)

GROUP = (
    ("top", "", (Item(_("Overview"), "home", "group"),)),
    (
        "manage",
        _("Manage"),
        (
            Item(_("Members"), "members", "group_members", Action.READ_GROUP),
            Item(_("Runners"), "runner", "group_runners", Action.MANAGE_GROUP_RUNNERS),
            Item(_("Variables"), "settings", "group_variables", Action.MANAGE_GROUP_VARIABLES),
        ),
    ),
)

ACCOUNT = (
    (
        "you",
        "",
        (
            Item(_("Tokens"), "token", "account_tokens"),
            Item(_("Password"), "lock", "account_password"),
            Item(_("Preferences"), "theme", "preferences"),
        ),
    ),
)


def for_project(request: HttpRequest, project: Project, current: str | None = None) -> Navigation:
    """`current` is a URL name; without it the request's own address says where we are."""
    allowed = partial(_may, request, project)
    sections = _sections(PROJECT, {"project_path": project.full_path}, allowed, current or _here(request))
    return Navigation(project.full_path, project.visibility_name, sections)


def for_group(request: HttpRequest, group: Group, current: str | None = None) -> Navigation:
    allowed = partial(_may, request, group)
    sections = _sections(GROUP, {"group_path": group.full_path}, allowed, current or _here(request))
    return Navigation(group.full_path, group.visibility_name, sections)


def for_account(request: HttpRequest, current: str | None = None) -> Navigation:
    """One's own pages; a visitor has preferences only."""
    known = request.user.is_authenticated
    table = ACCOUNT if known else (("you", "", ACCOUNT[0][2][-1:]),)
    name = request.user.get_username() if known else str(_("Visitor"))
    return Navigation(name, "", _sections(table, {}, lambda _action: True, current or _here(request)))


def above(request: HttpRequest, place: Project | Group) -> list[tuple[str, str]]:
    """(name, address) of the groups above, outermost first; the address is "" where the visitor may not look."""
    parts = place.full_path.split("/")[:-1]
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    user = request.user if request.user.is_authenticated else None
    seen = set(Group.objects.visible_to(user).filter(full_path__in=paths).values_list("full_path", flat=True))
    return [(name, f"/{path}" if path in seen else "") for name, path in zip(parts, paths, strict=True)]


def _may(request: HttpRequest, place: Project | Group, action: Action) -> bool:
    return gate.may(request, action, place)


def _here(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match else ""


def _sections(
    table: tuple[tuple[str, Words, tuple[Item, ...]], ...],
    kwargs: dict[str, str],
    allowed: Callable[[Action], bool],
    here: str,
) -> list[Section]:
    sections = []
    for slug, title, items in table:
        links = [link for item in items for link in _links(item, kwargs, allowed, here)]
        if links:
            sections.append(Section(slug, title, links))
    return sections


def _links(item: Item, kwargs: dict[str, str], allowed: Callable[[Action], bool], here: str) -> Iterator[Link]:
    """The item's own link; with children, its first reachable child stands for it and they unfold where one is open."""
    if not item.children:
        url = _address(item, kwargs)
        if url and (item.action is None or allowed(item.action)):
            yield Link(item.label, item.icon, url, item.covers(here))
        return
    children = [link for child in item.children for link in _links(child, kwargs, allowed, here)]
    if not children:
        return
    yield Link(item.label, item.icon, children[0].url, current=False)
    if item.covers(here):
        yield from (replace(child, sub=True) for child in children)


def _address(item: Item, kwargs: dict[str, str]) -> str:
    """The item's address, or "" while no page has its name."""
    try:
        return reverse(item.url_name, kwargs=kwargs)
    except NoReverseMatch:
        return ""
