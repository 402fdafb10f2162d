"""The row of Python packages in the table of formats."""

from __future__ import annotations

from django.conf import settings

from projects.models import Project
from resources.packages.formats.package_format import PackageFormat
from resources.packages.formats.pypi import names, simple_index, views
from resources.packages.models import PackageFile


def _download_path(file: PackageFile) -> str:
    return simple_index.file_path(file.package.project_id, file.sha256, file.name)


def _fetch_command(file: PackageFile) -> str:
    scheme, _, host = settings.EXTERNAL_URL.partition("://")
    index = f"{scheme}://gitlab-ci-token:$CI_JOB_TOKEN@{host}/api/v4/projects/{file.package.project_id}/packages/pypi"
    return f"pip install --index-url {index}/simple {file.package.name}=={file.package.version}"


def _publish_command(project: Project) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project.pk}/packages/pypi"
    login = "TWINE_USERNAME=gitlab-ci-token TWINE_PASSWORD=$CI_JOB_TOKEN"
    return f"{login} twine upload --verbose --repository-url {address} dist/*"


_PROJECT = f"projects/<ref:project>/packages/{views.KIND}"
_GROUP = f"groups/<ref:group>/-/packages/{views.KIND}"

FORMAT = PackageFormat(
    kind=views.KIND,
    label="PyPI",
    routes={
        _PROJECT: views.upload,
        f"{_PROJECT}/simple": views.name_index,
        f"{_PROJECT}/simple/": views.name_index,
        f"{_PROJECT}/simple/<str:package_name>": views.package_index,
        f"{_PROJECT}/simple/<str:package_name>/": views.package_index,
        f"{_GROUP}/simple": views.group_name_index,
        f"{_GROUP}/simple/": views.group_name_index,
        f"{_GROUP}/simple/<str:package_name>": views.group_package_index,
        f"{_GROUP}/simple/<str:package_name>/": views.group_package_index,
        f"{_GROUP}/files/<str:sha256>/<str:file_name>": views.group_package_file,
        f"{_PROJECT}/files/<str:sha256>/<str:file_name>": views.package_file,
    },
    max_bytes_setting="PYPI_PACKAGE_BYTES",
    name_rules={"name": names.is_name, "version": names.is_version, "file_name": names.is_file_name},
    download_path=_download_path,
    fetch_command=_fetch_command,
    publish_command=_publish_command,
    can_yank=True,
    hot=[views.package_index, views.package_file],
)
