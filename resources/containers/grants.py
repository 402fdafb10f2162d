"""What a token for the registry may say: each scope that a client asks for is put to the gate (resources.md §3.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import HttpRequest

from identity.credentials.table import Surface
from resources.containers import services
from resources.containers.engine.read_only import is_read_only
from resources.containers.engine.tokens import Grant
from resources.containers.names import Scope, project_paths
from resources.containers.protection import check_repository
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.access_log import buffer
from tokenaccess.policy import Action, DeployToken

ACTIONS = {
    "pull": Action.PULL_IMAGES,
    "push": Action.PUSH_IMAGES,
    "delete": Action.DELETE_IMAGES,
    "*": Action.MANAGE_IMAGES,
}

PUSHES = frozenset({"push", "*"})


@dataclass
class Judgement:
    """`refused`: of the actions that were asked for and not granted, in their order."""

    grants: list[Grant] = field(default_factory=list)
    refused: list[Access] = field(default_factory=list)


def judge(request: HttpRequest, scopes: Iterable[Scope]) -> Judgement:
    """Raises BadCredential. A repository takes one statement for each project that it may belong to, whether there is
    one or not; what is granted takes one more, and a change another for its protections."""
    judgement = Judgement()
    for scope in scopes:
        if scope.kind == "repository":
            _judge_repository(request, scope, judgement)
        else:
            _judge_catalog(request, scope, judgement)
    return judgement


def _judge_repository(request: HttpRequest, scope: Scope, judgement: Judgement) -> None:
    asked = _ask(request, scope.name)
    granted = []
    for name in (name for name in scope.actions if name in ACTIONS):
        access = check_repository(asked, ACTIONS[name], scope.name)
        if access.decision.trial is not None:
            buffer.record_refusal(access)
        if not access.decision.allowed:
            buffer.record_refusal(access)
            judgement.refused.append(access)
        elif name in PUSHES and is_read_only():
            continue  # a clean-up of the disk runs, of which the command that started it tells
        elif services.is_available(scope.name, access, changes=name != "pull"):
            buffer.record_use(access)
            granted.append(name)
    if granted:
        if PUSHES.intersection(granted):
            services.ensure_repository(scope.name, asked)
        judgement.grants.append(Grant("repository", scope.name, tuple(granted)))


def _ask(request: HttpRequest, path: str) -> Access:
    """May the caller pull? With the project whose path is the longest that the image's path begins with.

    All of them are looked up, so that one that is hidden takes as long as one that is not there. A project that has
    moved had no images (deletion.images_stay), and gets none where another may come to be.
    """
    asked = [
        check(request, Action.PULL_IMAGES, IdOrPath.of_path(project), surface=Surface.REGISTRY)
        for project in project_paths(path)
    ]
    here = [access for access in asked if not access.is_moved]
    here = here or [check(request, Action.PULL_IMAGES, ABSENT, surface=Surface.REGISTRY)]
    return next((access for access in here if access.facts.target is not None), here[0])


def _judge_catalog(request: HttpRequest, scope: Scope, judgement: Judgement) -> None:
    access = check(request, Action.ADMINISTER, ABSENT, surface=Surface.REGISTRY)
    if not access.decision.allowed:
        judgement.refused.append(access)
    elif "*" in scope.actions:
        judgement.grants.append(Grant(scope.kind, scope.name, ("*",)))


def subject_of(access: Access) -> str:
    """Who holds the token, as the registry's events will call them: `job/7`, `user/3`, `deploy_token/5`, "" for a
    visitor."""
    if access.job is not None:
        return f"job/{access.job.id}"
    if isinstance(access.caller, DeployToken):
        return f"deploy_token/{access.caller.id}"
    return "" if access.caller_user is None else f"user/{access.caller_user.pk}"
