"""Webhooks over the API: of projects, groups and the instance, which differ in their place alone."""

from __future__ import annotations

from typing import Any, cast

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found, too_many_requests
from hooks import services
from hooks.api import params as asked
from hooks.api.serializers import (
    DeliverySerializer,
    GroupHookSerializer,
    ProjectHookSerializer,
    ResentSerializer,
    SystemHookSerializer,
    TestedSerializer,
)
from hooks.events import Event
from hooks.models import Delivery, Hook
from hooks.querysets import DeliveryQuerySet, HookQuerySet
from hooks.services.hooks import Secret
from hooks.services.trial import MAX_A_MINUTE
from projects.models import Group, Project
from text.rate_limit import RateLimit
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

TOO_MANY = "This endpoint has been requested too many times. Try again later."
PROJECT = {"read": Action.READ_HOOKS, "manage": Action.MANAGE_HOOKS}
GROUP = {"read": Action.READ_GROUP_HOOKS, "manage": Action.MANAGE_GROUP_HOOKS}
INSTANCE = {"read": Action.INSPECT, "manage": Action.ADMINISTER}


class HookView(GatedView):
    @property
    def place(self) -> Project | Group | None:
        """None: the instance."""
        return self.access.target

    def hooks(self) -> HookQuerySet:
        return Hook.objects.of_place(self.place).select_related("project__group", "group", "creator").order_by("id")

    def get_hook(self, hook_id: int) -> Hook:
        hook = self.hooks().filter(pk=hook_id).first()
        if hook is None:
            raise not_found()
        return hook


class _List(HookView):
    @sensitive_variables()
    def create(self, kind: type[asked.HookParams], params: dict[str, Any]) -> Hook:
        events, fields = kind.split(params)
        return services.create_hook(self.place, by=self.current_user, events=events, **fields)


