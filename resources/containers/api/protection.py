"""Protected container repositories, by REST, in the shapes of GitLab's API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError
from resources.containers import protection
from resources.containers.api.params import ImageProtectionChanges, NewImageProtection
from resources.containers.api.serializers import ImageProtectionSerializer
from resources.containers.models import ImageProtection
from text.numbers import is_number, parse_number
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class _ProtectionView(GatedView):
    @property
    def rows(self) -> QuerySet[ImageProtection]:
        return ImageProtection.objects.filter(project=self.access.project).select_related("project")

    def find(self, rule: str) -> ImageProtection:
        """Raises Http404."""
        found = self.rows.filter(pk=parse_number(rule) or 0).first() if is_number(rule) else None
        if found is None:
            raise Http404
        return found


def _write(change: Callable[..., ImageProtection], *args: Any, **values: Any) -> ImageProtection:
    """Raises ApiError: faults go by the names that the API has."""
    try:
        return change(*args, **values)
    except ValidationError as error:
        texts = [text for texts in error.message_dict.values() for text in texts]
        raise ApiError(422, {"message": [f"Repository path pattern {text}" for text in texts]}) from error


class ProtectionList(_ProtectionView):
    actions = {"GET": Action.MANAGE_IMAGES, "POST": Action.MANAGE_IMAGES}

    @operation(returns=ImageProtectionSerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[ImageProtection]:
        return self.rows.order_by("pattern")

    @operation(NewImageProtection, returns=ImageProtectionSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> ImageProtection:
        values = {"push_level": 0, "delete_level": 0, **params}
        return _write(protection.protect, self.access.project, by=self.current_user, **values)


class ProtectionDetail(_ProtectionView):
    actions = {"PATCH": Action.MANAGE_IMAGES, "DELETE": Action.MANAGE_IMAGES}

    @operation(ImageProtectionChanges, returns=ImageProtectionSerializer)
    def patch(self, request: Request, project: str, rule: str, params: dict[str, Any]) -> ImageProtection:
        return _write(protection.change_protection, self.find(rule), by=self.current_user, **params)

    @operation()
    def delete(self, request: Request, project: str, rule: str) -> None:
        protection.unprotect(self.find(rule), by=self.current_user)
