"""The gate every surface goes through: who calls, what they ask for, and the policy's word on it.

    access = authorize(request, Action.READ_PACKAGES, "acme/library")   # or AccessDenied
    access.project, access.user

Views do not call this themselves: they declare actions, and an adapter asks (`tokenaccess.adapters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest
from typing_extensions import TypeVar

from identity.credentials import request as credentials
from identity.credentials.lookup import find_token
from identity.credentials.request import Credential
from identity.credentials.resolve import resolve
from identity.credentials.sudo import act_as
from identity.credentials.table import TABLE, CredentialKind, Surface
from identity.models import User
from identity.secrets import digests
from projects.models import Group, Project
from projects.roles.roles import role_of, roles_of
from tokenaccess.access import facts as load
from tokenaccess.access.callers import caller_of, caller_of_deploy_token
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.moves import follow_move
from tokenaccess.access.request_state import RequestState, request_state
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.policy import (
    Action,
    Anonymous,
    Caller,
    DeployKey,
    DeployToken,
    Facts,
    Job,
    Person,
    ProtectedRefContext,
    decide,
)
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.callers import InvalidCredential, Upload
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.levels import Role, VariablesLevel
from tokenaccess.policy.narrowing import Narrowing
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.rules import person_of

T = TypeVar("T", default=Any)


def authorize(
    request: HttpRequest,
    action: Action,
    id_or_path: IdOrPath = ABSENT,
    *,
    surface: Surface = Surface.API,
    joined: JoinedReadParams[T] | None = None,
) -> Access[T]:
    """Asks and remembers the question on the request (`request.access`); raises AccessDenied for a no.

    `surface`: where the request came in; it decides what credentials count (identity.credentials.table).
    `joined`: what the view reads in the same statement, for `access.joined`.

    Also raises BadCredential or CsrfFailure (identity.credentials.resolve). One statement for a job's token; for people
    at most one for the token and one for the target, and one more for the joined read. `access.project` is another,
    after the yes.
    """
    access = check(request, action, id_or_path, surface=surface, joined=joined)
    request.__dict__["access"] = access
    if access.decision.reason is not None:
        raise AccessDenied(access)
    if joined is not None and not isinstance(access.caller, Job) and access.facts.target is not None:
        assert isinstance(joined.read, TargetJoin)  # only jobs ask about themselves
        access.joined = joined.read.read_alone(access.facts.target.id, joined.values)
    return access


def confirm(request: HttpRequest, access: Access, *, surface: Surface = Surface.API) -> Access:
    """Authorize once more at the end of what took long: an upload must not outlive the right to it.

    Raises as `authorize`.
    """
    request_state(request).caller = None
    target = access.facts.target
    id_or_path = ABSENT if target is None else IdOrPath("id", target.id)
    return authorize(request, access.action, id_or_path, surface=surface)


def check(
    request: HttpRequest,
    action: Action,
    id_or_path: IdOrPath,
    *,
    surface: Surface = Surface.API,
    joined: JoinedReadParams[T] | None = None,
) -> Access[T]:
    """As `authorize`, but hands back a no as well, and remembers nothing.

    A path that leads to nothing the caller may see may be one from before a move: two more statements, whether it is
    or not.
    """
    state = request_state(request)
    access = _check_target(request, state, action, id_or_path, surface, joined)
    if access.decision.reason is None:
        return access
    return follow_move(access, id_or_path, lambda moved: _check_target(request, state, action, moved, surface, joined))


def _check_target(
    request: HttpRequest,
    state: RequestState,
    action: Action,
    id_or_path: IdOrPath,
    surface: Surface,
    joined: JoinedReadParams[T] | None,
) -> Access[T]:
    needs = NEEDS[action]
    known = None if needs.jobs else state.caller
    if known is None:
        credential = credentials.find(request, surface, needs, reads_body=needs.jobs and not state.is_upload)
        if credential is not None and credential.kind == CredentialKind.JOB:
            if not needs.own_project or surface is not Surface.API or load.is_switch_on():
                return _check_job(credential.secret, action, id_or_path, joined)
            credential = None  # with the switch off the registry's API ignores them (contract/README.md decision 3)
        if credential is not None and credential.kind == CredentialKind.UPLOAD:
            return _check_upload_token(credential.secret, action, id_or_path)
        known = _resolve_caller(request, state, credential)
    caller, user = known
    return _check_caller(caller, user, action, id_or_path)


def check_job_token(secret: str, action: Action, id_or_path: IdOrPath) -> Access:
    """For routes that take the token in a place of their own (trigger)."""
    return _check_job(secret, action, id_or_path)


def check_job_digests(
    known: list[str], action: Action, id_or_path: IdOrPath, joined: JoinedReadParams[T] | None = None
) -> Access[T]:
    """As `check_job_token`, of a token that only its keyed digests are left of (identity.secrets)."""
    found = load.job_facts(known, id_or_path, joined)
    caller, facts, extra = found if found is not None else (InvalidCredential(), NO_FACTS, None)
    return Access(caller, action, facts, decide(caller, action, facts), joined=extra)


def _check_upload_token(secret: str, action: Action, id_or_path: IdOrPath) -> Access:
    """Three statements: what the token is for, then the check of its job."""
    token = find_token(CredentialKind.UPLOAD, secret)
    if token is None:
        return deny_unknown(action)
    return check_upload(token.job_digest, token.upload, action, id_or_path)


def check_upload(job_digest: str, upload: Upload, action: Action, id_or_path: IdOrPath) -> Access:
    """What a job may do with an upload token. `job_digest`: of its job token."""
    found = load.job_facts([job_digest], id_or_path) if NEEDS[action].kind is TargetKind.PROJECT else None
    if found is None:
        return deny_unknown(action)
    job, facts, _ = found
    caller = job._replace(upload=upload)
    return Access(caller, action, facts, decide(caller, action, facts))


def check_own_job(job_digest: str, action: Action) -> Access:
    """What a job may do to itself, known by the digest of its job token."""
    found = load.own_job([job_digest])
    caller: Caller = InvalidCredential() if found is None else found[0]
    return Access(caller, action, NO_FACTS, decide(caller, action, NO_FACTS))


def check_starting_job(
    job_id: int,
    narrowing: Narrowing | None,
    action: Action,
    id_or_path: IdOrPath,
    *,
    runner_tags: frozenset[str] = frozenset(),
    address: str = "",
) -> Access:
    """What a job may do in a project once it runs, before it has its token, which will be narrowed to `narrowing`.

    `runner_tags`, `address`: of the runner that takes it.
    One statement, whether the project exists, is hidden or absent.
    """
    found = load.starting_job_facts(job_id, id_or_path)
    if found is None:
        return deny_unknown(action)
    caller, facts = found[0]._replace(status="running", narrowing=narrowing), found[1]
    if facts.job_context is not None:
        facts = facts._replace(job_context=facts.job_context._replace(runner_tags=runner_tags, address=address))
    return Access(caller, action, facts, decide(caller, action, facts))


def check_caller_on_job(caller: Job, action: Action, job_id: int) -> Access:
    """For routes that look the job up themselves (runner): may this caller do that to the job `job_id`?"""
    facts = Facts(job_id=job_id)
    return Access(caller, action, facts, decide(caller, action, facts))


def deny_unknown(action: Action) -> Access:
    """The refusal of a credential that nobody holds."""
    return Access(InvalidCredential(), action, NO_FACTS, decide(InvalidCredential(), action, NO_FACTS))


def _check_job(
    secret: str, action: Action, id_or_path: IdOrPath, joined: JoinedReadParams[T] | None = None
) -> Access[T]:
    caller: Caller = InvalidCredential()
    facts = NO_FACTS
    extra: T | None = None
    if TABLE.by_kind[CredentialKind.JOB].could_be(secret):
        known, kind = digests(secret), NEEDS[action].kind
        if kind is TargetKind.PROJECT:
            found = load.job_facts(known, id_or_path, joined)
            caller, facts, extra = found if found is not None else (caller, facts, None)
        else:
            own = load.own_job(known, joined)
            caller, extra = own if own is not None else (caller, None)
            if kind is TargetKind.GROUP:
                facts = load.group_facts(person_of(caller), id_or_path)
    return Access(caller, action, facts, decide(caller, action, facts), joined=extra)


def _resolve_caller(
    request: HttpRequest, state: RequestState, credential: Credential | None
) -> tuple[Caller, User | None]:
    """The caller who is not a job, looked up once per request."""
    if state.caller is None:
        kind = "" if credential is None else credential.kind
        principal = act_as(request, kind, resolve(request, credential))
        state.token, state.is_session = principal.token, kind == CredentialKind.SESSION
        state.caller = caller_of(principal), principal.user
    return state.caller


def check_as_deploy_token(token: Any, action: Action, id_or_path: IdOrPath) -> Access:
    """What a deploy token (tokens.models.DeployToken) may do that has not ended, for routes that know it by its row."""
    return _check_caller(caller_of_deploy_token(token), None, action, id_or_path)


def check_as_key(
    caller: Person | DeployKey | InvalidCredential, user: User | None, action: Action, id_or_path: IdOrPath
) -> Access:
    """What an SSH key may do, for the SSH server, which has had proof of whose it is. `user`: its person."""
    access = _check_caller(caller, user, action, id_or_path)
    if access.decision.reason is None:
        return access
    return follow_move(access, id_or_path, lambda moved: _check_caller(caller, user, action, moved))


def _check_caller(caller: Caller, user: User | None, action: Action, id_or_path: IdOrPath) -> Access:
    kind, facts = NEEDS[action].kind, NO_FACTS
    if isinstance(caller, DeployToken) and kind in {TargetKind.PROJECT, TargetKind.GROUP}:
        facts = load.facts_of_deploy_token(caller, kind, id_or_path)
    elif isinstance(caller, DeployKey) and kind is TargetKind.PROJECT:
        facts, user = load.facts_of_deploy_key(caller, id_or_path)
    elif kind is TargetKind.PROJECT:
        facts = load.project_facts(user, id_or_path)
    elif kind is TargetKind.GROUP:
        facts = load.group_facts(person_of(caller), id_or_path)
    if isinstance(caller, Person) and caller.granular is not None and kind in {TargetKind.PROJECT, TargetKind.GROUP}:
        facts = facts._replace(place=load.place_of(caller, kind, facts))
    return Access(caller, action, facts, decide(caller, action, facts), user)


def check_as_user(user: User, action: Action, id_or_path: IdOrPath) -> Access:
    """For what a request names beside its address: may the person, whatever their token's scopes, do that there?"""
    return _check_caller(load.person_of(user), user, action, id_or_path)


