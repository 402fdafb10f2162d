"""What a push starts: pipelines of so many of its branches and tags as the instance allows, as its options ask."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from jobs.pipelines.chains import check_chain_length, check_cycle
from jobs.pipelines.plan import PipelineRefused
from jobs.pipelines.services import start_for_push
from jobs.pipelines.variable_rights import DENIAL, may_set_variables
from jobs.variables.keys import is_variable_key
from outages.kinds import outage_of
from projects.extensions.events import NULL_SHA, Push, RefChange
from tokenaccess.models import InstanceSettings

log = logging.getLogger(__name__)

MAX_NAMES = 5  # in a notice


@dataclass
class PushOptions:
    """`git push -o ci.skip -o ci.variable="NAME=value" -o ci.input="name=value"`; `notices` tell of the others."""

    skips_ci: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, options: list[str]) -> PushOptions:
        parsed, unknown = cls(), []
        for option in options:
            name, _, value = option.partition("=")
            key, equals, text = value.partition("=")
            if name == "ci.skip":
                parsed.skips_ci = True
            elif name == "ci.variable" and equals and is_variable_key(key):
                parsed.variables[key] = text
            elif name == "ci.input" and equals and key:
                parsed.inputs[key] = text
            elif name == "ci.input":
                parsed.notices.append(f"{shorten(option)} is no input: write -o ci.input=name=value.")
            elif name == "ci.variable":
                parsed.notices.append(f"{shorten(option)} is no variable: write -o ci.variable=NAME=value.")
            else:
                unknown.append(shorten(name))
        if unknown:
            parsed.notices.append(f"Push options without effect here: {names_of(list(dict.fromkeys(unknown)))}.")
        return parsed


def start_pipelines(push: Push) -> None:
    """Start the pipelines of a push (projects.extensions.events), branches first. Those beyond the limit
    are left out, and the pusher is told."""
    options = PushOptions.parse(list(push.options))
    variables = [{"key": key, "value": text, "variable_type": "env_var"} for key, text in options.variables.items()]
    push.notices.extend(options.notices)
    if variables and not may_set_variables(push.user, push.project):
        push.notices.append(f"{DENIAL}: none was started.")
        return
    limit = InstanceSettings.current().git_push_pipeline_limit
    created, left_out = 0, []
    for change in sorted(push.changes, key=lambda change: not change.ref.startswith("refs/heads/")):
        if limit and created >= limit:
            left_out += [change.ref] if may_start(change) else []
        else:
            created += start_pipeline(push, change, variables, options)
    if left_out:
        push.notices.append(
            f"A push starts {limit} pipeline{'s' if limit > 1 else ''} at most. None was started for "
            f"{names_of([ref.split('/', 2)[2] for ref in left_out])}."
        )


def start_pipeline(push: Push, change: RefChange, variables: list[dict[str, str]], options: PushOptions) -> bool:
    """Whether there is one now. One that fails to start does not keep the others from it."""
    try:
        if push.job_id is not None and may_start(change):
            check_chain_length(push.job_id)
            check_cycle(push.job_id, push.project, change.ref.split("/", 2)[2])
        pipeline = start_for_push(
            project=push.project,
            ref=change.ref,
            old=change.old,
            new=change.new,
            user=push.user,
            variables=variables,
            skips_ci=options.skips_ci,
            inputs=options.inputs,
            job_id=push.job_id,
        )
    except PipelineRefused as error:
        push.notices.append(f"No pipeline was started for {shorten(change.ref.split('/', 2)[2])}: {error}.")
        return False
    except Exception as error:
        log.exception("After a push to %s (%s) no pipeline could be started", push.project.full_path, change.ref)
        if (outage := outage_of(error)) is not None:
            name = shorten(change.ref.split("/", 2)[2])
            push.notices.append(f"No pipeline was started for {name}. {outage.what}.")
        return False
    return pipeline is not None


def may_start(change: RefChange) -> bool:
    return change.new != NULL_SHA and change.ref.startswith(("refs/heads/", "refs/tags/"))


def names_of(names: list[str]) -> str:
    shown = ", ".join(shorten(name) for name in names[:MAX_NAMES])
    return shown if len(names) <= MAX_NAMES else f"{shown} and {len(names) - MAX_NAMES} more"


def shorten(text: str) -> str:
    """For one line of a terminal."""
    printable = "".join(character if character.isprintable() else "?" for character in text)
    return printable if len(printable) <= 60 else f"{printable[:60]}…"
