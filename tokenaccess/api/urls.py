from __future__ import annotations

from django.urls import path

from tokenaccess.api import (
    addresses,
    allowlists,
    explain,
    instance,
    job_token_stop,
    mode,
    own_token,
    replay,
    rules,
    scope,
    sources,
)

urlpatterns = [
    path("application/settings", instance.ApplicationSettings.as_view()),
    path("features", instance.Features.as_view()),
    path("features/<str:name>", instance.Feature.as_view()),
    path("token_access/stop", job_token_stop.StopJobTokens.as_view()),
    path("token_access/self", own_token.Self.as_view()),
    path("token_access/self/narrow", own_token.Narrow.as_view()),
    path("token_access/explain", explain.Explain.as_view()),
    path("token_access/preflight", explain.Preflight.as_view()),
    path("token_access/mode", mode.InstanceMode.as_view()),
    path("token_access/projects/<ref:project>/mode", mode.ProjectMode.as_view()),
    path("token_access/projects/<ref:project>/trial", mode.Trial.as_view()),
    path("token_access/projects/<ref:project>/trial/ignored", mode.IgnoredSources.as_view()),
    path("token_access/projects/<ref:project>/trial/ignored/<int:source>", mode.IgnoredSource.as_view()),
    path("token_access/projects/<ref:project>/sources", sources.Sources.as_view()),
    path("token_access/projects/<ref:project>/candidates", sources.Candidates.as_view()),
    path("token_access/rules/schema", rules.RulesSchema.as_view()),
    path("token_access/projects/<ref:project>/rules", rules.Rules.as_view()),
    path("token_access/projects/<ref:project>/rules/plan", rules.RulesPlan.as_view()),
    path("token_access/projects/<ref:project>/rules/apply", rules.RulesApply.as_view()),
    path("token_access/projects/<ref:project>/rules/export", rules.RulesExport.as_view()),
    path("token_access/projects/<ref:project>/address_check", addresses.AddressCheck.as_view()),
    path("token_access/runners/<int:runner>/networks", addresses.RunnerNetworks.as_view()),
    path("token_access/projects/<ref:project>/replay", replay.ProjectReplay.as_view()),
    path("token_access/reached", job_token_stop.ReachedByJobTokens.as_view()),
    path("projects/<ref:project>/job_token_scope", scope.JobTokenScope.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist", allowlists.Allowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist/<str:target>", allowlists.AllowedProject.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist", allowlists.GroupsAllowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist/<str:target>", allowlists.AllowedGroup.as_view()),
]