def check_as_visitor(action: Action, id_or_path: IdOrPath) -> Access:
    return _check_caller(Anonymous(), None, action, id_or_path)


def check_group_or_project_as_user(user: User, path: IdOrPath) -> Access:
    """READ_GROUP on the group of that path, else READ_PROJECT on the project. Always two statements."""
    caller = load.person_of(user)
    group, project = load.group_facts(caller, path), load.project_facts(user, path)
    action, facts = (Action.READ_PROJECT, project) if group.target is None else (Action.READ_GROUP, group)
    return Access(caller, action, facts, decide(caller, action, facts), user)


def is_allowed(request: HttpRequest, action: Action, on: Project | Group | None = None) -> bool:
    """For pages: whether to show a control. The control's own view asks again.

    About the place the page itself was admitted to, the facts are at hand already: no statement.
    """
    return bool(allowed_actions(request, (action,), on))


def allowed_actions(request: HttpRequest, actions: Iterable[Action], on: Project | Group | None = None) -> set[Action]:
    """As `is_allowed`, those of many; one statement at most."""
    access: Access | None = getattr(request, "access", None)
    if access is not None and on is not None and access.judges_person_on(on):
        caller, facts = access.caller, access.facts
    else:
        state = request_state(request)
        caller, user = state.caller or _resolve_caller(request, state, credentials.find(request, reads_body=False))
        facts = NO_FACTS if on is None else Facts(load.target_from_row(on), role_of(user, on))
    return {action for action in actions if decide(caller, action, facts).reason is None}


