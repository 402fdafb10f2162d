"""What a rules file says of an entry, as the services take it."""

from __future__ import annotations

from datetime import date

from projects.models import Group, Project
from tokenaccess.allowlist.owners import find_owner
from tokenaccess.allowlist.services import Terms
from tokenaccess.rules_file.document import EntryRule


def rule_terms(rule: EntryRule, holder: Project | Group) -> Terms:
    """All of them: what the file leaves out of an entry, the entry has not. Raises TokenAccessError."""
    end = rule.terms.get("expires_at")
    return {
        "reason": rule.terms.get("reason", ""),
        "owner": find_owner(rule.terms.get("owner", ""), holder),
        "expires_at": None if end is None else date.fromisoformat(end),
        "conditions": rule.terms.get("conditions", {}),
    }
