"""The terms of an entry in a rules file, besides its permissions: key → how it is read and described.

A kind of term is a line of TERMS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tokenaccess.models import AllowlistEntry
from tokenaccess.rules_file.yaml_nodes import Node


@dataclass(frozen=True, slots=True)
class Term:
    """`of`: the term of an entry, None for none. `read`: the value of a node, None for none, raising RulesFileError.
    `schema`: as JSON Schema. `outbound`: entries of the outbound list may have it too."""

    of: Callable[[AllowlistEntry], Any]
    read: Callable[[Node], Any]
    schema: dict[str, Any]
    outbound: bool = True


TERMS: dict[str, Term] = {}


def terms_of(entry: AllowlistEntry) -> dict[str, Any]:
    """The terms that the entry has, by key."""
    values = {name: term.of(entry) for name, term in TERMS.items()}
    return {name: value for name, value in values.items() if value is not None}
