"""The package that a question to the policy names (tokenaccess.explanation.details)."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.utils import canonicalize_name

from resources.packages.protection.services import WORDS, PackageQuestion, find_min_roles
from tokenaccess.explanation.details import DetailKind, Details, Restriction, Touched
from tokenaccess.policy import Action

# Those of `formats.table`, which is further out; a test holds the two together.
PACKAGE_TYPES = ("generic", "maven", "npm", "pypi", "terraform_module")
_FIELDS = ("package_type", "package_name")


def _reads(action: Action, details: Details) -> Sequence[str]:
    return _FIELDS if action in WORDS and "package_name" in details else ()


def _find(touched: Sequence[Touched]) -> list[Restriction]:
    questions = [
        PackageQuestion(one.target, one.action, one.details["package_type"], _stored_name(one.details))
        for one in touched
    ]
    return [
        Restriction({"min_role": least, "package": (asked.kind, asked.name)}, f"403 Forbidden - {WORDS[asked.action]}")
        for asked, least in zip(questions, find_min_roles(questions), strict=True)
    ]


def _stored_name(details: Details) -> str:
    """As a package that is published under that name is called here."""
    name: str = details["package_name"]
    return canonicalize_name(name) if details["package_type"] == "pypi" else name


PACKAGE = DetailKind(
    fields={"package_type": PACKAGE_TYPES, "package_name": ()},
    required=_FIELDS,
    reads=_reads,
    find=_find,
)
