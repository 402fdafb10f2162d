"""Models of pipelines, jobs and job tokens, runners, artifacts, CI variables, schedules, triggers and environments."""

from jobs.models.artifact import JobArtifact
from jobs.models.commit_status import CommitStatus
from jobs.models.deployment import Deployment
from jobs.models.environment import Environment
from jobs.models.id_token_path import IdTokenPath
from jobs.models.job import Job
from jobs.models.pipeline import Pipeline
from jobs.models.resource_group import ProcessMode, ResourceGroupMode
from jobs.models.runner import Runner, RunnerManager
from jobs.models.schedule import Schedule
from jobs.models.token import JobToken
from jobs.models.trigger import RegistrationToken, TriggerToken
from jobs.models.variable import CiVariable

__all__ = [
    "CiVariable",
    "CommitStatus",
    "Deployment",
    "Environment",
    "IdTokenPath",
    "Job",
    "JobArtifact",
    "JobToken",
    "Pipeline",
    "ProcessMode",
    "RegistrationToken",
    "ResourceGroupMode",
    "Runner",
    "RunnerManager",
    "Schedule",
    "TriggerToken",
]
