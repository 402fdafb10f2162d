"""`/token_access/{projects,groups}/:id/reviews`: access reviews. GitLab has no such thing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty
from rest_framework.request import Request

from api.input.fields import Choice, Day, Text
from api.input.parameters import OwnParameters
from api.operations import operation
from api.rest import not_found
from api.serializers import Moment, ResponseSerializer
from tokenaccess.allowlist import services
from tokenaccess.allowlist.reviews.reviews import EXPORT_FIELDS, export_rows, review_lines
from tokenaccess.allowlist.services.reviews import undecided_entries
from tokenaccess.api.holder_view import HolderView
from tokenaccess.models import AccessReview, ReviewDecision
from tokenaccess.models.review import MAX_NOTE_LENGTH
from tokenaccess.policy import Action

_TYPES: dict[str, Any] = {
    "entry_id": {"type": "integer"},
    "default_permissions": {"type": "boolean"},
    "permissions": {"type": "array", "items": {"type": "string"}},
    "target_path": {"type": ["string", "null"]},
    "expires_at": {"type": ["string", "null"]},
}
DECISIONS_SCHEMA: dict[str, Any] = {
    "type": "array",
    "items": {"type": "object", "properties": {name: _TYPES.get(name, {"type": "string"}) for name in EXPORT_FIELDS}},
}


class ReviewDecisionParams(OwnParameters):
    """`expires_at`: of `change_end`, which needs it; null takes the end away."""

    decision = Choice(ReviewDecision.values, required=True)
    note = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True)
    expires_at = Day(allow_null=True)

    def run_validation(self, data: Any = empty) -> Any:
        """The end is never taken away by a parameter that somebody forgot."""
        values = super().run_validation(data)
        if values["decision"] == ReviewDecision.CHANGE_END and "expires_at" not in values:
            raise ValidationError({"expires_at": [ErrorDetail("", "required")]})
        return values


class SignOff(OwnParameters):
    note = Text(max_length=MAX_NOTE_LENGTH, allow_blank=True)


class ReviewSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    started_at = Moment()
    started_by = serializers.SerializerMethodField()
    signed_off_at = Moment(allow_null=True)
    signed_off_by = serializers.SerializerMethodField()
    note = serializers.CharField()

    def get_started_by(self, review: AccessReview) -> str | None:
        return None if review.started_by is None else review.started_by.username

    def get_signed_off_by(self, review: AccessReview) -> str | None:
        return None if review.signed_off_by is None else review.signed_off_by.username


class WholeReviewSerializer(ReviewSerializer):
    """With the decisions; `undecided`: the entries without one."""

    decisions = serializers.SerializerMethodField()
    undecided = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[AccessReview]) -> None:
        self.reader = self.context["view"].current_user

    @extend_schema_field(DECISIONS_SCHEMA)
    def get_decisions(self, review: AccessReview) -> list[dict[str, Any]]:
        return export_rows(review_lines(review, self.reader))

    def get_undecided(self, review: AccessReview) -> list[int]:
        return list(undecided_entries(review).order_by("id").values_list("pk", flat=True)) if review.is_open else []


READS_PROJECT, READS_GROUP = {"GET": Action.READ_TOKEN_ACCESS}, {"GET": Action.READ_GROUP_TOKEN_ACCESS}


class _ReviewView(HolderView):
    @property
    def rows(self) -> QuerySet[AccessReview]:
        rows = AccessReview.objects.filter(**{str(self.holder.kind): self.holder})
        return rows.select_related("project", "group", "started_by", "signed_off_by")

    def review(self, pk: int) -> AccessReview:
        found = self.rows.filter(pk=pk).first()
        if found is None:
            raise not_found("Review")
        return found


class _Reviews(_ReviewView):
    """The latest first."""

    @operation(returns=ReviewSerializer, many=True)
    def get(self, request: Request, **_owner: str) -> QuerySet[AccessReview]:
        return self.rows

    @operation(returns=WholeReviewSerializer)
    def post(self, request: Request, **_owner: str) -> AccessReview:
        return services.start_review(self.holder, by=self.current_user)


class _Review(_ReviewView):
    @operation(returns=WholeReviewSerializer)
    def get(self, request: Request, review: int, **_owner: str) -> AccessReview:
        return self.review(review)


class _ReviewedEntry(_ReviewView):
    missing = "target not found"

    @operation(ReviewDecisionParams, returns=WholeReviewSerializer)
    def put(self, request: Request, review: int, entry: int, params: dict[str, Any], **_owner: str) -> AccessReview:
        found = self.review(review)
        services.review_entry(found, entry, by=self.current_user, **params)
        return found


class _SignOff(_ReviewView):
    missing = "Review"

    @operation(SignOff, returns=WholeReviewSerializer, status=200)
    def post(self, request: Request, review: int, params: dict[str, Any], **_owner: str) -> AccessReview:
        return services.sign_off(self.review(review), by=self.current_user, **params)


class Reviews(_Reviews):
    actions = {**READS_PROJECT, "POST": Action.MANAGE_TOKEN_ACCESS}


class GroupReviews(_Reviews):
    actions = {**READS_GROUP, "POST": Action.MANAGE_GROUP_TOKEN_ACCESS}


class Review(_Review):
    actions = READS_PROJECT


class GroupReview(_Review):
    actions = READS_GROUP


class ReviewedEntry(_ReviewedEntry):
    actions = {"PUT": Action.MANAGE_TOKEN_ACCESS}


class GroupReviewedEntry(_ReviewedEntry):
    actions = {"PUT": Action.MANAGE_GROUP_TOKEN_ACCESS}


class SignOffReview(_SignOff):
    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}


class SignOffGroupReview(_SignOff):
    actions = {"POST": Action.MANAGE_GROUP_TOKEN_ACCESS}
