"""Whether an allowlist entry admits anybody today, in the SQL of the checks."""

from __future__ import annotations

from tokenaccess.policy.facts import EntryState


def is_active(entry: str) -> str:
    """Whether the entry of that alias admits anybody today."""
    return f"({entry}.expires_at IS NULL OR {entry}.expires_at > %(today)s) AND {entry}.suspended_at IS NULL"


def entry_state(entry: str) -> str:
    """EntryState, of the entry of that alias."""
    return f"""CASE WHEN {entry}.expires_at <= %(today)s THEN {EntryState.EXPIRED.value}
        WHEN {entry}.suspended_at IS NOT NULL THEN {EntryState.SUSPENDED.value} ELSE {EntryState.ACTIVE.value} END"""
