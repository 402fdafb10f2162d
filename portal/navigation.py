"""What stands in the side navigation: plain tables, shortened to what exists and what the person may."""

from collections.abc import Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from identity.sign_in.provider import single_sign_on
from identity.sign_in.users import signed_in_user
from projects.models import Group, Project
from tokenaccess.access import gate
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind

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

    @cached_property
    def url_names(self) -> frozenset[str]:
        """Of all pages that it stands for."""
        own = {self.url_name, *self.below} - {""}
        return frozenset(own.union(*(child.url_names for child in self.children)))


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
    def current_label(self) -> str:
        """`Packages`, or `Settings › Token Access` for a page below another."""
        above = ""
        for link in (link for section in self.sections for link in section.links):
            if link.current:
                return f"{above} › {link.label}" if link.sub else str(link.label)
            above = above if link.sub else str(link.label)
        return ""


Table = tuple[tuple[str, Words, tuple[Item, ...]], ...]
PROJECT: Table = (
    ("top", "", (Item(_("Overview"), "home", "project"),)),
    (
        "code",
        _("Code"),
        (
            Item(_("Files"), "file", "project_files", Action.READ_CODE, ("project_tree", "project_blob")),
            Item(_("Commits"), "commit", "project_commits", Action.READ_CODE, ("project_commit",)),
            Item(_("Branches and tags"), "branch", "project_branches", Action.READ_CODE),
            Item(_("Large files"), "download", "project_lfs", Action.READ_CODE, ("project_lfs_unlock",)),
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
            Item(_("Components"), "package", "project_components", Action.READ_CODE),
        ),
    ),
    (
        "deliver",
        _("Deliver"),
        (
            Item(_("Releases"), "release", "project_releases", Action.READ_RELEASES, ("project_release",)),
            Item(_("Packages"), "package", "project_packages", Action.READ_PACKAGES, ("project_package",)),
            Item(_("Container registry"), "registry", "project_images", Action.READ_IMAGES, ("project_image",)),
            Item(_("Terraform states"), "state", "project_states", Action.READ_TERRAFORM_STATES, ("project_state",)),
        ),
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
                    Item(_("Packages"), "", "project_settings_packages", Action.MANAGE_PACKAGE_PROTECTION),
                    Item(_("Trusted publishing"), "", "project_trusted_publishers", Action.MANAGE_TRUSTED_PUBLISHERS),
                    Item(_("CI/CD"), "", "project_settings_ci_cd", Action.ADMIN_PROJECT),
                    Item(_("Token Access"), "", "project_token_access", Action.MANAGE_TOKEN_ACCESS),
                    Item(_("Posture"), "", "project_posture", Action.MANAGE_TOKEN_ACCESS),
                    Item(_("Tokens"), "", "project_tokens", Action.READ_TOKENS),
                    Item(_("Deploy keys"), "", "project_deploy_keys", Action.READ_TOKENS),
                    Item(_("Runners"), "", "project_runners", Action.MANAGE_RUNNERS),
                    Item(_("Variables"), "", "project_variables", Action.MANAGE_VARIABLES),
                    Item(_("Secure files"), "", "project_secure_files", Action.MANAGE_SECURE_FILES),
                    Item(_("Triggers"), "", "project_triggers", Action.MANAGE_TRIGGERS),
                    Item(_("Webhooks"), "", "project_hooks", Action.READ_HOOKS),
                ),
            ),
        ),
    ),
)

GROUP: Table = (
    ("top", "", (Item(_("Overview"), "home", "group"),)),
    (
        "manage",
        _("Manage"),
        (
            Item(_("Members"), "members", "group_members", Action.READ_GROUP),
            Item(_("Runners"), "runner", "group_runners", Action.MANAGE_GROUP_RUNNERS),
            Item(_("Variables"), "settings", "group_variables", Action.MANAGE_GROUP_VARIABLES),
            Item(_("Packages"), "package", "group_settings_packages", Action.ADMIN_GROUP),
            Item(_("Token Access"), "lock", "group_token_access", Action.READ_GROUP_TOKEN_ACCESS),
            Item(_("Tokens"), "token", "group_tokens", Action.READ_GROUP_TOKENS),
            Item(_("Webhooks"), "out", "group_hooks", Action.READ_GROUP_HOOKS),
            Item(_("Posture"), "warn", "group_posture", Action.ADMIN_GROUP),
            Item(_("Stop job tokens"), "stopped", "group_job_token_stop", Action.ADMIN_GROUP),
            Item(_("Transfer"), "arrow", "group_transfer", Action.ADMIN_GROUP),
            Item(_("Delete"), "trash", "group_delete", Action.ADMIN_GROUP),
        ),
    ),
)

