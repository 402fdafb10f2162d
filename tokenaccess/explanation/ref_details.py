"""The branch or tag that a question names: what its protections ask for."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.pipelines.protected_refs import denial_message
from projects.protection import NO_FORCE_PUSH, NO_NEW_TAG, NO_PUSH, NO_TAG_MOVE, Protections
from tokenaccess.explanation.details import DetailKind, Details, Restriction, Touched
from tokenaccess.policy import Action, RefOperation

REF_TYPES = ("branch", "tag")
_READ = {
    Action.PUSH_CODE: ("ref", "ref_type", "force"),
    Action.MANAGE_RELEASES: ("ref", "ref_type"),
    Action.TRIGGER_PIPELINE: ("ref", "ref_type"),
}


def _reads(action: Action, details: Details) -> Sequence[str]:
    """A release is of a tag."""
    of_branch = action is Action.MANAGE_RELEASES and details.get("ref_type") == "branch"
    return _READ.get(action, ()) if "ref" in details and not of_branch else ()


def _find(touched: Sequence[Touched]) -> list[Restriction]:
    protections = Protections.of_many({one.target for one in touched})
    return [_restriction(protections[one.target], one) for one in touched]


def _restriction(protections: Protections, asked: Touched) -> Restriction:
    name, is_tag = asked.details["ref"], asked.details.get("ref_type") == "tag"
    operation, message, status = RefOperation.PUSH, NO_NEW_TAG if is_tag else NO_PUSH, 403
    match asked.action:
        case Action.MANAGE_RELEASES:
            is_tag, message = True, NO_NEW_TAG
        case Action.TRIGGER_PIPELINE:
            operation, message, status = RefOperation.RUN, denial_message(name), 400
        case Action.PUSH_CODE if asked.details.get("force"):
            operation, message = RefOperation.FORCE_PUSH, NO_TAG_MOVE if is_tag else NO_FORCE_PUSH
    return Restriction({"ref": protections.context(name, operation=operation, tag=is_tag)}, message, status)


REF = DetailKind(fields={"ref": (), "ref_type": REF_TYPES, "force": ()}, required=("ref",), reads=_reads, find=_find)
