"""The modules that terraform finds in a namespace, which is a top-level group (resources.md §8.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.rest import ApiError
from projects.models import Group, Project
from resources.packages.formats.group_lookup import find_projects
from resources.packages.formats.terraform import names
from resources.packages.models import Package
from tokenaccess.adapters.plain import ApiRequest

KIND = "terraform_module"
REGISTRY = "/api/v4/packages/terraform/modules/v1/"


@dataclass(frozen=True)
class Module:
    """The versions of a module that the caller may read, each with its project."""

    namespace: str
    name: str
    system: str
    projects: dict[str, Project]

    @property
    def address(self) -> str:
        return f"{REGISTRY}{self.namespace}/{self.name}/{self.system}"

    def choose(self, version: str | None) -> tuple[str, Project]:
        """The version that is asked for, or the highest. Raises ApiError."""
        wanted = version or names.newest(list(self.projects))
        if wanted not in self.projects:
            raise no_version_error(self.name)
        return wanted, self.projects[wanted]


def find_module(request: ApiRequest, namespace: str, name: str, system: str) -> Module:
    """Of several projects' modules of one name the oldest, with all its versions: nobody may offer a higher one of
    another project's. Raises ApiError if there is none that the caller may read."""
    package_name = f"{name}/{system}"
    if not (names.is_name(name) and names.is_name(system) and namespace.isprintable()):
        raise no_version_error(package_name)
    found = _find_projects(request, namespace, package_name)
    rows = Package.objects.filter(project__in=found, kind=KIND, name=package_name).order_by("pk")
    versions = list(rows.values_list("version", "project_id"))
    if not versions:
        raise no_version_error(package_name)
    owner = versions[0][1]
    return Module(namespace, name, system, {version: found[pk] for version, pk in versions if pk == owner})


def _find_projects(request: ApiRequest, namespace: str, package_name: str) -> dict[int, Project]:
    """By id, those whose packages the caller may read."""
    below = "project__group__ancestor_links__ancestor__full_path__iexact"
    return {row.pk: row for row in find_projects(request, kind=KIND, name=package_name, **{below: namespace})}


def is_taken(request: ApiRequest, package_name: str) -> bool:
    """Whether another project of the namespace has a module of that name: terraform could not tell the two apart.

    One that the caller may not read does not count, since it may not be revealed; whoever may read both is given the
    older. Expects a transaction: of several uploads at once one after the other asks.
    """
    project = request.access.project
    namespace = project.full_path.partition("/")[0]
    Group.objects.select_for_update(no_key=True).get(full_path=namespace)
    return bool(_find_projects(request, namespace, package_name).keys() - {project.pk})


def no_version_error(name: str) -> ApiError:
    return ApiError(404, {"error": f"No version found for {name} module"})


def module_root(system: str) -> dict[str, Any]:
    """What terraform would know of a module before it downloads one; only its provider is known here."""
    return {"dependencies": [], "providers": [{"name": system, "version": ""}]}


def versions_document(module: Module, site: str) -> dict[str, Any]:
    root = module_root(module.system)
    versions = [{"version": version, "submodules": [], "root": root} for version in module.projects]
    return {"modules": [{"versions": versions, "source": _source(module, site)}]}


def module_document(module: Module, version: str, site: str) -> dict[str, Any]:
    return {
        "name": f"{module.name}/{module.system}",
        "provider": module.system,
        "providers": [module.system],
        "root": module_root(module.system),
        "source": _source(module, site),
        "submodules": [],
        "version": version,
        "versions": list(module.projects),
    }


def _source(module: Module, site: str) -> str:
    project = next(iter(module.projects.values()))
    return f"{site}/{project.full_path}"
