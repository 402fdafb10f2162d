"""`include: component`: a file below `templates/` of a project here, at a version of that project.

`<host>/<project>/<name>@<version>` is `templates/<name>.yml` or `templates/<name>/template.yml`. A version is a commit,
a tag, a branch, `~latest` or the beginning of a semantic version. GitLab takes the last two from its catalog; here they
are the newest tag that is a semantic version.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from semver import Version

from ci_config import CannotInclude, ComponentFile
from projects.models import Project
from projects.repository import NoSuchFile, NoSuchRef, Ref, Repository

FOLDER = "templates"
LATEST = "~latest"
PARTIAL = re.compile(r"v?(?P<major>\d{1,9})(?:\.(?P<minor>\d{1,9}))?")
NAME = re.compile(r"[A-Za-z0-9_.-]+")
FULL_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
MAX_COMPONENTS = 100  # of one project, as its page lists them

FindProject = Callable[[str], Project | None]


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """`version`: the semantic version that it is; None for branches, commits and other tags."""

    sha: str
    version: str | None = None


def find_component(find_project: FindProject, address: str) -> ComponentFile:
    """`find_project`: as the person may clone it. Raises CannotInclude; what is hidden is as what is not there."""
    project_path, name, version = split_address(address)
    project = find_project(project_path)
    if project is not None:
        repository = Repository(project.repository_path)
        found = find_version(repository, version)
        path = found and component_path(repository, found.sha, name)
        if found and path:
            return ComponentFile(project.full_path, found.sha, path, name, found.version, version)
    raise CannotInclude(
        f"there is no component “{name[:100]}” in the project “{project_path[:200]}” at “{version[:100]}”, or you may "
        f"not read it; a component is the file {FOLDER}/NAME.yml or {FOLDER}/NAME/template.yml"
    )


def split_address(address: str) -> tuple[str, str, str]:
    """Project, name and version. Raises CannotInclude."""
    place, _, version = address.partition("@")
    host = f"{server_fqdn()}/"
    if not place.startswith(host):
        raise CannotInclude(
            f"“{address[:200]}” is no component of this server: such an address begins with `$CI_SERVER_FQDN/`, and "
            "the project of a component from elsewhere has to be mirrored here"
        )
    project, _, name = place.removeprefix(host).rpartition("/")
    if not version or not project or not NAME.fullmatch(name):
        raise CannotInclude(f"“{address[:200]}” should be `$CI_SERVER_FQDN/project/name@version`")
    return project, name, version


def server_fqdn() -> str:
    """`CI_SERVER_FQDN`: the server's host, with its port if that is not the usual one."""
    return urlsplit(settings.EXTERNAL_URL).netloc


def find_version(repository: Repository, version: str) -> FoundVersion | None:
    """A commit's full id counts before all names, and a tag before a branch."""
    if not FULL_COMMIT.fullmatch(version):
        partial = PARTIAL.fullmatch(version)
        if version == LATEST or partial:
            known = newest_version(repository, partial)
            if known is not None:
                return FoundVersion(known[1].sha, str(known[0]))
        tag = repository.tag(version)
        if tag is not None:
            semantic = semantic_version(version)
            return FoundVersion(tag.sha, None if semantic is None else str(semantic))
    try:
        return FoundVersion(repository.find(version).sha)
    except NoSuchRef:
        return None


def newest_version(repository: Repository, partial: re.Match[str] | None = None) -> tuple[Version, Ref] | None:
    """The newest tag that is a semantic version, without pre-releases; only those that begin as `partial`."""
    versions = [(semantic_version(ref.name), ref) for ref in repository.tags()]
    wanted = [
        (version, ref)
        for version, ref in versions
        if version is not None and not version.prerelease and (partial is None or begins_as(version, partial))
    ]
    return max(wanted, key=lambda pair: pair[0], default=None)


def begins_as(version: Version, partial: re.Match[str]) -> bool:
    minor = partial["minor"]
    return version.major == int(partial["major"]) and (minor is None or version.minor == int(minor))


def semantic_version(name: str) -> Version | None:
    try:
        return Version.parse(name.removeprefix("v"))
    except ValueError:
        return None


def component_path(repository: Repository, sha: str, name: str) -> str | None:
    for path in (f"{FOLDER}/{name}.yml", f"{FOLDER}/{name}/template.yml"):
        try:
            repository.blob_id(sha, path)
        except (NoSuchFile, NoSuchRef):
            continue
        return path
    return None


def component_paths(repository: Repository, sha: str) -> dict[str, str]:
    """The files of all components at a commit, by name, as far as MAX_COMPONENTS."""
    try:
        entries = repository.tree(sha, FOLDER)
    except (NoSuchFile, NoSuchRef):
        return {}
    candidates = [entry for entry in entries if entry.kind == "tree" or entry.name.endswith(".yml")]
    paths: dict[str, str] = {}
    for name in sorted({entry.name.removesuffix(".yml") for entry in candidates}):
        if len(paths) < MAX_COMPONENTS and NAME.fullmatch(name) and (path := component_path(repository, sha, name)):
            paths[name] = path
    return paths
