"""`ci_id_token_sub_claim_components`: which claims the `sub` of a project's ID tokens is made of (runner.md §7.1)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from projects.models.choices import ID_TOKEN_SUBJECT_BEGINNINGS, ID_TOKEN_SUBJECT_CLAIMS


def validate_id_token_subject(components: Any) -> None:
    """Raises ValidationError."""
    if problem := _problem(components):
        raise ValidationError({"ci_id_token_sub_claim_components": [problem]})


def _problem(components: Any) -> str:
    if not isinstance(components, list) or not all(isinstance(one, str) for one in components):
        return "must be a list of claims"
    if not components or components[0] not in ID_TOKEN_SUBJECT_BEGINNINGS:
        return f"must begin with {' or '.join(ID_TOKEN_SUBJECT_BEGINNINGS)}"
    for component in components:
        if component not in ID_TOKEN_SUBJECT_CLAIMS:
            return f"{component} is not an allowed component; allowed are {', '.join(ID_TOKEN_SUBJECT_CLAIMS)}"
    return "" if len(set(components)) == len(components) else "must not repeat a claim"
