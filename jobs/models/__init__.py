"""What runs: pipelines and their jobs, the runners that take them, and the token each running job holds."""

from jobs.models.job import Job
from jobs.models.pipeline import Pipeline
from jobs.models.runner import Runner, RunnerManager
from jobs.models.token import JobToken

__all__ = ["Job", "JobToken", "Pipeline", "Runner", "RunnerManager"]
