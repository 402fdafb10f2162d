from __future__ import annotations

from django.urls import path

from tokenaccess.api import instance, lists, scope

urlpatterns = [
    path("application/settings", instance.ApplicationSettings.as_view()),
    path("features", instance.Features.as_view()),
    path("features/<str:name>", instance.Feature.as_view()),
    path("projects/<ref:project>/job_token_scope", scope.JobTokenScope.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist", lists.Allowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist/<str:target>", lists.AllowedProject.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist", lists.GroupsAllowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist/<str:target>", lists.AllowedGroup.as_view()),
]
