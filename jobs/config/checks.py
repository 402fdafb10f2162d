"""What the keywords of one job forbid and ask of each other."""

from __future__ import annotations

from jobs.config.errors import Problems, listed
from jobs.config.job import Draft


def check(draft: Draft, problems: Problems) -> None:
    for each in CHECKS:
        with problems.noted():
            each(draft)


def one_kind_of_filter(draft: Draft) -> None:
    older = [keyword for keyword in ("only", "except") if keyword in draft.keywords]
    if "rules" in draft.keywords and older:
        raise draft.place(older[0]).wrong(f"`{listed(older)}` and `rules` exclude each other; keep `rules`.")


def delay_is_whole(draft: Draft) -> None:
    """`when: delayed` and `start_in` belong together; a rule may bring one of them."""
    own = {key: draft.keywords[key] for key in ("when", "start_in") if key in draft.keywords}
    rules = draft.keywords.get("rules") or []
    for says, at in [(rule.says, rule.at) for rule in rules] or [({}, draft.place(next(iter(own), "when")))]:
        whole = {**own, **says}
        if whole.get("when") == "delayed" and "start_in" not in whole:
            raise at.wrong("`when: delayed` needs `start_in`, such as “30 minutes”.")
        if "start_in" in (says or own) and whole.get("when") != "delayed":
            raise at.wrong("`start_in` goes with `when: delayed` only.")


def dependencies_are_needed(draft: Draft) -> None:
    needs, dependencies = draft.keywords.get("needs"), draft.keywords.get("dependencies")
    if needs is None or dependencies is None:
        return
    if extra := [name for name in dependencies if name not in {wanted.job for wanted in needs}]:
        raise draft.place("dependencies").wrong(f"{listed(extra)} should also stand in `needs`, to be waited for.")


def stop_job_is_not_itself(draft: Draft) -> None:
    environment = draft.keywords.get("environment") or {}
    if environment.get("on_stop") == draft.name:
        raise draft.place("environment").wrong("`on_stop` names another job, which stops what this one starts.")


CHECKS = [one_kind_of_filter, delay_is_whole, dependencies_are_needed, stop_job_is_not_itself]
