"""`/token_access/{projects,groups}/:id/replay`: what a change would have made of the last days. Ours alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Boolean, Choice, Day, NumberChoice, Text, Words
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import ApiError
from api.serializers import Moment, ResponseSerializer
from identity.models import User
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist.targets import TargetName, find_target
from tokenaccess.api.entries.params import ConditionMap, read_terms
from tokenaccess.api.entries.views import change_entry
from tokenaccess.api.params import MAX_PATH
from tokenaccess.api.rules_file.views import FILE_ERRORS, file_errors, read_content
from tokenaccess.models import Direction
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import INBOUND_MODE_NAMES, InboundMode
from tokenaccess.policy.permissions import PERMISSION_NAMES
from tokenaccess.replay.changes import Proposals
from tokenaccess.replay.group_changes import GroupProposals
from tokenaccess.replay.replay import DEFAULT_HORIZON, HORIZONS, Change, Replay, replay_change
from tokenaccess.rules_file.yaml_nodes import MAX_BYTES

# Kind of change → what it takes.
CHANGES = {
    "mode": ("mode",),
    "outbound_limit": ("outbound_limit",),
    "add": ("target",),
    "permissions": ("target", "permissions"),
    "entry": ("target",),
    "remove": ("target",),
    "end": ("target",),
    "rules": ("content",),
    "none": (),
}


# And what it may have besides.
GRANTED = ("permissions", "default_permissions")
TERMS = ("conditions", "expires_at")
OPTIONS = {"add": (*GRANTED, *TERMS), "permissions": ("default_permissions",), "entry": (*GRANTED, *TERMS)}
_OF_SOME = ("mode", "outbound_limit", "ceiling", "locked", "target", *GRANTED, *TERMS, "content")
GROUP_CHANGES = {
    **{kind: takes for kind, takes in CHANGES.items() if kind != "outbound_limit"},
    "ceiling": ("ceiling",),
    "lock": ("locked",),
}


class ProposedEntry(OwnParameters):
    """`target`: a project or group by id or path; without `kind` an id is that of a project. `permissions` left out:
    the default ones; of `entry`, which changes an entry as its form does, those that it has. `conditions`: all of them,
    empty for none; `expires_at`: null for no end. `content`: a rules file. `change` none: as things are."""

    days = NumberChoice(choices={days: days for days in HORIZONS}, default=DEFAULT_HORIZON)
    mode = Choice(choices=INBOUND_MODE_NAMES)
    target = Text(max_length=MAX_PATH)
    kind = Choice(choices=["project", "group"])
    permissions = Words(choices=PERMISSION_NAMES)
    default_permissions = Boolean()
    conditions = ConditionMap()
    expires_at = Day(allow_null=True)
    content = Text(max_length=MAX_BYTES)


class ProposedChange(ProposedEntry):
    change = Choice(choices=CHANGES, required=True)
    outbound_limit = Boolean()
    direction = Choice(choices=list(Direction.values), default=str(Direction.INBOUND))


class ProposedGroupChange(ProposedEntry):
    """Of what the group sets for all projects below it; a lock is about changes to come, and changes no answer."""

    change = Choice(choices=GROUP_CHANGES, required=True)
    ceiling = Boolean()
    locked = Boolean()


class ReplayRowSerializer(ResponseSerializer):
    direction = serializers.ChoiceField(list(Direction.values), source="side")
    project_id = serializers.IntegerField(source="project.pk", help_text="The source; outbound the target.")
    project_path = serializers.CharField(source="path")
    names = serializers.ListField(
        child=serializers.CharField(), source="sorted_names", help_text="Permissions that were used, actions refused."
    )
    count = serializers.IntegerField(help_text="Jobs; of refusals requests.")
    targets = serializers.IntegerField(
        source="target_count", help_text="In how many projects; below a group there may be several."
    )
    last_at = Moment(source="at")
    certain = serializers.BooleanField(
        help_text="False: it depends on which of the actions that a permission is for the jobs did."
    )
    assumed = serializers.BooleanField(
        source="entitled", help_text="The jobs are gone; whoever started them is taken to have every role."
    )


class ReplaySerializer(ResponseSerializer):
    days = serializers.IntegerField()
    asked = serializers.IntegerField(help_text="Rows of the log that were asked about.")
    unknown = serializers.IntegerField(help_text="Rows whose jobs are gone without another that could stand for them.")
    refused = ReplayRowSerializer(many=True, help_text="What was admitted and would be refused.")
    admitted = ReplayRowSerializer(many=True, help_text="What was refused and would be admitted.")
    hidden_refused = serializers.IntegerField(help_text="Projects that you may not see.")
    hidden_admitted = serializers.IntegerField()
    is_cut = serializers.BooleanField(help_text="The log has more rows than are asked about.")


class ProjectReplay(GatedView):
    """Makes the change, asks everything that the log has again, and takes the change back."""

    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}

    @operation(ProposedChange, returns=ReplaySerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Replay:
        change = propose(Proposals(self.access.project, self.current_user), params, CHANGES)
        with file_errors():
            return replay_change(self.access.project, change, reader=self.current_user, days=params["days"])


class GroupReplay(GatedView):
    """The same of what a group sets, over all projects below it."""

    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}

    @operation(ProposedGroupChange, returns=ReplaySerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> Replay:
        change = propose(GroupProposals(self.access.group, self.current_user), params, GROUP_CHANGES)
        with file_errors():
            return replay_change(self.access.group, change, reader=self.current_user, days=params["days"])


def propose(proposals: Any, params: dict[str, Any], changes: dict[str, tuple[str, ...]]) -> Change:
    """`proposals`: Proposals or GroupProposals; `changes`: kind → what it takes. ApiError for others."""
    kind = params["change"]
    _require_parameters(kind, params, changes)
    if "target" in changes[kind]:
        return _propose_entry(proposals, params)
    makes: dict[str, Callable[[], Change]] = {
        "mode": lambda: proposals.set_mode(InboundMode[params["mode"].upper()]),
        "outbound_limit": lambda: proposals.limit_outbound(params["outbound_limit"]),
        "ceiling": lambda: proposals.set_ceiling(params["ceiling"]),
        "lock": lambda: proposals.set_lock(params["locked"]),
        "rules": lambda: proposals.apply(read_content(params)),
        "none": lambda: lambda: None,
    }
    return makes[kind]()


def _propose_entry(proposals: Any, params: dict[str, Any]) -> Change:
    named = _target_name(params, proposals.by)
    granted = None if params.get("default_permissions") else params.get("permissions")
    direction = params.get("direction", str(Direction.INBOUND))
    makes: dict[str, Callable[[], Change]] = {
        "add": lambda: proposals.add(named, granted, direction, read_terms(params, proposals.holder)),
        "entry": lambda: proposals.change_named(
            named, direction, lambda entry: change_entry(entry, params, proposals.by)
        ),
        "permissions": lambda: proposals.set_permissions(named, granted),
        "end": lambda: proposals.end(named, direction),
        "remove": lambda: proposals.remove(named, direction),
    }
    return makes[params["change"]]()


def _target_name(params: dict[str, Any], by: User | None) -> TargetName:
    """A path may be that of either kind, as where an entry is added. Raises TokenAccessError."""
    id_or_path = IdOrPath.parse(params["target"])
    if "kind" in params:
        return TargetName(id_or_path, TargetKind(params["kind"]))
    if id_or_path.by == "id":
        return TargetName(id_or_path, TargetKind.PROJECT)
    return TargetName(id_or_path, find_target(by, TargetName(id_or_path)).target.kind)


def _require_parameters(kind: str, params: dict[str, Any], changes: dict[str, tuple[str, ...]]) -> None:
    for name in changes[kind]:
        if name not in params and not (name == "permissions" and params.get("default_permissions")):
            raise ApiError(400, {"error": f"{name} is missing"})
    if kind == "entry" and not any(name in params for name in OPTIONS[kind]):
        raise ApiError(400, {"error": f"{', '.join(OPTIONS[kind])} are missing, at least one is to be given"})
    for name in _OF_SOME:
        if name in params and name not in (*changes[kind], *OPTIONS.get(kind, ())):
            raise ApiError(400, {"error": f"{name} is not for the change {kind}"})
