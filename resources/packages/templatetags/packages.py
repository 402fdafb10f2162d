"""`{% load packages %}`: what the table of formats knows of a package or file."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from resources.packages.formats import table
from resources.packages.models import Package, PackageFile

register = template.Library()


@register.filter
def format_label(package: Package) -> str:
    """`{{ package|format_label }}`: "Generic"."""
    return _(table.format_of(package).label)


@register.filter
def download_path(file: PackageFile) -> str:
    """`{{ file|download_path }}`: its address below the server's."""
    return table.download_path(file)