def is_allowed_as(
    caller: Caller,
    user: User | None,
    action: Action,
    on: Project | Group | None = None,
    ref: ProtectedRefContext | None = None,
    min_role: Role | VariablesLevel = Role.NONE,
) -> bool:
    facts = NO_FACTS if on is None else Facts(load.target_from_row(on), role_of(user, on), ref=ref, min_role=min_role)
    return decide(caller, action, facts).reason is None


def permitted_ids(user: User | None, action: Action, among: Sequence[Project]) -> set[int]:
    """The ids of those projects where `user` (None: a visitor) may do it; one query, for lists.

    The person alone is judged, not the scopes of a token: the list itself was asked for by those.
    """
    roles = roles_of(user, among) if user is not None else {}
    caller = Anonymous() if user is None else load.person_of(user)
    return {
        project.pk
        for project in among
        if decide(caller, action, Facts(load.target_from_row(project), roles.get(project.pk, Role.NONE))).reason is None
    }


def find_if_permitted(user: User, action: Action, id_or_path: IdOrPath) -> Project | Group | None:
    """The project or group of that name if `user` may do `action` there. One statement, found or not."""
    access = check_as_user(user, action, id_or_path)
    return access.target if access.decision.allowed else None


def find_project_if_permitted(user: User | None, action: Action, path: str) -> Project | None:
    """The project at `path`, any text, if an active `user` may do `action` there: for services that act without a
    request. One statement, whether it exists, is hidden or absent."""
    if user is None or not user.is_active:
        return None
    found = find_if_permitted(user, action, IdOrPath.of_path(path))
    return found if isinstance(found, Project) else None


