"""Jobs, pipelines and runners over REST, below /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from jobs.api import (
    artifacts,
    bridges,
    deployments,
    environments,
    jobs,
    lint,
    own_job,
    pipelines,
    resource_groups,
    runners,
    schedules,
    test_reports,
    trigger,
    triggers,
    variables,
)
from jobs.converters import ARCHIVE_PATH, SHORT_REF
from jobs.runner_api.runners import Register, Unregister
from tokenaccess.adapters.method_dispatch import dispatch_by_method

P = "projects/<ref:project>"
PIPELINE = f"{P}/pipelines/<int:pipeline>"
ENVIRONMENT = f"{P}/environments/<int:environment>"
SCHEDULE = f"{P}/pipeline_schedules/<int:schedule>"
JOB = f"{P}/jobs/<int:job>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("job/allowed_agents", own_job.allowed_agents),
    path("ci/lint", lint.Lint.as_view()),
    path(f"{P}/ci/lint", lint.ProjectLint.as_view()),
    path(f"{P}/pipeline", pipelines.NewPipelineView.as_view()),
    path(f"{P}/pipelines", pipelines.PipelineList.as_view()),
    path(f"{P}/pipelines/latest", pipelines.LatestPipeline.as_view()),
    path(PIPELINE, pipelines.OnePipeline.as_view()),
    path(f"{PIPELINE}/metadata", pipelines.PipelineMetadataView.as_view()),
    path(f"{PIPELINE}/test_report", test_reports.TestReport.as_view()),
    path(f"{PIPELINE}/test_report_summary", test_reports.TestReportSummary.as_view()),
    path(f"{PIPELINE}/variables", pipelines.PipelineVariables.as_view()),
    path(f"{PIPELINE}/jobs", pipelines.PipelineJobs.as_view()),
    path(f"{PIPELINE}/bridges", bridges.PipelineBridges.as_view()),
    path(f"{PIPELINE}/cancel", pipelines.CancelPipeline.as_view()),
    path(f"{PIPELINE}/retry", pipelines.RetryPipeline.as_view()),
    path(f"{P}/jobs", jobs.JobList.as_view()),
    path(JOB, jobs.OneJob.as_view()),
    path(f"{JOB}/trace", jobs.JobLog.as_view()),
    path(f"{JOB}/cancel", jobs.CancelJob.as_view()),
    path(f"{JOB}/retry", jobs.RetryJob.as_view()),
    path(f"{JOB}/play", jobs.PlayJob.as_view()),
    path(f"{JOB}/erase", jobs.EraseJob.as_view()),
    path(f"{JOB}/artifacts", artifacts.of_job),
    path(f"{JOB}/artifacts/keep", artifacts.keep),
    path(f"{JOB}/artifacts/tree", artifacts.ArtifactTree.as_view()),
    path(f"{JOB}/artifacts/{ARCHIVE_PATH}", artifacts.file_of_job),
    path(f"{P}/jobs/artifacts/{SHORT_REF}/raw/{ARCHIVE_PATH}", artifacts.file_by_ref),
    path(f"{P}/jobs/artifacts/{SHORT_REF}/download", artifacts.by_ref),
    path(f"{P}/artifacts", artifacts.of_project),
    path(f"{P}/trigger/pipeline", trigger.TriggerPipeline.as_view()),
    path(f"{P}/ref/<path:ref>/trigger/pipeline", trigger.TriggerPipeline.as_view()),
    path(f"{P}/variables", variables.ProjectVariables.as_view()),
    path(f"{P}/variables/<str:key>", variables.ProjectVariable.as_view()),
    path("groups/<ref:group>/variables", variables.GroupVariables.as_view()),
    path("groups/<ref:group>/variables/<str:key>", variables.GroupVariable.as_view()),
    path("admin/ci/variables", variables.InstanceVariables.as_view()),
    path("admin/ci/variables/<str:key>", variables.InstanceVariable.as_view()),
    path(f"{P}/environments", environments.EnvironmentList.as_view()),
    path(f"{P}/environments/review_apps", environments.ReviewApps.as_view()),
    path(f"{P}/environments/stop_stale", environments.StopStale.as_view()),
    path(ENVIRONMENT, environments.OneEnvironment.as_view()),
    path(f"{ENVIRONMENT}/stop", environments.StopEnvironment.as_view()),
    path(f"{P}/deployments", deployments.DeploymentList.as_view()),
    path(f"{P}/deployments/<int:deployment>", deployments.OneDeployment.as_view()),
    path(f"{P}/deployments/<int:deployment>/approval", deployments.DeploymentApproval.as_view()),
    path(f"{P}/pipeline_schedules", schedules.ScheduleList.as_view()),
    path(SCHEDULE, schedules.OneSchedule.as_view()),
    path(f"{SCHEDULE}/take_ownership", schedules.TakeSchedule.as_view()),
    path(f"{SCHEDULE}/play", schedules.PlaySchedule.as_view()),
    path(f"{SCHEDULE}/pipelines", schedules.SchedulePipelines.as_view()),
    path(f"{SCHEDULE}/variables", schedules.ScheduleVariables.as_view()),
    path(f"{SCHEDULE}/variables/<str:key>", schedules.OneScheduleVariable.as_view()),
    path(f"{P}/resource_groups", resource_groups.ResourceGroups.as_view()),
    path(f"{P}/resource_groups/<path:key>/current_job", resource_groups.CurrentJob.as_view()),
    path(f"{P}/resource_groups/<path:key>/upcoming_jobs", resource_groups.UpcomingJobs.as_view()),
    path(f"{P}/resource_groups/<path:key>", resource_groups.ResourceGroup.as_view()),
    path(f"{P}/triggers", triggers.TriggerList.as_view()),
    path(f"{P}/triggers/<int:trigger>", triggers.OneTrigger.as_view()),
    path("user/runners", runners.NewRunner.as_view()),
    path(
        "runners",
        dispatch_by_method(GET=runners.RunnerList.as_view(), POST=Register.as_view(), DELETE=Unregister.as_view()),
    ),
    path("runners/reset_registration_token", runners.ResetRegistration.as_view()),
    path(f"{P}/runners/reset_registration_token", runners.ResetProjectRegistration.as_view()),
    path("groups/<ref:group>/runners/reset_registration_token", runners.ResetGroupRegistration.as_view()),
    path("runners/all", runners.AllRunners.as_view()),
    path("runners/<int:runner>", runners.OneRunner.as_view()),
    path("runners/<int:runner>/managers", runners.RunnerManagers.as_view()),
    path("runners/<int:runner>/jobs", runners.RunnerJobs.as_view()),
    path("runners/<int:runner>/reset_authentication_token", runners.ResetRunner.as_view()),
    path(f"{P}/runners", runners.ProjectRunners.as_view()),
    path(f"{P}/runners/<int:runner>", runners.ProjectRunner.as_view()),
    path("groups/<ref:group>/runners", runners.GroupRunners.as_view()),
]
