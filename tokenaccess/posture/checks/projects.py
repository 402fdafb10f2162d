"""What the checks of projects have in common: a finding is the project itself."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from projects.models import Project
from tokenaccess.posture.check import Check


class ProjectCheck(Check[Project]):
    model = Project
    related = ()
    page = "project_token_access"

    def project_of(self, row: Project) -> Project:
        return row

    def label(self, row: Project, hidden: Any) -> str:
        return row.full_path

    def url(self, row: Project) -> str:
        return reverse(self.page, args=[row.full_path])
