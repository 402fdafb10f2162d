"""What projects and groups have alike."""

from __future__ import annotations

from projects.models import Group, Project
from tokenaccess.adapters.drf import GatedView


class HolderView(GatedView):
    @property
    def holder(self) -> Project | Group:
        """Whose rules, lists or reviews they are."""
        assert self.access.target is not None  # no route is the instance's
        return self.access.target
