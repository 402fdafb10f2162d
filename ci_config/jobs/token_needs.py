"""Warns of a job whose `TOKEN_ACCESS` leaves out what its own keywords need of its token (job-token.md §2.5).

Only of what the file itself decides: a path with variables is known when the job starts.
"""

from __future__ import annotations

from ci_config.context import CompileContext
from ci_config.errors import quote
from ci_config.file import ConfigFile
from ci_config.jobs.selection import SelectedJob
from ci_config.keywords.needs import of_elsewhere
from ci_config.keywords.variables import values_by_key
from tokenaccess.policy.narrowing import OWN_PROJECT, VARIABLE, Narrowing
from tokenaccess.policy.permissions import Permission

OWN = "$CI_PROJECT_PATH"


def warn_of_token_needs(job: SelectedJob, file: ConfigFile, context: CompileContext) -> None:
    own_path = context.predefined.get("CI_PROJECT_PATH", "")
    narrowing = known_narrowing(job, file, own_path, context)
    if narrowing is None:
        return
    keywords, warn = job.definition.keywords, context.problems.warn
    if "release" in keywords and (missing := missing_words(narrowing, Permission.ADMIN_RELEASES, OWN, own_path)):
        warn(job.definition.location("release"), f"`{VARIABLE}` leaves out {missing}, so the release will be refused.")
    for need in of_elsewhere(keywords.get("needs", ())):
        if need.project and (missing := missing_words(narrowing, Permission.READ_JOBS, need.project, own_path)):
            warn(need.at, f"`{VARIABLE}` leaves out {missing}, so the job will fail before it starts.")


def known_narrowing(job: SelectedJob, file: ConfigFile, own_path: str, context: CompileContext) -> Narrowing | None:
    """What the file leaves of the job's token; None if that is everything, or if rules that nobody evaluated decide."""
    rules = [*(file.workflow.rules or ()), *(job.definition.keywords.get("rules") or ())]
    in_rules = (variable["key"] for rule in rules for variable in rule.settings.get("variables", ()))
    if not context.evaluate_rules and VARIABLE in in_rules:
        return None
    value = values_by_key(job.variables).get(VARIABLE)
    return None if value is None else Narrowing.parse(value, own_path)


def missing_words(narrowing: Narrowing, permission: Permission, project: str, own_path: str) -> str:
    """“read_jobs and “acme/library””, or one of them; "" if the job has both."""
    permissions = [] if narrowing.grants((permission,)) else [str(permission)]
    projects = [quote(project)] if is_surely_left_out(narrowing, project, own_path) else []
    return " and ".join([*permissions, *projects])


def is_surely_left_out(narrowing: Narrowing, project: str, own_path: str) -> bool:
    if narrowing.projects is None or (not own_path and OWN in narrowing.projects):
        return False
    path = own_path if project in OWN_PROJECT else project
    return bool(path) and not {"$", "%"} & set(path) and not narrowing.reaches(path)
