"""Words for the table of a project's sources: `{% load sources %}`."""

from collections.abc import Iterable

from django import template

from tokenaccess.access_log import tables
from tokenaccess.allowlist.display.conditions import condition_lines
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.sources.rows import SourceRow

register = template.Library()
register.filter("condition_lines", condition_lines)


@register.filter
def permission_lines(row: SourceRow) -> list[str] | None:
    """What the entry that admits the row grants, a line for each resource; None for all that the user's role allows."""
    return None if row.matching is None else granted_lines(row.matching)


@register.filter
def granted_lines(entry: ListEntry) -> list[str] | None:
    """The same of an entry."""
    return None if entry.default_permissions else permission_labels(entry.permissions)


@register.filter
def describe_uses(used: Iterable[str]) -> str:
    """`Packages: read, clone the repository`."""
    return tables.describe_uses(used)