class ProjectHooks(_List):
    actions = {"GET": PROJECT["read"], "POST": PROJECT["manage"]}

    @operation(returns=ProjectHookSerializer, many=True)
    def get(self, request: Request, project: str) -> HookQuerySet:
        return self.hooks()

    @operation(asked.NewProjectHook, returns=ProjectHookSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Hook:
        return self.create(asked.NewProjectHook, params)


class GroupHooks(_List):
    actions = {"GET": GROUP["read"], "POST": GROUP["manage"]}

    @operation(returns=GroupHookSerializer, many=True)
    def get(self, request: Request, group: str) -> HookQuerySet:
        return self.hooks()

    @operation(asked.NewGroupHook, returns=GroupHookSerializer)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> Hook:
        return self.create(asked.NewGroupHook, params)


class SystemHooks(_List):
    actions = {"GET": INSTANCE["read"], "POST": INSTANCE["manage"]}

    @operation(returns=SystemHookSerializer, many=True)
    def get(self, request: Request) -> HookQuerySet:
        return self.hooks()

    @operation(asked.NewSystemHook, returns=SystemHookSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> Hook:
        return self.create(asked.NewSystemHook, params)


class _Detail(HookView):
    @sensitive_variables()
    def change(self, hook_id: int, kind: type[asked.HookParams], params: dict[str, Any]) -> Hook:
        events, fields = kind.split(params)
        return services.update_hook(self.get_hook(hook_id), by=self.current_user, events=events, **fields)

    def test(self, hook_id: int, trigger: str) -> dict[str, str]:
        """422 with the reason where there is nothing to send, or where it was not taken."""
        hook = self.get_hook(hook_id)
        if trigger not in {str(event) for event in Event}:
            raise ApiError(400, {"error": "trigger does not have a valid value"})
        try:
            delivery = services.test_hook(hook, Event(trigger), by=self.current_user)
        except services.NothingToSend as nothing:
            raise ApiError(422, str(nothing)) from nothing
        except services.TooManyRequests as error:
            raise too_many() from error
        if not delivery.succeeded:
            raise ApiError(422, delivery.error or delivery.response_body or str(delivery.response_status))
        return {"message": "201 Created"}


def too_many() -> ApiError:
    return too_many_requests(TOO_MANY, RateLimit("webhook_test", MAX_A_MINUTE, wait=60))


class _WithDeletion(_Detail):
    @operation()
    def delete(self, request: Request, hook_id: int, **_place: str) -> None:
        services.delete_hook(self.get_hook(hook_id), by=self.current_user)


class ProjectHook(_WithDeletion):
    actions = {"GET": PROJECT["read"], "PUT": PROJECT["manage"], "DELETE": PROJECT["manage"]}

    @operation(returns=ProjectHookSerializer)
    def get(self, request: Request, project: str, hook_id: int) -> Hook:
        return self.get_hook(hook_id)

    @operation(asked.ProjectHookChanges, returns=ProjectHookSerializer)
    def put(self, request: Request, project: str, hook_id: int, params: dict[str, Any]) -> Hook:
        return self.change(hook_id, asked.ProjectHookChanges, params)


class GroupHook(_WithDeletion):
    actions = {"GET": GROUP["read"], "PUT": GROUP["manage"], "DELETE": GROUP["manage"]}

    @operation(returns=GroupHookSerializer)
    def get(self, request: Request, group: str, hook_id: int) -> Hook:
        return self.get_hook(hook_id)

    @operation(asked.GroupHookChanges, returns=GroupHookSerializer)
    def put(self, request: Request, group: str, hook_id: int, params: dict[str, Any]) -> Hook:
        return self.change(hook_id, asked.GroupHookChanges, params)


class SystemHook(_WithDeletion):
    """POST tries it out, as GitLab has it."""

    actions = {name: INSTANCE["read" if name == "GET" else "manage"] for name in ("GET", "POST", "PUT", "DELETE")}

    @operation(returns=SystemHookSerializer)
    def get(self, request: Request, hook_id: int) -> Hook:
        return self.get_hook(hook_id)

    @operation(asked.SystemHookChanges, returns=SystemHookSerializer)
    def put(self, request: Request, hook_id: int, params: dict[str, Any]) -> Hook:
        return self.change(hook_id, asked.SystemHookChanges, params)

    @operation(returns=TestedSerializer)
    def post(self, request: Request, hook_id: int) -> dict[str, str]:
        return self.test(hook_id, Event.INSTANCE)


class _Test(_Detail):
    @operation(returns=TestedSerializer)
    def post(self, request: Request, hook_id: int, trigger: str, **_place: str) -> dict[str, str]:
        return self.test(hook_id, trigger)


class ProjectHookTest(_Test):
    actions = {"POST": PROJECT["manage"]}


class GroupHookTest(_Test):
    actions = {"POST": GROUP["manage"]}


class SystemHookTest(_Test):
    actions = {"POST": INSTANCE["manage"]}


class _Secret(HookView):
    """`…/custom_headers/:key` and `…/url_variables/:key`."""

    @operation(asked.SecretValue, status=204)
    @sensitive_variables()
    def put(self, request: Request, hook_id: int, kind: str, key: str, params: dict[str, Any], **_place: str) -> None:
        services.set_secret(self.get_hook(hook_id), _secret(kind), key, params["value"], by=self.current_user)

    @operation()
    def delete(self, request: Request, hook_id: int, kind: str, key: str, **_place: str) -> None:
        if not services.remove_secret(self.get_hook(hook_id), _secret(kind), key, by=self.current_user):
            raise not_found()


def _secret(kind: str) -> Secret:
    names = {"custom_headers": "headers", "url_variables": "variables"}
    if kind not in names:
        raise not_found()
    return cast(Secret, names[kind])


class ProjectHookSecret(_Secret):
    actions = {"PUT": PROJECT["manage"], "DELETE": PROJECT["manage"]}


class GroupHookSecret(_Secret):
    actions = {"PUT": GROUP["manage"], "DELETE": GROUP["manage"]}


class SystemHookSecret(_Secret):
    actions = {"PUT": INSTANCE["manage"], "DELETE": INSTANCE["manage"]}


class _Events(HookView):
    """What was sent within the last seven days, the newest first."""

    @operation(asked.DeliveryFilters, returns=DeliverySerializer, many=True)
    def get(self, request: Request, hook_id: int, params: dict[str, Any], **_place: str) -> DeliveryQuerySet:
        rows = Delivery.objects.filter(hook=self.get_hook(hook_id)).recent(timezone.now()).order_by("-id")
        return asked.DeliveryFilters.filter(rows, params)


class ProjectHookEvents(_Events):
    actions = {"GET": PROJECT["read"]}


class GroupHookEvents(_Events):
    actions = {"GET": GROUP["read"]}


class SystemHookEvents(_Events):
    actions = {"GET": INSTANCE["read"]}


class _Resending(HookView):
    @operation(returns=ResentSerializer)
    def post(self, request: Request, hook_id: int, event_id: int, **_place: str) -> dict[str, int | None]:
        hook = self.get_hook(hook_id)
        delivery = Delivery.objects.filter(hook=hook, pk=event_id).select_related("hook").first()
        if delivery is None:
            raise not_found()
        try:
            return {"response_status": services.resend(delivery).response_status}
        except services.TooManyRequests as error:
            raise too_many() from error


class ProjectHookResending(_Resending):
    actions = {"POST": PROJECT["manage"]}


class GroupHookResending(_Resending):
    actions = {"POST": GROUP["manage"]}


class SystemHookResending(_Resending):
    actions = {"POST": INSTANCE["manage"]}
