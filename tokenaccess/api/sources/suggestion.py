"""`/token_access/projects/:id/log_entries`: what the authentication log suggests to list. GitLab has the like for pages
and GraphQL only, and no size."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Boolean, Integer, Text
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import not_found
from api.serializers import ResponseSerializer
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.instance import MAX_ALLOWLIST_LIMIT
from tokenaccess.allowlist.suggestions.suggestion import SuggestedEntry, Suggestion, suggest_entries
from tokenaccess.policy import Action


class SuggestionSize(OwnParameters):
    """At most `size` entries; with `narrow` the permissions that were used only."""

    size = Integer(min_value=1, max_value=MAX_ALLOWLIST_LIMIT)
    narrow = Boolean(default=False)


class AgreedSuggestion(SuggestionSize):
    """`hash`: of the suggestion that is agreed to."""

    hash = Text(required=True, max_length=64)


class SuggestedEntrySerializer(ResponseSerializer):
    kind = serializers.ChoiceField(["project", "group"])
    path = serializers.SerializerMethodField()
    opens = serializers.IntegerField(help_text="Projects that it would open.")
    sources = serializers.IntegerField(help_text="Of those, how many used access.")
    beyond = serializers.IntegerField(help_text="The others.")
    used = serializers.ListField(child=serializers.CharField())
    permissions = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Null: the default.")
    lost = serializers.ListField(child=serializers.CharField(), help_text="What was used and would be refused.")
    can_add = serializers.BooleanField()

    def get_path(self, entry: SuggestedEntry) -> str | None:
        """Null for what the reader may not see."""
        return entry.path or None


class SuggestionSerializer(ResponseSerializer):
    hash = serializers.CharField(help_text="What adding exactly this takes.")
    size = serializers.IntegerField()
    max_size = serializers.IntegerField(help_text="As many as fit on the list.")
    narrow = serializers.BooleanField()
    opens = serializers.IntegerField(help_text="Projects that all of it would open.")
    sources = serializers.IntegerField(help_text="Of those, how many used access.")
    beyond = serializers.IntegerField(help_text="The others: the fewest with so many entries.")
    entries = SuggestedEntrySerializer(many=True)


class LogEntries(GatedView):
    actions = {
        "GET": Action.READ_TOKEN_ACCESS,
        "POST": Action.MANAGE_TOKEN_ACCESS,
        "DELETE": Action.MANAGE_TOKEN_ACCESS,
    }

    @operation(SuggestionSize, returns=SuggestionSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Suggestion:
        """What would be added."""
        return suggest_entries(self.access.project, self.current_user, size=params.get("size"), narrow=params["narrow"])

    @operation(AgreedSuggestion, returns=SuggestionSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Suggestion:
        """Add it and turn the limit on; 409 if it is another by now."""
        return services.add_suggested(
            self.access.project, by=self.current_user, size=params.get("size"), narrow=params["narrow"],
            suggestion_hash=params["hash"],
        )  # fmt: skip

    @operation()
    def delete(self, request: Request, project: str) -> None:
        """Undo the last time."""
        if not services.undo_autopopulate(self.access.project, by=self.current_user):
            raise not_found("Entries from the log")
