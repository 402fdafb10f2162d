"""Trigger tokens by REST (runner.md §8.1)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from jobs.api.params.triggers import NewTrigger, TriggerChanges
from jobs.api.serializers.triggers import TriggerSerializer
from jobs.models import TriggerToken
from jobs.triggers.trigger_tokens import create_trigger, delete_trigger, update_trigger
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class TriggerView(GatedView):
    def trigger(self, pk: int) -> TriggerToken:
        found = self.access.project.trigger_tokens.select_related("owner", "project").filter(pk=pk).first()
        if found is None:
            raise not_found("Trigger")
        return found


class TriggerList(TriggerView):
    """The trigger acts as who made it."""

    actions = {"GET": Action.MANAGE_TRIGGERS, "POST": Action.MANAGE_TRIGGERS}

    @operation(returns=TriggerSerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[TriggerToken]:
        return self.access.project.trigger_tokens.select_related("owner")

    @operation(NewTrigger, returns=TriggerSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> TriggerToken:
        trigger, _ = create_trigger(project=self.access.project, owner=self.current_user, **params)
        return trigger


class OneTrigger(TriggerView):
    actions = {"GET": Action.MANAGE_TRIGGERS, "PUT": Action.MANAGE_TRIGGERS, "DELETE": Action.MANAGE_TRIGGERS}

    @operation(returns=TriggerSerializer)
    def get(self, request: Request, project: str, trigger: int) -> TriggerToken:
        return self.trigger(trigger)

    @operation(TriggerChanges, returns=TriggerSerializer)
    def put(self, request: Request, project: str, trigger: int, params: dict[str, Any]) -> TriggerToken:
        found = self.trigger(trigger)
        return update_trigger(found, by=self.current_user, **params) if params else found

    @operation()
    def delete(self, request: Request, project: str, trigger: int) -> None:
        delete_trigger(self.trigger(trigger), by=self.current_user)
