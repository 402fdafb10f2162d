"""Trigger tokens by REST (runner.md §8.1). Only its owner is shown a token's plain text."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import created, moment, no_content, not_found
from identity.models import User
from jobs import services
from jobs.api import shapes
from jobs.models import TriggerToken
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action


def trigger_json(trigger: TriggerToken, person: User) -> dict[str, Any]:
    return {
        "id": trigger.pk,
        "token": trigger.shown_to(person),
        "description": trigger.description,
        "created_at": moment(trigger.created_at),
        "updated_at": moment(trigger.updated_at),
        "last_used": moment(trigger.last_used_at),
        "expires_at": moment(trigger.expires_at),
        "owner": shapes.user(trigger.owner),
    }


class TriggerView(GatedView):
    def shown(self, trigger: TriggerToken) -> dict[str, Any]:
        return trigger_json(trigger, self.person)

    def trigger(self, pk: int) -> TriggerToken:
        found = self.access.project.trigger_tokens.select_related("owner", "project").filter(pk=pk).first()
        if found is None:
            raise not_found("Trigger")
        return found


class TriggerList(TriggerView):
    """POST: `description`. The trigger acts as who made it."""

    actions = {"GET": Action.MANAGE_TRIGGERS, "POST": Action.MANAGE_TRIGGERS}

    def get(self, request: Request, project: str) -> Response:
        return paged(request, self.access.project.trigger_tokens.select_related("owner"), self.shown)

    def post(self, request: Request, project: str) -> Response:
        description = Params.of(request).text("description", required=True) or ""
        trigger, _ = services.create_trigger(project=self.access.project, owner=self.person, description=description)
        return created(self.shown(trigger))


class OneTrigger(TriggerView):
    actions = {"GET": Action.MANAGE_TRIGGERS, "PUT": Action.MANAGE_TRIGGERS, "DELETE": Action.MANAGE_TRIGGERS}

    def get(self, request: Request, project: str, trigger: int) -> Response:
        return Response(self.shown(self.trigger(trigger)))

    def put(self, request: Request, project: str, trigger: int) -> Response:
        found = self.trigger(trigger)
        description = Params.of(request).text("description")
        if description is not None:
            found = services.update_trigger(found, description=description, by=self.person)
        return Response(self.shown(found))

    def delete(self, request: Request, project: str, trigger: int) -> Response:
        services.delete_trigger(self.trigger(trigger), by=self.person)
        return no_content()
