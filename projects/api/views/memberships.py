"""Where a person is a member, by REST: for administrators."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Choice
from api.input.list_filters import ListFilters
from api.operations import operation
from api.rest import not_found
from api.serializers import ResponseSerializer
from identity.models import User
from projects.models import Membership
from projects.roles.members import active_memberships
from projects.services.members import membership_target
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

_PLACES = {"Project": "project__isnull", "Namespace": "group__isnull"}


class UserMembershipFilters(ListFilters):
    type = Choice(_PLACES)

    def filter_type(self, rows: QuerySet[Membership], kind: str) -> QuerySet[Membership]:
        return rows.filter(**{_PLACES[kind]: False})


class UserMembershipSerializer(ResponseSerializer):
    source_id = serializers.SerializerMethodField()
    source_name = serializers.SerializerMethodField()
    source_type = serializers.SerializerMethodField()
    access_level = serializers.IntegerField(source="role")

    def get_source_id(self, membership: Membership) -> int:
        return membership_target(membership).pk

    def get_source_name(self, membership: Membership) -> str:
        return membership_target(membership).name

    def get_source_type(self, membership: Membership) -> str:
        return "Project" if membership.project_id else "Namespace"


class UserMemberships(GatedView):
    """In projects and groups; a person's own namespace is none of them."""

    actions = {"GET": Action.INSPECT_PEOPLE}

    @operation(UserMembershipFilters, returns=UserMembershipSerializer, many=True)
    def get(self, request: Request, user_id: int, params: dict[str, Any]) -> QuerySet[Membership]:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        rows = active_memberships().filter(user=user, group__person=None).order_by("id")
        return UserMembershipFilters.filter(rows, params)
