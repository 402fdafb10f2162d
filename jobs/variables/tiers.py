"""The deployment tier of an environment, derived from its name if the CI file does not give one."""

from __future__ import annotations

# Tier → parts of names. The first match counts, so "pre-production" is staging and not production.
_NAME_PARTS = {
    "development": ("dev", "review", "trunk"),
    "testing": ("test", "tst", "int", "accept", "acpt", "qa", "qc", "control", "quality"),
    "staging": ("stag", "stg", "model", "pre", "demo", "non"),
    "production": ("prod", "prd", "live"),
}


def tier_from_name(name: str) -> str:
    lower = name.lower()
    return next((tier for tier, parts in _NAME_PARTS.items() if any(part in lower for part in parts)), "other")
