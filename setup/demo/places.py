"""Groups three deep, and projects of every visibility with something in them."""

from __future__ import annotations

from identity.models import User
from projects.models import Group, Project, RefKind
from projects.repository import Change, Repository
from projects.services import add_member, change_protection, create_group, create_project, protect
from setup.demo import contents
from setup.demo.people import ROLES
from tokenaccess.policy.levels import Role, Visibility

# Path below the top group → name, visibility, what it is.
PROJECTS = {
    "library": ("Library", Visibility.PRIVATE, "What the other projects build on. Try Token Access here first."),
    "app": ("App", Visibility.PRIVATE, "Its jobs fetch the library."),
    "site": ("Site", Visibility.PUBLIC, "The public pages."),
    "platform/images": ("Images", Visibility.INTERNAL, "Base images, for everyone signed in."),
    "platform/deployer": ("Deployer", Visibility.PRIVATE, "Brings releases out."),
    "platform/tools/scanner": ("Scanner", Visibility.PRIVATE, "Looks at what is about to be released."),
}


def create_projects(top: str, cast: dict[str, User]) -> dict[str, Project]:
    """Path below the top group → project."""
    owner = cast["owner"]
    acme = create_group(
        name="Acme", path=top, by=owner, visibility=Visibility.PUBLIC, description="Everything Acme makes."
    )
    platform = create_group(name="Platform", path="platform", parent=acme, by=owner, visibility=Visibility.INTERNAL)
    tools = create_group(name="Tools", path="tools", parent=platform, by=owner, visibility=Visibility.PRIVATE)
    for username, (_, role) in ROLES.items():
        if role not in {Role.NONE, Role.OWNER}:
            add_member(user=cast[username], target=acme, role=role, by=owner)
    groups = {"": acme, "platform": platform, "platform/tools": tools}
    return {path: _project(path, groups, owner) for path in PROJECTS}


def _protect(project: Project, owner: User) -> None:
    """Every project's default branch is protected. The app's developers run its pipelines there; the library's releases
    are for maintainers."""
    if project.path == "app":
        change_protection(project.protected_refs.get(), by=owner, merge_level=Role.DEVELOPER)
    elif project.path == "library":
        protect(project, kind=RefKind.BRANCH, name="release/*", by=owner, push_level=0)
        protect(project, kind=RefKind.TAG, name="v*", by=owner)


def _project(path: str, groups: dict[str, Group], owner: User) -> Project:
    name, visibility, description = PROJECTS[path]
    above, _, own = path.rpartition("/")
    project = create_project(
        name=name, path=own, group=groups[above], by=owner, visibility=visibility, description=description
    )
    _protect(project, owner)
    repository = Repository(project.repository_path)
    by = (owner.name, owner.email)
    files = contents.repository_files(project)
    readme = [Change("create", "README.md", files.pop("README.md").encode())]
    repository.write(project.default_branch, readme, "Say what this is", by=by)
    rest = [Change("create", name, text.encode()) for name, text in files.items()]
    repository.write(project.default_branch, rest, "Build and test with every push", by=by)
    return project
