"""The conditions of an entry in the words of its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy

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


def condition_lines(stored: Mapping[str, Any]) -> list[str]:
    """One for each that is set, as `Branches: main, release/*`; one that nothing here knows has its own name."""
    return [_line(str(LABELS.get(key, key)), value) for key, value in stored.items() if value]


def _line(label: str, value: Any) -> str:
    return f"{label}: {', '.join(map(str, value))}" if isinstance(value, list | tuple) else label
