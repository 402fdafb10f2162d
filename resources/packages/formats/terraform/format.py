"""The row of Terraform modules in the table of formats."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from pages.commands import CURL
from projects.models import Project
from resources.packages.formats.package_format import PackageFormat
from resources.packages.formats.terraform import names, views
from resources.packages.formats.terraform.modules import KIND, REGISTRY
from resources.packages.models import PackageFile

_UPLOAD = "projects/<ref:project>/packages/terraform/modules/<str:name>/<str:system>"
_MODULE = f"{REGISTRY.removeprefix('/api/v4/')}<str:namespace>/<str:name>/<str:system>"


def _download_path(file: PackageFile) -> str:
    package = file.package
    return views.module_path(package.project_id, package.name, package.version)


def _host() -> str:
    return urlsplit(settings.EXTERNAL_URL).netloc


def token_variable() -> str:
    """In which terraform looks for its credential for this server."""
    name = (urlsplit(settings.EXTERNAL_URL).hostname or "").replace("-", "__").replace(".", "_")
    return f"TF_TOKEN_{name}"


def _fetch_command(file: PackageFile) -> str:
    package = file.package
    namespace, name = package.project.full_path.partition("/")[0], package.name.partition("/")[0]
    return (
        f'module "{name}" {{\n'
        f'  source  = "{_host()}/{namespace}/{package.name}"\n'
        f'  version = "{package.version}"\n'
        f"}}\n"
        f'# {token_variable()}="$CI_JOB_TOKEN" terraform init'
    )


def _publish_command(project: Project) -> str:
    address = f"{settings.EXTERNAL_URL}{views.module_path(project.pk, 'network/aws', '1.0.0')}/file"
    return f"tar -czf module.tgz -C module . && {CURL} --upload-file module.tgz {address}"


FORMAT = PackageFormat(
    kind=KIND,
    label=gettext_noop("Terraform module"),
    routes={
        f"{_UPLOAD}/<str:version>/file": views.upload_module,
        f"{_UPLOAD}/<str:version>": views.download_module,
        _UPLOAD: views.download_latest_module,
        f"{_MODULE}/versions": views.module_versions,
        f"{_MODULE}/download": views.latest_module_download,
        f"{_MODULE}/<str:version>/download": views.module_download,
        f"{_MODULE}/<str:version>/file": views.module_file,
        f"{_MODULE}/<str:version>": views.module,
        _MODULE: views.module,
    },
    max_bytes_setting="TERRAFORM_MODULE_BYTES",
    name_rules={"name": names.is_name, "system": names.is_name, "version": names.is_version},
    download_path=_download_path,
    fetch_command=_fetch_command,
    fetch_hint=_("Add this to the Terraform configuration, and run terraform as its last line says."),
    publish_command=_publish_command,
    hot=[views.module_versions, views.module_download, views.module_file],
)
