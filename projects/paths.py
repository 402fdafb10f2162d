"""What a path may look like, and which words are taken."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
MAX_SEGMENT = 255
MAX_FULL_PATH = 1024

# GitLab's TOP_LEVEL_ROUTES: no names of top-level groups and of people.
TOP_LEVEL = frozenset(
    """
    - .well-known 404.html 422.html 500.html 502.html 503.html admin api apple-touch-icon.png assets dashboard
    deploy.html explore favicon.ico favicon.png files groups health_check help import jwt login oauth profile projects
    public robots.txt s search sitemap sitemap.xml sitemap.xml.gz slash-command-logo.png snippets unsubscribes uploads
    users v2
    """.split()
)
# GitLab's PROJECT_WILDCARD_ROUTES: no names of projects and subgroups.
IN_GROUPS = frozenset(
    """
    - badges blame blob builds commits create create_dir edit files find_file new preview raw refs tree update wikis
    """.split()
)
# Where addresses begin that others fix and GitLab does not have: PyPI's trusted publishing and AuthZEN. Their first
# words are free, these two full paths are not.
OWN_PATHS = frozenset({"_/oidc", "access/v1"})


def validate_segment(path: str, *, top_level: bool) -> None:
    """One part of a full path. Raises ValidationError with `path` as its field."""
    if not path:
        raise ValidationError({"path": ["can't be blank"]})
    if len(path) > MAX_SEGMENT:
        raise ValidationError({"path": [f"is too long (maximum is {MAX_SEGMENT} characters)"]})
    lowered = path.lower()
    if not _SEGMENT.match(path) or lowered.endswith((".git", ".atom", ".")) or ".." in path:
        raise ValidationError(
            {
                "path": [
                    "can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or '.', "
                    "nor end in '.', '.git' or '.atom'."
                ]
            }
        )
    if lowered in (TOP_LEVEL if top_level else IN_GROUPS):
        raise ValidationError({"path": [f"{path} is a reserved name"]})


def slug(name: str) -> str:
    """A path made from a name, as GitLab makes one: `My Library` → `my-library`."""
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-.")
