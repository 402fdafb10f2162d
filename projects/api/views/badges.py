"""Badges of projects and groups, by REST."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from identity.sign_in.users import signed_in_user
from projects.api.badge_params import (
    BadgeChanges,
    BadgeDraft,
    BadgeFilters,
    BadgePreviewSerializer,
    BadgeSerializer,
    NewBadge,
)
from projects.badges import services
from projects.badges.placeholders import BadgeUrls, url_fault
from projects.models import Badge, Project
from tokenaccess.access.gate import check_same_target
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class BadgeView(GatedView):
    """What projects and groups do with their badges."""

    badge_urls: Any

    @property
    def target(self) -> Any:
        return self.access.target

    def get_badge(self, badge_id: int) -> Badge:
        found = services.badges_of(self.target).filter(pk=badge_id).first()
        if found is None:
            raise not_found("Badge")
        return found

    def get_own_badge(self, badge_id: int) -> Badge:
        badge = self.get_badge(badge_id)
        if badge.kind != str(self.target.kind):
            raise ApiError(403, "A badge of a group is changed by the group's own address")
        return badge


class ProjectBadgeView(BadgeView):
    @cached_property
    def badge_urls(self) -> BadgeUrls:
        reads_code = check_same_target(self.access, Action.READ_CODE).decision.allowed
        return BadgeUrls(self.target, reads_code=reads_code)


class GroupBadgeView(BadgeView):
    """Placeholders are filled in from the group's first project that the caller sees."""

    @cached_property
    def badge_urls(self) -> BadgeUrls:
        visible = Project.objects.visible_to(signed_in_user(self.request)).alive().below(self.access.group.pk)
        return BadgeUrls(visible.order_by("created_at", "id").first())


class BadgeList(BadgeView):
    @operation(BadgeFilters, returns=BadgeSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_target: str) -> QuerySet[Badge]:
        return BadgeFilters.filter(services.badges_of(self.target), params).order_by("id")

    @operation(NewBadge, returns=BadgeSerializer)
    def post(self, request: Request, params: dict[str, Any], **_target: str) -> Badge:
        return services.create_badge(self.target, by=self.current_user, **params)


class BadgeDetail(BadgeView):
    @operation(returns=BadgeSerializer)
    def get(self, request: Request, badge_id: int, **_target: str) -> Badge:
        return self.get_badge(badge_id)

    @operation(BadgeChanges, returns=BadgeSerializer)
    def put(self, request: Request, badge_id: int, params: dict[str, Any], **_target: str) -> Badge:
        return services.update_badge(self.get_own_badge(badge_id), by=self.current_user, **params)

    @operation()
    def delete(self, request: Request, badge_id: int, **_target: str) -> None:
        services.delete_badge(self.get_own_badge(badge_id), by=self.current_user)


class BadgePreview(BadgeView):
    @operation(BadgeDraft, returns=BadgePreviewSerializer)
    def get(self, request: Request, params: dict[str, Any], **_target: str) -> Badge:
        faults = {name: [fault] for name in params if (fault := url_fault(params[name]))}
        if faults:
            raise ValidationError(faults)
        return Badge(**params)


class ProjectBadges(ProjectBadgeView, BadgeList):
    actions = {"GET": Action.READ_BADGES, "POST": Action.ADMIN_PROJECT}


class ProjectBadge(ProjectBadgeView, BadgeDetail):
    actions = {"GET": Action.READ_BADGES, "PUT": Action.ADMIN_PROJECT, "DELETE": Action.ADMIN_PROJECT}


class ProjectBadgePreview(ProjectBadgeView, BadgePreview):
    actions = {"GET": Action.ADMIN_PROJECT}


class GroupBadges(GroupBadgeView, BadgeList):
    actions = {"GET": Action.READ_GROUP, "POST": Action.ADMIN_GROUP}


class GroupBadge(GroupBadgeView, BadgeDetail):
    actions = {"GET": Action.READ_GROUP, "PUT": Action.ADMIN_GROUP, "DELETE": Action.ADMIN_GROUP}


class GroupBadgePreview(GroupBadgeView, BadgePreview):
    actions = {"GET": Action.ADMIN_GROUP}
