"""The routes that gitlab-runner calls, below /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from jobs.runner_api import artifacts, jobs, requests, runners
from tokenaccess.adapters.method_dispatch import dispatch_by_method

urlpatterns: list[URLPattern | URLResolver] = [
    path("runners/verify", runners.Verify.as_view()),
    path("runners/managers", runners.Managers.as_view()),
    path("runners/reset_authentication_token", runners.ResetToken.as_view()),
    path("runners/router/discovery", runners.Discovery.as_view()),
    path("jobs/request", requests.JobRequest.as_view()),
    path("jobs/<int:job_id>", jobs.JobUpdate.as_view()),
    path("jobs/<int:job_id>/trace", jobs.JobTrace.as_view()),
    path("jobs/<int:job_id>/artifacts", dispatch_by_method(POST=artifacts.Upload.as_view(), GET=artifacts.download)),
]
