"""The modules that terraform finds in a namespace, which is a top-level group (resources.md §8.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.rest import ApiError
from projects.models import Group
from resources.packages.formats.group_lookup import find_projects
from resources.packages.formats.terraform import names
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.adapters.plain import ApiRequest
from tokenaccess.policy import Target

KIND = "terraform_module"
REGISTRY = "/api/v4/packages/terraform/modules/v1/"
# The oldest first, once sorted.
_VERSIONS = Prepared(
    "terraform_module_versions",
    {"projects": "bigint[]", "name": "text"},
    "json_agg(json_build_array(package.id, package.project_id, package.version))",
    """
FROM packages_package package
WHERE package.project_id = ANY(%(projects)s) AND package.kind = 'terraform_module' AND package.name = %(name)s
""",
)


@dataclass(frozen=True)
class Module:
    """The versions of a module that the caller may read, all of one project."""

    namespace: str
    name: str
    system: str
    project: Target
    versions: list[str]

    @property
    def address(self) -> str:
        return f"{REGISTRY}{self.namespace}/{self.name}/{self.system}"

    def choose(self, version: str | None) -> str:
        """The version that is asked for, or the highest. Raises ApiError."""
        wanted = version or names.newest(self.versions)
        if wanted not in self.versions:
            raise no_version_error(self.name)
        return wanted


def find_module(request: ApiRequest, namespace: str, name: str, system: str) -> Module:
    """Of several projects' modules of one name the oldest, with all its versions: nobody may offer a higher one of
    another project's. Raises ApiError if there is none that the caller may read."""
    package_name = f"{name}/{system}"
    if not (names.is_name(name) and names.is_name(system) and namespace.isprintable()):
        raise no_version_error(package_name)
    found = find_projects(request, KIND, name=package_name, namespace=namespace)
    row = _VERSIONS.fetch({"projects": [project.id for project in found], "name": package_name})
    versions = sorted((row and row[0]) or ())
    if not versions:
        raise no_version_error(package_name)
    owner = versions[0][1]
    project = next(project for project in found if project.id == owner)
    return Module(namespace, name, system, project, [version for _, pk, version in versions if pk == owner])


def is_taken(request: ApiRequest, package_name: str) -> bool:
    """Whether another project of the namespace has a module of that name: terraform could not tell the two apart.

    One that the caller may not read does not count, since it may not be revealed; whoever may read both is given the
    older. Expects a transaction: of several uploads at once one after the other asks.
    """
    project = request.access.project
    namespace = project.full_path.partition("/")[0]
    Group.objects.select_for_update(no_key=True).get(full_path=namespace)
    found = find_projects(request, KIND, name=package_name, namespace=namespace)
    return any(other.id != project.pk for other in found)


def no_version_error(name: str) -> ApiError:
    return ApiError(404, {"error": f"No version found for {name} module"})


def module_root(system: str) -> dict[str, Any]:
    """What terraform would know of a module before it downloads one; only its provider is known here."""
    return {"dependencies": [], "providers": [{"name": system, "version": ""}]}


def versions_document(module: Module, site: str) -> dict[str, Any]:
    root = module_root(module.system)
    versions = [{"version": version, "submodules": [], "root": root} for version in module.versions]
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
        "versions": module.versions,
    }


def _source(module: Module, site: str) -> str:
    return f"{site}/{module.project.path}"
