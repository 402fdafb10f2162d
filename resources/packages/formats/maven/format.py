"""The row of Maven in the table of formats, and what people paste into a job."""

from __future__ import annotations

from django.conf import settings

from pages.commands import CURL
from projects.models import Project
from resources.packages.formats.maven import paths, views
from resources.packages.formats.package_format import PackageFormat
from resources.packages.models import Package, PackageFile

SERVER = "token-access"
# Maven sends the job's token with each request to the server of that id.
_HEADER = "<property><name>Job-Token</name><value>${env.CI_JOB_TOKEN}</value></property>"
_SERVER = f"<server><id>{SERVER}</id><configuration><httpHeaders>{_HEADER}</httpHeaders></configuration></server>"
_SETTINGS = f"echo '<settings><servers>{_SERVER}</servers></settings>' > ci_settings.xml"


def _repository(project_id: int) -> str:
    return f"{settings.EXTERNAL_URL}/api/v4/projects/{project_id}/packages/maven"


def _download_path(file: PackageFile) -> str:
    package = file.package
    folders = "/".join(filter(None, (package.name, package.version)))
    return f"/api/v4/projects/{package.project_id}/packages/maven/{folders}/{file.name}"


def _packaging(package: Package) -> str:
    """`:war` where there is no jar, `:pom` where there is nothing else, as of a parent project: Maven would look for a
    jar."""
    found = paths.packagings(package.name, package.version, package.files.values_list("name", flat=True))
    return "" if "jar" in found else f":{min(found - {'pom'}, default='pom')}"


def _fetch_command(file: PackageFile) -> str:
    package = file.package
    if not package.version:  # the list of versions: Maven fetches it when it needs it
        return f"{CURL} -O {settings.EXTERNAL_URL}{_download_path(file)}"
    group, _, artifact = package.name.rpartition("/")
    address = f"{SERVER}::default::{_repository(package.project_id)}"
    coordinates = f"{group.replace('/', '.')}:{artifact}:{package.version}{_packaging(package)}"
    get = f"mvn -s ci_settings.xml dependency:get -DremoteRepositories={address} -Dartifact={coordinates}"
    return f"{_SETTINGS}\n{get}"


def _publish_command(project: Project) -> str:
    address = f"{SERVER}::default::{_repository(project.pk)}"
    return f"{_SETTINGS}\nmvn -s ci_settings.xml deploy -DaltDeploymentRepository={address}"


FORMAT = PackageFormat(
    kind=views.KIND,
    label="Maven",
    routes={
        "projects/<ref:project>/packages/maven/<path:path>": views.project_repository,
        "groups/<ref:group>/-/packages/maven/<path:path>": views.group_repository,
        "packages/maven/<path:path>": views.instance_repository,
    },
    max_bytes_setting="MAVEN_PACKAGE_BYTES",
    name_rules={"name": paths.is_name, "version": paths.is_version, "file_name": paths.is_file_name},
    download_path=_download_path,
    fetch_command=_fetch_command,
    publish_command=_publish_command,
    hot=[views.project_repository],
)
