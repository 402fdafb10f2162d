"""The table of package formats. A new format is a module beside this one and a row here."""

from __future__ import annotations

from resources.packages.formats import generic
from resources.packages.formats.maven import format as maven
from resources.packages.formats.npm import format as npm
from resources.packages.formats.package_format import PackageFormat
from resources.packages.formats.pypi import format as pypi
from resources.packages.formats.terraform import format as terraform
from resources.packages.models import Package, PackageFile

FORMATS: dict[str, PackageFormat] = {
    row.kind: row for row in (generic.FORMAT, maven.FORMAT, npm.FORMAT, pypi.FORMAT, terraform.FORMAT)
}


def format_of(package: Package) -> PackageFormat:
    return FORMATS[package.kind]


def download_path(file: PackageFile) -> str:
    """Expects `package` at hand."""
    return format_of(file.package).download_path(file)
