"""The conditions of an entry in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from text.hidden_characters import reveal
from tokenaccess.policy.conditions import JobContext

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

LABELS: Mapping[str, StrPromise] = {
    "protected_refs": gettext_lazy("Only on protected branches and tags"),
    "no_forks": gettext_lazy("Never jobs of forks"),
    "no_manual_retries": gettext_lazy("No jobs that somebody retried by hand"),
    "branches": gettext_lazy("Branches"),
    "tags": gettext_lazy("Tags"),
    "environments": gettext_lazy("Environments"),
    "pipeline_sources": gettext_lazy("What started the pipeline"),
    "runner_tags": gettext_lazy("Tags of the runner"),
    "runner_networks": gettext_lazy("Networks of the runner"),
}

# As the pages of pipelines name them.
SOURCE_WORDS: Mapping[str, StrPromise] = {
    "push": gettext_lazy("Push"),
    "web": gettext_lazy("Web page"),
    "api": gettext_lazy("API"),
    "trigger": gettext_lazy("Trigger"),
    "pipeline": gettext_lazy("Another pipeline"),
    "schedule": gettext_lazy("Schedule"),
    "parent_pipeline": gettext_lazy("Parent pipeline"),
}


def condition_lines(stored: Mapping[str, Any]) -> list[str]:
    """One for each that is set, as `Branches: main, release/*`; one that nothing here knows has its own name."""
    return [_line(key, value) for key, value in stored.items() if value]


def _line(key: str, value: Any) -> str:
    label = str(LABELS.get(key, key))
    if not isinstance(value, list | tuple):
        return label
    words = SOURCE_WORDS if key == "pipeline_sources" else {}
    return f"{label}: {', '.join(str(words.get(one, one)) for one in value)}"


def describe_job(job: JobContext, *, with_address: bool) -> list[str]:
    """What conditions ask of a job, as this one has it: in the order of the form. `with_address`: also from where its
    runner took it, for who may know."""
    kind = _("tag %(ref)s") if job.tag else _("branch %(ref)s")
    lines = [
        kind % {"ref": reveal(job.ref)},
        _("protected") if job.protected else _("not protected"),
        _("environment %(name)s") % {"name": reveal(job.environment)} if job.environment else _("no environment"),
        _("pipeline started by %(source)s") % {"source": job.pipeline_source},
    ]
    lines += [_("project made by forking")] if job.fork else []
    lines += [_("retried by hand")] if job.manual_retry else []
    tags = ", ".join(sorted(job.runner_tags))
    lines.append(_("runner with the tags %(tags)s") % {"tags": tags} if tags else _("runner without tags"))
    if with_address and job.address:
        lines.append(_("taken from %(address)s") % {"address": job.address})
    elif with_address:
        lines.append(_("taken from an unknown address"))
    return lines
