"""Checks the combination of keywords in a job."""

from __future__ import annotations

from ci_config.errors import Location, Problems, comma_list, quote
from ci_config.jobs.job import JobDefinition
from ci_config.keywords.cache import BY_CONTENT
from ci_config.keywords.environment import is_linkable
from ci_config.keywords.needs import of_this_pipeline
from ci_config.keywords.pages import NOT_SERVED, site_folder
from ci_config.keywords.release import NO_MILESTONES
from ci_config.keywords.variables import SHELL_NAME, Variable

NO_AGENT = "there are no agents for Kubernetes here, so the environment has no dashboard of a cluster; the job runs."


def check_job(definition: JobDefinition, problems: Problems) -> None:
    for each in CHECKS:
        with problems.collect_errors():
            each(definition)
    warn_of_names(definition, problems)
    warn_of_effects(definition, problems)


def warn_of_effects(definition: JobDefinition, problems: Problems) -> None:
    """What is taken, but has less effect than in GitLab."""
    keywords = definition.keywords
    if site_folder(definition.name, keywords) is not None:
        problems.warn(definition.location("pages"), NOT_SERVED)
    if any(isinstance(key := cache.get("key"), dict) and "by_commits" in key for cache in keywords.get("cache", ())):
        problems.warn(definition.location("cache").under("key").under("files_commits"), BY_CONTENT)
    if keywords.get("release", {}).get("milestones"):
        problems.warn(definition.location("release").under("milestones"), NO_MILESTONES)
    environment = keywords.get("environment") or {}
    if "kubernetes" in environment:
        problems.warn(definition.location("environment").under("kubernetes"), NO_AGENT)
    if not is_linkable(environment):
        at = definition.location("environment").under("url")
        problems.warn(at, f"{quote(environment['url'])} is no address that pages can link to; begin with https://.")


def warn_of_names(definition: JobDefinition, problems: Problems) -> None:
    rules = definition.keywords.get("rules") or []
    warn_of_variables(definition.keywords.get("variables", []), definition.location("variables"), problems)
    for rule in rules:
        warn_of_variables(rule.settings.get("variables", []), rule.at, problems)
    for instance in definition.instances[:1]:
        warn_of_variables(instance.as_variables(), definition.location("parallel"), problems)


def warn_of_variables(variables: list[Variable], at: Location, problems: Problems) -> None:
    """GitLab takes every name, and so do we; hardly a shell does."""
    for variable in variables:
        if not SHELL_NAME.fullmatch(variable["key"]):
            problems.warn(
                at,
                f"a shell may not know the variable {quote(variable['key'])}: the names of its variables are made of "
                "letters, digits and _, and do not begin with a digit.",
            )


def check_filter_kinds(definition: JobDefinition) -> None:
    older = [keyword for keyword in ("only", "except") if keyword in definition.keywords]
    if "rules" in definition.keywords and older:
        raise definition.location(older[0]).error(
            f"`{comma_list(older)}` and `rules` exclude each other; keep `rules`."
        )


def check_delay(definition: JobDefinition) -> None:
    """`when: delayed` and `start_in` require each other: in the job, or in its rules if it has any."""
    own = {key: definition.keywords[key] for key in ("when", "start_in") if key in definition.keywords}
    places = [(rule.settings, rule.at) for rule in definition.keywords.get("rules") or []]
    if places and (own.get("when") == "delayed" or "start_in" in own):
        keyword = "start_in" if "start_in" in own else "when"
        raise definition.location(keyword).error(
            "a job with `rules` is delayed by them: `when: delayed` and `start_in` stand in a rule."
        )
    for settings, at in places or [(own, definition.location(next(iter(own), "when")))]:
        if settings.get("when") == "delayed" and "start_in" not in settings:
            raise at.error("`when: delayed` needs `start_in`, such as “30 minutes”.")
        if "start_in" in settings and settings.get("when") != "delayed":
            raise at.error("`start_in` goes with `when: delayed` only.")


def check_dependencies(definition: JobDefinition) -> None:
    keywords = definition.keywords
    needs, dependencies = of_this_pipeline(keywords.get("needs", ())), keywords.get("dependencies")
    if not needs or dependencies is None:
        return
    if extra := [name for name in dependencies if name not in {wanted.job for wanted in needs}]:
        raise definition.location("dependencies").error(
            f"{comma_list(extra)} should also stand in `needs`, to be waited for."
        )


def check_stop_job(definition: JobDefinition) -> None:
    environment = definition.keywords.get("environment") or {}
    if environment.get("on_stop") == definition.name:
        raise definition.location("environment").error("`on_stop` names another job, which stops what this one starts.")


def check_publish(definition: JobDefinition) -> None:
    keywords = definition.keywords
    if "publish" not in keywords:
        return
    at, options = definition.location("publish"), keywords.get("pages")
    if site_folder(definition.name, keywords) is None:
        raise at.error("it goes with `pages: true`, or with a job called `pages`.")
    if isinstance(options, dict) and options.get("publish", keywords["publish"]) != keywords["publish"]:
        raise at.error("`pages: publish` names another folder; keep that one.")


CHECKS = [check_filter_kinds, check_delay, check_dependencies, check_stop_job, check_publish]
