"""What a path may look like, and which words are taken."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\Z")
LONGEST_SEGMENT = 255
LONGEST_FULL_PATH = 1024

# Words that follow a project or group in an address (projects.converters), and the first words of our own addresses.
RESERVED = frozenset(
    """
    - access_requests access_tokens admin allowlist api archive artifacts audit_events avatar badges blame blob branches
    bridges builds catalog ci commit commits create create_dir deploy_keys deploy_tokens deployments descendant_groups
    edit environments explore files find_file fork gitlab-lfs groups groups_allowlist help hooks import info invitations
    issues job job_token_scope jobs lint login members merge_requests new oauth packages pages permissions
    personal_access_tokens pipeline pipeline_schedules pipelines play preview profile projects protected_branches
    protected_tags public raw ref refs register registry releases repository resource_groups restore retry robots.txt
    runners schedules search secure_files services settings share sign_in sign_out static subgroups tags terraform trace
    transfer tree trigger triggers unarchive update uploads user users v2 variables version wikis
    """.split()
)


def validate_segment(path: str) -> None:
    """One part of a full path. Raises ValidationError with `path` as its field."""
    if not path:
        raise ValidationError({"path": ["can't be blank"]})
    if len(path) > LONGEST_SEGMENT:
        raise ValidationError({"path": [f"is too long (maximum is {LONGEST_SEGMENT} characters)"]})
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
    if lowered in RESERVED:
        raise ValidationError({"path": [f"'{path}' is a reserved name"]})


def slug(name: str) -> str:
    """A path made from a name, as the original makes one: `My Library` → `my-library`."""
    return re.sub(r"[^a-z0-9_.-]+", "-", name.lower()).strip("-.")
