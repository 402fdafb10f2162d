"""Why each job of the file is in the pipeline, or is not: for the author of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ci_config.conditions.rules import Rule
from ci_config.errors import Mark, comma_list
from ci_config.jobs.job import JobDefinition

MAX_CONDITION = 300
NO_RULES = "It has no rules."


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason`: a sentence. `mark`: the line of the rule that decided, else of the job. `condition`: of that rule, as
    in the file. `when`: what came of it; `never`, or "" if no rule matched, keeps the job out."""

    job: str
    stage: str
    reason: str
    mark: Mark
    condition: str = ""
    when: str = ""

    @property
    def is_in(self) -> bool:
        return self.when not in ("", "never")


def job_verdict(definition: JobDefinition, name: str, rule: Rule | None, when: str) -> Verdict:
    """`rule`: the one that matched. `when`: "" if the job is left out."""
    rules = definition.keywords.get("rules")
    if rules is not None:
        return rules_verdict(name, definition.stage, rules, rule, definition.location("rules").mark, when)
    words = [word for word in ("only", "except") if word in definition.keywords]
    if not words:
        return Verdict(name, definition.stage, NO_RULES, definition.at.mark, when=when)
    verb = ("let it in" if when else "keep it out") if len(words) > 1 else ("lets it in" if when else "keeps it out")
    reason = f"Its `{'` and `'.join(words)}` {verb}."
    return Verdict(name, definition.stage, reason, definition.location(words[0]).mark, when=when)


def rules_verdict(name: str, stage: str, rules: Sequence[Rule], rule: Rule | None, mark: Mark, when: str) -> Verdict:
    if rule is None and len(rules) == 1:
        return Verdict(name, stage, "Its one rule did not match.", rules[0].at.mark, condition_text(rules[0]))
    if rule is None:
        return Verdict(name, stage, f"None of its {len(rules)} rules matched.", mark)
    number = next(number for number, each in enumerate(rules, start=1) if each is rule)
    return Verdict(name, stage, f"Rule {number} of {len(rules)} matched.", rule.at.mark, condition_text(rule), when)


def condition_text(rule: Rule) -> str:
    """`if: $A == "b"; changes: *.py`, or an empty text for a rule without conditions."""
    parts = [] if rule.condition is None else [f"if: {rule.condition.text}"]
    for keyword, files in (("changes", rule.changes), ("exists", rule.exists)):
        if files is not None:
            parts.append(f"{keyword}: {comma_list(files.patterns[:10])}")
    text = "; ".join(parts)
    return text if len(text) <= MAX_CONDITION else f"{text[:MAX_CONDITION]}…"
