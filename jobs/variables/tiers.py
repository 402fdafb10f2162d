"""What kind of place an environment is, from its name when the file does not say."""

from __future__ import annotations

# What a name tells when it holds one of these; the first line that fits counts, so a pre-production is no production.
_TOLD_BY = {
    "development": ("dev", "review", "trunk"),
    "testing": ("test", "tst", "int", "accept", "acpt", "qa", "qc", "control", "quality"),
    "staging": ("stag", "stg", "model", "pre", "demo", "non"),
    "production": ("prod", "prd", "live"),
}


def tier_of(name: str) -> str:
    lower = name.lower()
    return next((tier for tier, parts in _TOLD_BY.items() if any(part in lower for part in parts)), "other")