def user_is_allowed(
    user: User | None,
    action: Action,
    on: Project | Group | None = None,
    ref: ProtectedRefContext | None = None,
    min_role: Role | VariablesLevel = Role.NONE,
) -> bool:
    """For services that act for a person without a request (a push, a schedule); no user, or a blocked one: no.

    `ref`: its protections count too. `min_role`: what a setting asks besides.
    """
    if user is None or not user.is_active:
        return False
    return is_allowed_as(load.person_of(user), user, action, on, ref, min_role)


def narrow_to_ref(access: Access, ref: ProtectedRefContext) -> Access:
    """The same question about one branch or tag. No statement."""
    facts = access.facts._replace(ref=ref)
    return replace(access, facts=facts, decision=decide(access.caller, access.action, facts))


def check_in_own_run(access: Access) -> Access:
    """The same question about a job of the caller's own pipeline, or of its parents or children. No statement."""
    facts = access.facts._replace(in_own_run=True)
    return replace(access, facts=facts, decision=decide(access.caller, access.action, facts))


def check_same_target(
    access: Access, action: Action, min_role: Role = Role.NONE, package: tuple[str, str] | None = None
) -> Access:
    """What the same caller may do besides to the same target, where a protection may ask for a role. `package`: kind
    and name of the one that it is about. No statement."""
    facts = access.facts._replace(min_role=min_role, package=package)
    return replace(access, action=action, facts=facts, decision=decide(access.caller, action, facts))


def is_allowed_on_ref(access: Access, action: Action, ref: ProtectedRefContext) -> bool:
    """Whether a caller who was admitted to a project may act on one of its branches or tags. No statement."""
    return decide(access.caller, action, access.facts._replace(ref=ref)).allowed
