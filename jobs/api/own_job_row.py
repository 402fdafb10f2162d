"""The columns behind `GET /job` (job-token.md §1.7): the job's own row and those it refers to.

They are joined to the one statement of such a request, which names the job `job`, its project `source` and its person
`person`.
"""

from __future__ import annotations

from collections import namedtuple

from tokenaccess.access.sql.joined_read import OwnJobJoin

# Field of the row → where it comes from. Moments come as text, and so do JSON columns.
COLUMNS = {
    "id": "job.id",
    "status": "job.status",
    "stage": "job.stage",
    "name": "job.name",
    "allow_failure": "job.allow_failure",
    "created_at": "job.created_at",
    "started_at": "job.started_at",
    "finished_at": "job.finished_at",
    "erased_at": "job.erased_at",
    "queued_at": "job.queued_at",
    "tag_list": "CAST(job.tag_list AS text)",
    "pipeline": "pipeline.id",
    "pipeline_iid": "pipeline.iid",
    "sha": "pipeline.sha",
    "ref": "pipeline.ref",
    "tag": "pipeline.tag",
    "pipeline_status": "pipeline.status",
    "source": "pipeline.source",
    "pipeline_created_at": "pipeline.created_at",
    "pipeline_updated_at": "pipeline.updated_at",
    "pipeline_name": "pipeline.name",
    "commit": 'CAST(pipeline."commit" AS text)',
    "project": "source.id",
    "path": "source.full_path",
    "limited": "coalesce(rules.limits_outbound, FALSE)",
    "person": "person.id",
    "username": "person.username",
    "person_name": "person.name",
    "person_active": "person.is_active",
    "runner": "runner.id",
    "runner_description": "runner.description",
    "runner_paused": "runner.paused",
    "runner_type": "runner.runner_type",
    "runner_created_at": "runner.created_at",
    "runner_contacted_at": "runner.contacted_at",
    "manager": "manager.id",
    "system_id": "manager.system_id",
    "info": "CAST(manager.info AS text)",
    "manager_created_at": "manager.created_at",
    "manager_contacted_at": "manager.contacted_at",
    "address": "manager.address",
    "has_artifacts": "EXISTS (SELECT 1 FROM jobs_jobartifact artifact WHERE artifact.job_id = job.id)",
}
JOINS = """
JOIN jobs_pipeline pipeline ON pipeline.id = job.pipeline_id
LEFT JOIN tokenaccess_tokenaccesssettings rules ON rules.project_id = source.id
LEFT JOIN jobs_runner runner ON runner.id = job.runner_id
LEFT JOIN jobs_runnermanager manager ON manager.id = job.manager_id
"""
OwnJob = namedtuple("OwnJob", COLUMNS)  # type: ignore[misc]
OWN_JOB = OwnJobJoin("own_job_row", ", ".join(COLUMNS.values()), JOINS, decode=OwnJob._make)
