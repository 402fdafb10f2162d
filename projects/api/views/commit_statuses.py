"""What jobs and programs outside say of a commit, by REST (resources.md §1.7)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, not_found
from jobs.models import CommitStatus, Job
from jobs.pipelines.commit_status_list import JobsAndStatuses
from jobs.pipelines.commit_statuses import NoReference, NoSuchPipeline, StatusRefused, StatusReport, report_status
from jobs.pipelines.protected_refs import RefIsProtected
from projects.api.comparison_serializers import StatusSerializer
from projects.api.repository_params import NewStatus, StatusFilters
from projects.api.views.code import TOO_MUCH, RepositoryView
from projects.badges.placeholders import url_fault
from projects.repository.git_command import GitFailed, OutputTooLarge
from tokenaccess.policy import Action

_DETAILS = ("target_url", "description", "coverage")


class CommitStatuses(RepositoryView):
    """The jobs that ran for a commit, and what programs outside said of it."""

    actions = {"GET": Action.INSPECT_JOB}

    @operation(StatusFilters, returns=StatusSerializer, many=True)
    def get(self, request: Request, project: str, sha: str, params: dict[str, Any]) -> JobsAndStatuses:
        of_commit = {"project": self.access.project, "pipeline__sha": self.find(sha).sha}
        if not params["all"]:
            of_commit["retried"] = False
        jobs = Job.objects.filter(**of_commit).select_related("pipeline", "user")
        statuses = CommitStatus.objects.with_stage().filter(**of_commit).select_related("pipeline", "user")
        return JobsAndStatuses(
            StatusFilters.filter(jobs, params),
            StatusFilters.filter(statuses, params),
            StatusFilters.orders[params["order_by"]],
            descending=params["sort"] == "desc",
        )


class NewCommitStatus(RepositoryView):
    """Without `ref` it is for the commit's newest pipeline, or else for a branch with the commit."""

    actions = {"POST": Action.REPORT_STATUS}

    @operation(NewStatus, returns=StatusSerializer)
    def post(self, request: Request, project: str, sha: str, params: dict[str, Any]) -> CommitStatus:
        if params.get("target_url") and (fault := url_fault(params["target_url"])):
            raise ApiError(400, {"message": {"target_url": [fault]}})
        report = StatusReport(
            project=self.access.project,
            sha=self.find(sha).sha,
            user=self.current_user,
            state=params["state"],
            name=params.get("name") or params.get("context") or "default",
            ref=params.get("ref") or "",
            pipeline_id=params.get("pipeline_id"),
            details={name: params[name] for name in _DETAILS if name in params},
        )
        try:
            return report_status(report)
        except NoReference:
            raise not_found("References for commit") from None
        except NoSuchPipeline:
            raise not_found("Pipeline for pipeline_id, sha and ref") from None
        except RefIsProtected:
            raise forbidden() from None
        except StatusRefused as error:
            raise ApiError(400, {"message": str(error)}) from error
        except (GitFailed, OutputTooLarge):
            raise ApiError(422, TOO_MUCH) from None
