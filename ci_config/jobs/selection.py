"""Selects the jobs of the pipeline by their rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci_config.conditions import only_except
from ci_config.conditions.rules import first_match
from ci_config.context import CompileContext
from ci_config.errors import quote
from ci_config.jobs.job import JobDefinition
from ci_config.jobs.verdicts import job_verdict
from ci_config.keywords.needs import NeedEntry, of_this_pipeline
from ci_config.keywords.parallel import Instance
from ci_config.keywords.variables import Variable, merge_layers, values_by_key
from ci_config.validators import name_problem


@dataclass(frozen=True, slots=True)
class SelectedJob:
    """A job of the pipeline, with its rules applied."""

    definition: JobDefinition
    instance: Instance
    when: str
    start_in: int | None
    allow_failure: bool | list[int]
    variables: list[Variable]
    needs: list[NeedEntry] | None
    interruptible: bool

    @property
    def name(self) -> str:
        return self.definition.name + self.instance.suffix


def select_job(
    definition: JobDefinition, instance: Instance, top: list[Variable], context: CompileContext
) -> SelectedJob | None:
    """The job with its rules applied; None if the pipeline does not have it. `top`: the file's variables."""
    context.budget.spend(len(top), definition.at.mark)
    own = merge_layers(
        inherited_variables(top, definition), definition.keywords.get("variables", []), instance.as_variables()
    )
    outcome = evaluate_rules(definition, instance, own, context)
    if context.evaluate_rules:
        rule, when = (None, "") if outcome is None else (outcome.get("rule"), outcome["when"])
        context.verdicts.append(job_verdict(definition, definition.name + instance.suffix, rule, when))
    if outcome is None or outcome["when"] == "never":
        return None
    job = SelectedJob(
        definition=definition,
        instance=instance,
        when=outcome["when"],
        start_in=outcome.get("start_in") if outcome["when"] == "delayed" else None,
        allow_failure=outcome["allow_failure"],
        variables=merge_layers(own, outcome.get("rule_variables", [])),
        needs=of_this_pipeline(outcome["needs"]) if "needs" in outcome else None,
        interruptible=outcome.get("interruptible", False),
    )
    if problem := name_problem(job.name):
        raise definition.location("parallel").error(f"{quote(job.name)} cannot be the name of a job: {problem}")
    return job


def evaluate_rules(
    definition: JobDefinition, instance: Instance, variables: list[Variable], context: CompileContext
) -> dict[str, Any] | None:
    """The job's own keywords, overridden by those of the `rule` that matches; None if no rule matches."""
    keywords = definition.keywords
    own = {
        "when": "on_success",
        "allow_failure": keywords.get("when") == "manual",
        **{key: keywords[key] for key in RULE_KEYWORDS if key in keywords},
    }
    if not context.evaluate_rules:
        return own
    values = context.values(values_by_key(variables), job_predefined_variables(definition, instance))
    if "rules" not in keywords:
        admitted = only_except.admits(keywords.get("only"), keywords.get("except"), context, values)
        return own if admitted else None
    rule = first_match(keywords["rules"], context, values)
    if rule is None:
        return None
    settings = dict(rule.settings)
    return {**own, "rule_variables": settings.pop("variables", []), **settings, "rule": rule}


def job_predefined_variables(definition: JobDefinition, instance: Instance) -> dict[str, str]:
    """Predefined variables about the job for use in its rules (runner.md §7)."""
    numbers = {"CI_NODE_INDEX": instance.index, "CI_NODE_TOTAL": instance.total or 1}
    return {
        "CI_JOB_NAME": definition.name + instance.suffix,
        "CI_JOB_GROUP_NAME": definition.name,
        "CI_JOB_STAGE": definition.stage,
        **{key: str(number) for key, number in numbers.items() if number is not None},
    }


RULE_KEYWORDS = ("when", "start_in", "allow_failure", "needs", "interruptible")


def inherited_variables(top: list[Variable], definition: JobDefinition) -> list[Variable]:
    """The file's variables that the job inherits, without what is only for forms."""
    wish = definition.keywords.get("inherit", {}).get("variables", True)
    return [
        {key: variable[key] for key in ("key", "value", "raw") if key in variable}
        for variable in top
        if wish is True or (wish is not False and variable["key"] in wish)
    ]
