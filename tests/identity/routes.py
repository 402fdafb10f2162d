"""Two routes that say who acts: one takes job tokens, the other does not."""

from __future__ import annotations

from typing import Any

from django.urls import include, path, register_converter
from rest_framework.request import Request
from rest_framework.response import Response

from projects.converters import IdOrPathConverter
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

register_converter(IdOrPathConverter, "ref_of_tests")


class Who(GatedView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        user = self.access.user
        return Response({"by": type(self.access.caller).__name__, "acts": user.username if user else None})

    post = get


class TakesJobs(Who):
    actions = {"GET": Action.READ_PACKAGES, "POST": Action.READ_PACKAGES}
    challenge = "GitLab Packages Registry"


class TakesNone(Who):
    actions = {"GET": Action.READ_PROJECT, "POST": Action.ADMIN_PROJECT}


urlpatterns = [
    path("api/v4/takes_jobs/<ref_of_tests:project>", TakesJobs.as_view()),
    path("api/v4/takes_none/<ref_of_tests:project>", TakesNone.as_view()),
    path("", include("config.urls")),
]
