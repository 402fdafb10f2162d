"""The row of npm in the table of formats."""

from __future__ import annotations

from django.conf import settings
from django.urls import register_converter

from projects.models import Project
from resources.packages.formats.npm import names, views
from resources.packages.formats.npm.documents import KIND
from resources.packages.formats.package_format import PackageFormat
from resources.packages.models import PackageFile

register_converter(names.PackageNameConverter, "npm_name")

_NPM = f"projects/<ref:project>/packages/{KIND}"
_PACKAGE = f"{_NPM}/<npm_name:package>"
_GROUP = f"groups/<ref:group>/-/packages/{KIND}"
_INSTANCE = f"packages/{KIND}"


def _download_path(file: PackageFile) -> str:
    return views.tarball_path(file.package.project_id, file.package.name, file.name)


def _registry(project_id: int) -> tuple[str, str]:
    """The address of a project's packages, and the option that sends the job's token there."""
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project_id}/packages/{KIND}/"
    return address, f'"--{address.partition(":")[2]}:_authToken=$CI_JOB_TOKEN"'


def _fetch_command(file: PackageFile) -> str:
    package = file.package
    address, token = _registry(package.project_id)
    scope, slash, _ = package.name.partition("/")
    registry = f"--{scope}:registry={address}" if slash else f"--registry={address}"
    return f"npm install {package.name}@{package.version} {registry} {token}"


def _publish_command(project: Project) -> str:
    address, token = _registry(project.pk)
    return f"npm publish --registry={address} {token}"


FORMAT = PackageFormat(
    kind=KIND,
    label="npm",
    routes={
        f"{_NPM}/-/package/<npm_name:package>/dist-tags": views.npm_tags,
        f"{_NPM}/-/package/<npm_name:package>/dist-tags/<str:tag>": views.npm_tag,
        f"{_NPM}/-/npm/v1/security/<path:rest>": views.npm_audit,
        f"{_PACKAGE}/-/<path:file_name>/-rev/<str:revision>": views.npm_tarball_revision,
        f"{_PACKAGE}/-/<path:file_name>": views.npm_tarball,
        f"{_PACKAGE}/-rev/<str:revision>": views.npm_revision,
        _PACKAGE: views.npm_package,
        f"{_GROUP}/-/package/<npm_name:package>/dist-tags": views.npm_group_tags,
        f"{_GROUP}/-/npm/v1/security/<path:rest>": views.npm_group_audit,
        f"{_GROUP}/<npm_name:package>": views.npm_group_package,
        f"{_INSTANCE}/-/package/<npm_name:package>/dist-tags": views.npm_instance_tags,
        f"{_INSTANCE}/-/npm/v1/security/<path:rest>": views.npm_instance_audit,
        f"{_INSTANCE}/<npm_name:package>": views.npm_instance_package,
    },
    max_bytes_setting="NPM_PACKAGE_BYTES",
    name_rules={"package": names.is_package_name, "version": names.is_version, "tag": names.is_tag},
    download_path=_download_path,
    fetch_command=_fetch_command,
    publish_command=_publish_command,
    hot=[views.npm_tarball_revision, views.npm_tarball, views.npm_package],
)
