"""The project or group whose tokens a request is about. The two differ in their place alone."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.rest import ApiError, not_found
from projects.models import Group, Project
from tokenaccess.access.result import AccessDenied
from tokenaccess.adapters.drf import GatedView, with_denial_id
from tokenaccess.policy import Refusal


class PlaceView(GatedView):
    """A member who may not manage the tokens gets 401, as GitLab has it (tokens.md §6.3)."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except AccessDenied as denied:
            reason = denied.access.decision.reason
            if reason is not None and reason.rule == "entitled" and reason.refusal is Refusal.FORBIDDEN:
                raise with_denial_id(ApiError(401, "401 Unauthorized"), denied.access) from denied
            raise

    @property
    def place(self) -> Project | Group:
        """A person's own namespace is no group."""
        found = self.access.target
        assert found is not None  # its actions are those of projects and groups
        if isinstance(found, Group) and found.person_id is not None:
            raise not_found("Group")
        return found
