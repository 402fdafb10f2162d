"""What the first page of a project shows, gathered from every room; each part only for those who may see it."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest

from identity.models import User
from identity.sign_in.users import signed_in_user
from jobs.models import Pipeline
from portal import access
from portal.readme import RenderedReadme, rendered_readme
from projects.models import Group, Membership, Project
from projects.models.choices import ROLES
from projects.repository import Repository
from projects.repository.addresses import ssh_address
from projects.roles.roles import role_of
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, GroupAllowlistEntry
from tokenaccess.policy.levels import Role

MAX_PIPELINES = 5


@dataclass(frozen=True)
class Clone:
    """The addresses of a repository: for a person, and as a job writes it with its own token. `ssh`: "" without one."""

    http: str
    ssh: str
    job: str


def clone_addresses(project: Project) -> Clone:
    scheme, host, path, _query, _fragment = urlsplit(f"{settings.EXTERNAL_URL}/{project.full_path}.git")
    job = urlunsplit((scheme, f"gitlab-ci-token:$CI_JOB_TOKEN@{host}", path, "", ""))
    return Clone(
        http=urlunsplit((scheme, host, path, "", "")),
        ssh=ssh_address(project) if settings.SSH_ENABLED else "",
        job=f"git clone {job}",
    )


@dataclass(frozen=True)
class Code:
    """The repository at a glance: its README, or how to fill it while it is empty."""

    clone: Clone
    readme: RenderedReadme | None
    empty_repository: bool
    push_commands: str


def code(project: Project) -> Code:
    repository = Repository(project.repository_path)
    clone = clone_addresses(project)
    branch = project.default_branch
    return Code(
        clone=clone,
        readme=rendered_readme(project, repository),
        empty_repository=repository.is_empty(),
        push_commands=f"git init --initial-branch={branch}\ngit add .\ngit commit -m 'First commit'\n"
        f"git push {clone.http} {branch}",
    )


@dataclass(frozen=True)
class TokenAccessCard:
    """Token Access in figures: its state, who is on the list or on one above it (`inherited`), how many came in."""

    state: str
    projects: int
    groups: int
    inherited: int
    inbound: int


def token_access_card(project: Project) -> TokenAccessCard:
    inbound = AllowlistEntry.objects.inbound().filter(project=project)
    sizes = inbound.aggregate(projects=Count("target_project"), groups=Count("target_group"))
    return TokenAccessCard(
        state=access.access_states([project])[project.pk],
        projects=sizes["projects"],
        groups=sizes["groups"],
        inherited=GroupAllowlistEntry.objects.filter(group__descendant_links__group=project.group_id).count(),
        inbound=AuthorizationRecord.objects.filter(accessed_project=project).count(),
    )


def latest_pipelines(project: Project) -> list[Pipeline]:
    return list(project.pipelines.select_related("user").order_by("-id")[:MAX_PIPELINES])


def member_count(project: Project) -> int:
    """People with a role here, given or inherited."""
    return project.effective_roles.values("user").distinct().count()


@dataclass(frozen=True)
class YourRole:
    """`through` is the group the role comes from, None when it was given on the place itself."""

    name: str
    through: Group | None


def your_role(request: HttpRequest, place: Project | Group) -> YourRole | None:
    """The visitor's role here and where it comes from; None for who has none."""
    user = signed_in_user(request)
    role = Role.NONE if user is None else role_of(user, place)
    if user is None or role is Role.NONE:
        return None
    return YourRole(str(dict(ROLES)[role.value]), _source(user, place, role))


def _source(user: User, place: Project | Group, role: Role) -> Group | None:
    """The nearest group whose membership gives the role, unless the place's own does."""
    memberships = Membership.objects.filter(user=user, role=role)
    if memberships.filter(**{str(place.kind): place}).exists():
        return None
    return Group.objects.above(place.nearest_group_id).filter(memberships__in=memberships).first()
