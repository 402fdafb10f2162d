"""From text to jobs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import yaml

from jobs.config.errors import ConfigError
from jobs.config.result import Compiled, CompiledJob, Need

STAGES = ("build", "test", "deploy")
GLOBAL = {"stages", "variables", "default"}
KNOWN = {
    "stage", "script", "before_script", "after_script", "variables", "tags", "when", "allow_failure", "needs",
    "dependencies", "artifacts", "image", "interruptible", "resource_group",
}  # fmt: skip

Changed = Callable[[str | None], Collection[str] | None]


def compile(
    text: str,
    *,
    ref: str = "main",
    tag: bool = False,
    source: str = "push",
    variables: Mapping[str, str] | None = None,
    predefined: Mapping[str, str] | None = None,
    read_local: Callable[[str], str | None] = lambda path: None,
    read_project: Callable[[str, str, str], str | None] = lambda project, ref, path: None,
    changed_files: Changed = lambda compare_to: None,
    list_files: Callable[[], Collection[str]] = lambda: (),
) -> Compiled:
    """The jobs of `text` for one pipeline; see the package. Raises ConfigError."""
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError([f"The file is not valid YAML: {error}"]) from error
    if not isinstance(content, dict):
        raise ConfigError(["The file must be a map of keywords and jobs."])
    stages = (".pre", *content.get("stages", STAGES), ".post")
    found = {name: job for name, job in content.items() if name not in GLOBAL and not str(name).startswith(".")}
    wrong = [problem for name, job in found.items() for problem in _problems(name, job, stages)]
    if wrong or not found:
        raise ConfigError(wrong or ["The file has no visible job."])
    jobs = [_job(name, job, stages, content) for name, job in found.items()]
    return Compiled(
        jobs=tuple(sorted(jobs, key=lambda job: job.stage_index)),
        stages=tuple(stage for stage in stages if any(job.stage == stage for job in jobs)),
        variables=_variables(content.get("variables")),
    )


def _problems(name: str, job: Any, stages: tuple[str, ...]) -> list[str]:
    if not isinstance(job, dict):
        return [f"jobs:{name} must be a map with `script`."]
    unknown = [f"jobs:{name}:{keyword} is a keyword we do not have." for keyword in job if keyword not in KNOWN]
    if not job.get("script"):
        unknown.append(f"jobs:{name} needs `script`.")
    if job.get("stage", "test") not in stages:
        unknown.append(f"jobs:{name}:stage is not one of the stages: {', '.join(stages)}.")
    return unknown


def _job(name: str, job: dict[str, Any], stages: tuple[str, ...], content: dict[str, Any]) -> CompiledJob:
    inherited = {**content.get("default", {}), **job}
    stage = job.get("stage", "test")
    when = job.get("when", "on_success")
    needs = job.get("needs")
    image = inherited.get("image")
    return CompiledJob(
        name=name,
        group=name,
        stage=stage,
        stage_index=stages.index(stage),
        script=(*_lines(inherited.get("before_script")), *_lines(job["script"])),
        after_script=_lines(inherited.get("after_script")),
        variables=(*_variables(content.get("variables")), *_variables(job.get("variables"))),
        tags=tuple(inherited.get("tags", ())),
        when=when,
        allow_failure=job.get("allow_failure", when == "manual"),
        needs=None if needs is None else tuple(Need(need) for need in needs),
        dependencies=tuple(job["dependencies"]) if "dependencies" in job else None,
        artifacts=job.get("artifacts"),
        image={"name": image} if isinstance(image, str) else image,
        interruptible=inherited.get("interruptible", False),
        resource_group=job.get("resource_group"),
    )


def _lines(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(line for part in value for line in _lines(part))
    return () if value is None else (str(value),)


def _variables(given: dict[str, Any] | None) -> tuple[dict[str, Any], ...]:
    return tuple({"key": str(key), "value": str(value)} for key, value in (given or {}).items())
