"""What deleting a project does to its pipelines and jobs, for the page that asks for confirmation."""

from __future__ import annotations

from django.utils.translation import ngettext

from jobs.models import Job, Pipeline
from projects.extensions.deletion_effects import Deletion, DeletionEffect


def pipelines_of(deleted: Deletion) -> DeletionEffect:
    count = Pipeline.objects.filter(project__in=deleted.projects).count()
    sentence = ngettext("pipeline is deleted.", "pipelines are deleted.", count)
    note = ngettext("Its jobs and logs too.", "Their jobs and logs too.", count)
    return DeletionEffect(count, sentence, note)


def running_jobs_of(deleted: Deletion) -> DeletionEffect:
    count = Job.objects.executing().filter(project__in=deleted.projects).count()
    sentence = ngettext("running job is ended.", "running jobs are ended.", count)
    note = ngettext("Its token opens nothing from then on.", "Their tokens open nothing from then on.", count)
    return DeletionEffect(count, sentence, note)