ACCOUNT = (
    (
        "you",
        "",
        (
            Item(_("Tokens"), "token", "account_tokens"),
            Item(_("SSH keys"), "lock-open", "account_ssh_keys"),
            Item(_("Applications"), "package", "account_applications"),
            Item(_("Password"), "lock", "account_password"),
            Item(_("Two-factor sign-in"), "check", "mfa_index"),
            Item(_("Single sign-on"), "public", "socialaccount_connections"),
            Item(_("Sessions"), "clock", "account_sessions"),
            Item(_("Preferences"), "theme", "preferences"),
        ),
    ),
)

_ACTIONS: dict[TargetKind, frozenset[Action]] = {
    kind: frozenset(
        one.action
        for _slug, _title, items in table
        for item in items
        for one in (item, *item.children)
        if one.action is not None
    )
    for kind, table in ((TargetKind.PROJECT, PROJECT), (TargetKind.GROUP, GROUP))
}


def for_target(request: HttpRequest, target: Project | Group, current: str | None = None) -> Navigation:
    """`current` is a URL name; without it the request's own address says where we are."""
    table = GROUP if isinstance(target, Group) else PROJECT
    allowed = gate.allowed_actions(request, _ACTIONS[target.kind], target)
    sections = _sections(table, {f"{target.kind}_path": target.full_path}, allowed, current or _here(request))
    return Navigation(target.full_path, target.visibility_name, sections)


def for_account(request: HttpRequest, current: str | None = None) -> Navigation:
    """One's own pages; a visitor has preferences only."""
    user = signed_in_user(request)
    items: tuple[Item, ...] = ACCOUNT[0][2][-1:] if user is None else ACCOUNT[0][2]
    if single_sign_on() is None:
        items = tuple(item for item in items if item.url_name != "socialaccount_connections")
    table = (("you", "", items),)
    name = str(_("Visitor")) if user is None else user.get_username()
    return Navigation(name, "", _sections(table, {}, frozenset(), current or _here(request)))


def parent_groups(request: HttpRequest, place: Project | Group) -> list[tuple[str, str]]:
    """(name, address) of the groups above, outermost first; the address is "" where the visitor may not look."""
    parts = place.full_path.split("/")[:-1]
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    seen = set(
        Group.objects.visible_to(signed_in_user(request))
        .filter(full_path__in=paths)
        .values_list("full_path", flat=True)
    )
    return [(name, f"/{path}" if path in seen else "") for name, path in zip(parts, paths, strict=True)]


def _here(request: HttpRequest) -> str:
    match = request.resolver_match
    return (match.url_name or "") if match else ""


def _sections(
    table: Table,
    kwargs: dict[str, str],
    allowed: Set[Action],
    here: str,
) -> list[Section]:
    sections = []
    for slug, title, items in table:
        links = [link for item in items for link in _links(item, kwargs, allowed, here)]
        if links:
            sections.append(Section(slug, title, links))
    return sections


def _links(item: Item, kwargs: dict[str, str], allowed: Set[Action], here: str) -> list[Link]:
    """The item's own link; with children, its first reachable child stands for it and they unfold where one is open."""
    if not item.children:
        if item.action is not None and item.action not in allowed:
            return []
        return [Link(item.label, item.icon, reverse(item.url_name, kwargs=kwargs), here in item.url_names)]
    children = [link for child in item.children for link in _links(child, kwargs, allowed, here)]
    if not children:
        return []
    unfolded = [replace(child, sub=True) for child in children] if here in item.url_names else []
    return [Link(item.label, item.icon, children[0].url, current=False), *unfolded]
