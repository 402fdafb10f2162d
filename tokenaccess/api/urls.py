from __future__ import annotations

from django.urls import path

from tokenaccess.api import explain, job_token_stop, own_token, replay, reviews
from tokenaccess.api.entries import allowlists
from tokenaccess.api.entries import views as entries
from tokenaccess.api.group_rules import entries as group_entries
from tokenaccess.api.group_rules import rules as group_rules
from tokenaccess.api.limits import addresses, instance, mode, scope, trial
from tokenaccess.api.posture import views as posture
from tokenaccess.api.reach import views as reach
from tokenaccess.api.refusals import views as refusals
from tokenaccess.api.rules_file import views as rules
from tokenaccess.api.sources import suggestion
from tokenaccess.api.sources import views as sources

urlpatterns = [
    path("application/settings", instance.ApplicationSettings.as_view()),
    path("features", instance.Features.as_view()),
    path("features/<str:name>", instance.Feature.as_view()),
    path("token_access/stop", job_token_stop.StopJobTokens.as_view()),
    path("token_access/self", own_token.Self.as_view()),
    path("token_access/self/narrow", own_token.Narrow.as_view()),
    path("token_access/explain", explain.Explain.as_view()),
    path("token_access/preflight", explain.Preflight.as_view()),
    path("token_access/reasons/<str:reason>", refusals.AccessReason.as_view()),
    path("token_access/widest", reach.WidestAccess.as_view()),
    path("token_access/mode", mode.InstanceMode.as_view()),
    path("token_access/projects/<ref:project>/mode", mode.ProjectMode.as_view()),
    path("token_access/projects/<ref:project>/reach", reach.ProjectReach.as_view()),
    path("token_access/projects/<ref:project>/blast_radius", reach.ProjectBlastRadius.as_view()),
    path("token_access/instance/trial", trial.InstanceTrial.as_view()),
    path("token_access/groups/<ref:group>/trial", trial.GroupTrial.as_view()),
    path("token_access/groups/<ref:group>/trial/ignored", trial.GroupIgnoredSources.as_view()),
    path("token_access/groups/<ref:group>/trial/ignored/<int:source>", trial.GroupIgnoredSource.as_view()),
    path("token_access/projects/<ref:project>/trial", trial.ProjectTrial.as_view()),
    path("token_access/projects/<ref:project>/trial/ignored", trial.ProjectIgnoredSources.as_view()),
    path("token_access/projects/<ref:project>/trial/ignored/<int:source>", trial.ProjectIgnoredSource.as_view()),
    path("token_access/projects/<ref:project>/refusals", refusals.Refusals.as_view()),
    path("token_access/projects/<ref:project>/sources", sources.Sources.as_view()),
    path(
        "token_access/projects/<ref:project>/candidates",
        sources.Candidates.as_view(),
        name="project_token_access_candidates",
    ),
    path("token_access/projects/<ref:project>/entries", entries.Entries.as_view()),
    path("token_access/projects/<ref:project>/entries/<int:entry>", entries.Entry.as_view()),
    path("token_access/projects/<ref:project>/entries/<int:entry>/suspend", entries.SuspendEntry.as_view()),
    path("token_access/projects/<ref:project>/entries/<int:entry>/restore", entries.RestoreEntry.as_view()),
    path("token_access/projects/<ref:project>/entries/<int:entry>/renew", entries.RenewEntry.as_view()),
    path("token_access/projects/<ref:project>/entries/<int:entry>/confirm", entries.ConfirmEntry.as_view()),
    path("token_access/projects/<ref:project>/reviews", reviews.Reviews.as_view()),
    path("token_access/projects/<ref:project>/reviews/<int:review>", reviews.Review.as_view()),
    path(
        "token_access/projects/<ref:project>/reviews/<int:review>/entries/<int:entry>", reviews.ReviewedEntry.as_view()
    ),
    path("token_access/projects/<ref:project>/reviews/<int:review>/sign_off", reviews.SignOffReview.as_view()),
    path("token_access/rules/schema", rules.RulesSchema.as_view()),
    path("token_access/projects/<ref:project>/rules", rules.Rules.as_view()),
    path("token_access/projects/<ref:project>/rules/plan", rules.RulesPlan.as_view()),
    path("token_access/projects/<ref:project>/rules/apply", rules.RulesApply.as_view()),
    path("token_access/projects/<ref:project>/rules/export", rules.RulesExport.as_view()),
    path("token_access/projects/<ref:project>/address_check", addresses.AddressCheck.as_view()),
    path("token_access/instance/posture", posture.InstancePosture.as_view()),
    path("token_access/instance/posture/export", posture.InstancePostureExport.as_view()),
    path("token_access/instance/posture/accepted", posture.InstanceAcceptances.as_view()),
    path("token_access/instance/posture/fixes", posture.InstanceFixes.as_view()),
    path("token_access/groups/<ref:group>/posture", posture.GroupPosture.as_view()),
    path("token_access/groups/<ref:group>/posture/export", posture.GroupPostureExport.as_view()),
    path("token_access/groups/<ref:group>/posture/accepted", posture.GroupAcceptances.as_view()),
    path("token_access/groups/<ref:group>/posture/fixes", posture.GroupFixes.as_view()),
    path("token_access/projects/<ref:project>/posture", posture.ProjectPosture.as_view()),
    path("token_access/projects/<ref:project>/posture/export", posture.ProjectPostureExport.as_view()),
    path("token_access/projects/<ref:project>/posture/accepted", posture.ProjectAcceptances.as_view()),
    path("token_access/projects/<ref:project>/posture/fixes", posture.ProjectFixes.as_view()),
    path("token_access/runners/<int:runner>/networks", addresses.RunnerNetworks.as_view()),
    path("token_access/projects/<ref:project>/replay", replay.ProjectReplay.as_view()),
    path("token_access/projects/<ref:project>/group_rule", group_rules.InheritedRule.as_view()),
    path("token_access/projects/<ref:project>/inherited_allowlist", group_rules.InheritedList.as_view()),
    path("token_access/groups/<ref:group>/rules", rules.GroupRules.as_view()),
    path("token_access/groups/<ref:group>/rules/plan", rules.GroupRulesPlan.as_view()),
    path("token_access/groups/<ref:group>/rules/apply", rules.GroupRulesApply.as_view()),
    path("token_access/groups/<ref:group>/rules/export", rules.GroupRulesExport.as_view()),
    path("token_access/groups/<ref:group>/replay", replay.GroupReplay.as_view()),
    path("token_access/groups/<ref:group>/reviews", reviews.GroupReviews.as_view()),
    path("token_access/groups/<ref:group>/reviews/<int:review>", reviews.GroupReview.as_view()),
    path(
        "token_access/groups/<ref:group>/reviews/<int:review>/entries/<int:entry>",
        reviews.GroupReviewedEntry.as_view(),
    ),
    path("token_access/groups/<ref:group>/reviews/<int:review>/sign_off", reviews.SignOffGroupReview.as_view()),
    path("token_access/groups/<ref:group>/sources", sources.GroupSources.as_view()),
    path(
        "token_access/groups/<ref:group>/candidates",
        sources.GroupCandidates.as_view(),
        name="group_token_access_candidates",
    ),
    path("token_access/groups/<ref:group>/rule", group_rules.Rule.as_view()),
    path("token_access/groups/<ref:group>/deviations", group_rules.DeviatingProjects.as_view()),
    path("token_access/groups/<ref:group>/deviations/count", group_rules.DeviationCount.as_view()),
    path("token_access/groups/<ref:group>/allowlist", group_entries.List.as_view()),
    path("token_access/groups/<ref:group>/allowlist/<int:entry>", group_entries.Entry.as_view()),
    path("token_access/groups/<ref:group>/allowlist/<int:entry>/suspend", group_entries.SuspendGroupEntry.as_view()),
    path("token_access/groups/<ref:group>/allowlist/<int:entry>/restore", group_entries.RestoreGroupEntry.as_view()),
    path("token_access/groups/<ref:group>/allowlist/<int:entry>/renew", group_entries.RenewGroupEntry.as_view()),
    path("token_access/groups/<ref:group>/allowlist/<int:entry>/confirm", group_entries.ConfirmGroupEntry.as_view()),
    path("token_access/projects/<ref:project>/log_entries", suggestion.LogEntries.as_view()),
    path("token_access/reached", job_token_stop.ReachedByJobTokens.as_view()),
    path("projects/<ref:project>/job_token_scope", scope.JobTokenScope.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist", allowlists.Allowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/allowlist/<str:target>", allowlists.AllowedProject.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist", allowlists.GroupsAllowlist.as_view()),
    path("projects/<ref:project>/job_token_scope/groups_allowlist/<str:target>", allowlists.AllowedGroup.as_view()),
]
