"""`/token_access/projects/:id/replay`: what a change would have made of the last days. GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Boolean, Choice, NumberChoice, Text, Words
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import ApiError
from api.serializers import Moment, ResponseSerializer
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.api.params import MAX_PATH
from tokenaccess.api.refusals import api_errors
from tokenaccess.api.rules import FILE_ERRORS, file_errors, read_content
from tokenaccess.models import Direction
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import INBOUND_MODE_NAMES, InboundMode
from tokenaccess.policy.permissions import PERMISSION_NAMES
from tokenaccess.replay.changes import Proposals
from tokenaccess.replay.replay import DEFAULT_HORIZON, HORIZONS, Change, Replay, replay_change
from tokenaccess.rules_file.yaml_nodes import MAX_BYTES

# Kind of change → what it takes.
CHANGES = {
    "mode": ("mode",),
    "outbound_limit": ("outbound_limit",),
    "add": ("target",),
    "permissions": ("target", "permissions"),
    "remove": ("target",),
    "end": ("target",),
    "rules": ("content",),
    "none": (),
}
# And what it may have besides.
OPTIONS = {"add": ("permissions", "default_permissions"), "permissions": ("default_permissions",)}
_OF_SOME = ("mode", "outbound_limit", "target", "permissions", "default_permissions", "content")


class ProposedChange(OwnParameters):
    """`target`: a project or group by id or path, told apart by `kind`. `permissions` left out: the default ones.
    `content`: a rules file. `change` none: as things are."""

    change = Choice(choices=CHANGES, required=True)
    days = NumberChoice(choices={days: days for days in HORIZONS}, default=DEFAULT_HORIZON)
    mode = Choice(choices=INBOUND_MODE_NAMES)
    outbound_limit = Boolean()
    target = Text(max_length=MAX_PATH)
    kind = Choice(choices=["project", "group"], default="project")
    direction = Choice(choices=list(Direction.values), default=str(Direction.INBOUND))
    permissions = Words(choices=PERMISSION_NAMES)
    default_permissions = Boolean()
    content = Text(max_length=MAX_BYTES)


class ReplayRowSerializer(ResponseSerializer):
    direction = serializers.ChoiceField(list(Direction.values), source="side")
    project_id = serializers.IntegerField(source="project.pk", help_text="The source; outbound the target.")
    project_path = serializers.CharField(source="path")
    names = serializers.ListField(
        child=serializers.CharField(), source="sorted_names", help_text="Permissions that were used, actions refused."
    )
    count = serializers.IntegerField(help_text="Jobs; of refusals requests.")
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


class ProjectReplay(GatedView):
    """Makes the change, asks everything that the log has again, and takes the change back."""

    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}

    @operation(ProposedChange, returns=ReplaySerializer, status=200, others=FILE_ERRORS)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Replay:
        change = propose(Proposals(self.access.project, self.current_user), params)
        with api_errors("Project"), file_errors():
            return replay_change(self.access.project, change, reader=self.current_user, days=params["days"])


def propose(proposals: Proposals, params: dict[str, Any]) -> Change:
    """Raises ApiError for what is missing, and for what is not of such a change."""
    kind = params["change"]
    _require_parameters(kind, params)
    match kind:
        case "mode":
            return proposals.set_mode(InboundMode[params["mode"].upper()])
        case "outbound_limit":
            return proposals.limit_outbound(params["outbound_limit"])
        case "rules":
            return proposals.apply(read_content(params))
        case "none":
            return lambda: None
    named = TargetName(IdOrPath.parse(params["target"]), TargetKind(params["kind"]))
    granted = None if params.get("default_permissions") else params.get("permissions")
    match kind:
        case "add":
            return proposals.add(named, granted, params["direction"])
        case "permissions":
            return proposals.set_permissions(named, granted)
        case "end":
            return proposals.end(named, params["direction"])
    return proposals.remove(named, params["direction"])


def _require_parameters(kind: str, params: dict[str, Any]) -> None:
    for name in CHANGES[kind]:
        if name not in params and not (name == "permissions" and params.get("default_permissions")):
            raise ApiError(400, {"error": f"{name} is missing"})
    for name in _OF_SOME:
        if name in params and name not in (*CHANGES[kind], *OPTIONS.get(kind, ())):
            raise ApiError(400, {"error": f"{name} is not for the change {kind}"})
