"""Which jobs the pipeline has, and what their rules make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.config import only_except
from jobs.config.errors import quoted
from jobs.config.job import Draft
from jobs.config.keywords.needs import Wanted
from jobs.config.keywords.parallel import Instance
from jobs.config.keywords.variables import Variable, layered, values
from jobs.config.rules import first_match
from jobs.config.shapes import unfit_name
from jobs.config.world import World


@dataclass(frozen=True, slots=True)
class Chosen:
    """A job of the pipeline, after its rules."""

    draft: Draft
    instance: Instance
    when: str
    start_in: int | None
    allow_failure: bool | list[int]
    variables: list[Variable]
    needs: list[Wanted] | None
    interruptible: bool

    @property
    def name(self) -> str:
        return self.draft.name + self.instance.suffix


def choose(draft: Draft, instance: Instance, top: list[Variable], world: World) -> Chosen | None:
    """The job as this pipeline has it, or None. `top`: the file's variables."""
    world.budget.spend(len(top), draft.at.mark)
    own = layered(wanted(top, draft), draft.keywords.get("variables", []), instance.as_variables())
    says = verdict(draft, instance, own, world)
    if says is None or says["when"] == "never":
        return None
    chosen = Chosen(
        draft=draft,
        instance=instance,
        when=says["when"],
        start_in=says.get("start_in") if says["when"] == "delayed" else None,
        allow_failure=says["allow_failure"],
        variables=layered(own, says.get("rule_variables", [])),
        needs=says.get("needs"),
        interruptible=says.get("interruptible", False),
    )
    if problem := unfit_name(chosen.name):
        raise draft.place("parallel").wrong(f"{quoted(chosen.name)} cannot be the name of a job: {problem}")
    return chosen


def verdict(draft: Draft, instance: Instance, variables: list[Variable], world: World) -> dict[str, Any] | None:
    """What holds for the job: its own keywords, and on top of them those of the rule that matches."""
    keywords = draft.keywords
    own = {
        "when": "on_success",
        "allow_failure": keywords.get("when") == "manual",
        **{key: keywords[key] for key in OVERRIDDEN if key in keywords},
    }
    known = world.values(values(variables), told_of(draft, instance))
    if "rules" not in keywords:
        admitted = only_except.admits(keywords.get("only"), keywords.get("except"), world, known)
        return own if admitted else None
    rule = first_match(keywords["rules"], world, known)
    if rule is None:
        return None
    says = dict(rule.says)
    return {**own, "rule_variables": says.pop("variables", []), **says}


def told_of(draft: Draft, instance: Instance) -> dict[str, str]:
    """What a job's rules may ask about the job itself (runner.md §7)."""
    numbers = {"CI_NODE_INDEX": instance.index, "CI_NODE_TOTAL": instance.total or 1}
    return {
        "CI_JOB_NAME": draft.name + instance.suffix,
        "CI_JOB_GROUP_NAME": draft.name,
        "CI_JOB_STAGE": draft.stage,
        **{key: str(number) for key, number in numbers.items() if number is not None},
    }


OVERRIDDEN = ("when", "start_in", "allow_failure", "needs", "interruptible")


def wanted(top: list[Variable], draft: Draft) -> list[Variable]:
    """The file's variables that the job inherits, without what only the form of a new pipeline shows."""
    wish = draft.keywords.get("inherit", {}).get("variables", True)
    return [
        {key: variable[key] for key in ("key", "value", "raw") if key in variable}
        for variable in top
        if wish is True or (wish is not False and variable["key"] in wish)
    ]
