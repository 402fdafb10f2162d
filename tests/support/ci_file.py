"""Short ways to compile a `.gitlab-ci.yml` in a test."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

import ci_config


def compile_text(text: str, **asked: Any) -> ci_config.CompiledPipeline:
    return ci_config.compile(dedent(text), **asked)


def jobs_of(text: str, **asked: Any) -> dict[str, ci_config.CompiledJob]:
    """By name."""
    return {job.name: job for job in compile_text(text, **asked).jobs}


def job_of(text: str, **asked: Any) -> ci_config.CompiledJob:
    """The only one."""
    (job,) = compile_text(text, **asked).jobs
    return job


def mistakes_in(text: str, **asked: Any) -> list[str]:
    with pytest.raises(ci_config.ConfigError) as error:
        compile_text(text, **asked)
    return error.value.messages


def mistake_in(text: str, **asked: Any) -> str:
    """The only one."""
    messages = mistakes_in(text, **asked)
    assert len(messages) == 1, messages
    return messages[0]


def warnings_in(text: str, **asked: Any) -> list[str]:
    return list(compile_text(text, **asked).warnings)


def variables_of(job: ci_config.CompiledJob) -> dict[str, str]:
    return {variable["key"]: variable["value"] for variable in job.variables}
