"""Words for the table of a project's sources: `{% load sources %}`."""

from collections.abc import Iterable

from django import template

from tokenaccess.access_log import tables
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.sources.rows import SourceRow

register = template.Library()


@register.filter
def permission_lines(row: SourceRow) -> list[str] | None:
    """What the entry that admits the row grants, a line for each resource; None for all that the user's role allows."""
    entry = row.entry or row.through
    return None if entry is None or entry.default_permissions else permission_labels(entry.permissions)


@register.filter
def describe_uses(used: Iterable[str]) -> str:
    """`Packages: read, clone the repository`."""
    return tables.describe_uses(used)
