"""The result of a compilation, in plain values that can be stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ci_config.jobs.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Need:
    """Another job of the pipeline to wait for, by its full name (`test 1/3`). An optional one may not exist."""

    job: str
    artifacts: bool = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class CompiledJob:
    """A job to create. Its rules are evaluated: `when`, `allow_failure` and `variables` reflect them."""

    name: str
    stage: str
    stage_index: int
    group: str = ""  # the name without `1/3` and `[a, b]`
    script: tuple[str, ...] = ()  # before_script and script; empty for a trigger
    after_script: tuple[str, ...] = ()
    variables: tuple[dict[str, Any], ...] = ()  # {"key", "value", "raw"?: True}, the last of equal keys counts
    tags: tuple[str, ...] = ()
    when: str = "on_success"  # on_success on_failure always manual delayed
    start_in: int | None = None  # seconds, with `delayed`
    allow_failure: bool = False
    allow_failure_exit_codes: tuple[int, ...] = ()
    needs: tuple[Need, ...] | None = None  # None: waits for the stages before; (): starts at once
    needs_elsewhere: tuple[
        dict[str, str], ...
    ] = ()  # {"project", "ref", "job"} or {"pipeline", "job"}: artifacts to take
    dependencies: tuple[str, ...] | None = None  # whose artifacts; None: those of `needs`, or of all earlier stages
    artifacts: dict[str, Any] | None = None  # paths exclude untracked name when expire_in expose_as reports access
    cache: tuple[dict[str, Any], ...] = ()
    image: dict[str, Any] | None = None  # {"name", …}
    services: tuple[dict[str, Any], ...] = ()
    environment: dict[str, Any] | None = None  # {"name", "action", "url"?, "on_stop"?, "auto_stop_in"?: seconds, …}
    timeout: int | None = None  # seconds
    retry: dict[str, Any] | None = None  # {"max", "when": [reasons], "exit_codes": []}
    node_index: int | None = None  # of `parallel`, from 1
    node_total: int | None = None
    interruptible: bool = False
    resource_group: str | None = None
    # {"project", "branch"?} or {"include": […]}, "strategy"?, "forward"; or {"upstream": project whose status it takes}
    trigger: dict[str, Any] | None = None
    coverage: str | None = None  # RE2 pattern without its slashes
    id_tokens: dict[str, Any] | None = None  # variable → {"aud": text or list}
    hooks: dict[str, Any] | None = None  # {"pre_get_sources_script": [lines]}
    manual_confirmation: str | None = None  # what to ask before a manual job is run
    pages: dict[str, Any] | None = None  # {"publish": folder}, which is among the artifacts
    release: dict[str, Any] | None = None  # tag_name description tag_message name ref released_at assets milestones

    def as_dict(self) -> dict[str, Any]:
        """The job as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CompiledPipeline:
    """The result for one pipeline."""

    jobs: tuple[CompiledJob, ...]
    stages: tuple[str, ...]
    name: str = ""  # of the pipeline (`workflow: name`), expanded
    auto_cancel: dict[str, str] | None = None  # {"on_new_commit"?, "on_job_failure"?}
    # Those of the top level: {"key", "value", "raw"?, "description"?, "options"?}
    variables: tuple[dict[str, Any], ...] = ()
    empty_because: str = ""  # a sentence, if there is no job
    warnings: tuple[str, ...] = ()  # sentences about what is valid, but probably not meant
    workflow: Verdict | None = field(default=None, compare=False)  # what the rules of `workflow` said, if it has any
    verdicts: tuple[Verdict, ...] = field(
        default=(), compare=False
    )  # of every job of the file, if rules were evaluated
    # The file with all includes, `extends` and references resolved; `merged_yaml` writes it.
    tree: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
