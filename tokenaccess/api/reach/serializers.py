"""Of a project's reach."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer
from tokenaccess.policy.levels import INBOUND_MODE_NAMES
from tokenaccess.reach.blast_radius import Effect
from tokenaccess.reach.directions import Cover


class ReachRowSerializer(ResponseSerializer):
    project_id = serializers.IntegerField(source="project.pk")
    project_path = serializers.CharField(source="path")
    through = serializers.ChoiceField(
        list(Cover), source="cover", help_text="Whose entry it is, or that there is no limit."
    )
    entry_path = serializers.CharField(
        source="through",
        help_text="The project or group that the entry names; of an inherited one the group whose list it is on.",
    )
    permissions = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="That the entry grants below the ceilings; null: what the user's role does, as in an open project.",
    )
    admitted = serializers.BooleanField(help_text="By the limits of both sides, as they are today.")
    is_conditional = serializers.BooleanField(help_text="The entry admits only jobs that meet its conditions.")
    refusal = serializers.CharField(help_text="Why not, or empty.")
    trial = serializers.CharField(help_text="Why not if the limit, which is on trial, were enforced, or empty.")
    mode = serializers.ChoiceField(["off", *INBOUND_MODE_NAMES], help_text="Of the target, as it takes effect.")
    last_used_at = Moment(source="last_used", allow_null=True)


class ReachedProjectSerializer(ResponseSerializer):
    project_id = serializers.IntegerField()
    project_path = serializers.CharField(source="path")
    steps = serializers.IntegerField(source="distance", help_text="How many lead there at least.")
    effect = serializers.ChoiceField(list(Effect))
    actions = serializers.ListField(child=serializers.CharField(), source="action_names")
    sources = serializers.ListField(child=serializers.CharField(), help_text="Paths of where the last step begins.")
    hidden_sources = serializers.IntegerField(help_text="How many more that you may not see.")


class ReachStepSerializer(ResponseSerializer):
    source: Any = serializers.CharField()
    target = serializers.CharField()
    steps = serializers.IntegerField(source="distance")
    effect = serializers.ChoiceField(list(Effect))


class BlastRadiusSerializer(ResponseSerializer):
    project_path = serializers.CharField(source="start")
    person = serializers.CharField(source="as_member", help_text="any, or the one whose jobs count.")
    depth = serializers.IntegerField()
    reached = ReachedProjectSerializer(many=True)
    edges = ReachStepSerializer(many=True, source="steps", help_text="Between projects that you may see.")
    hidden = serializers.IntegerField(help_text="How many more are reached that you may not see.")
    is_cut = serializers.BooleanField(help_text="There is more than was looked at.")


class WideProjectSerializer(ResponseSerializer):
    project_id = serializers.IntegerField()
    project_path = serializers.CharField(source="path")
    mode = serializers.ChoiceField(["off", *INBOUND_MODE_NAMES])
    projects = serializers.IntegerField(help_text="Entries of its own for projects.")
    groups = serializers.IntegerField(help_text="Entries of its own for groups.")
    sources = serializers.IntegerField(help_text="Other projects that its lists admit, own and inherited, each once.")
    widest_entry_path = serializers.CharField(source="widest", help_text="What its widest entry names, or empty.")
    widest_entry_size = serializers.IntegerField(source="widest_size", help_text="How many projects that is.")
