"""Git over smart HTTP (resources.md §1): what may be asked is settled here, the work is done by the real git.

Access is asked again for each request: a token that dies between the announcement and the fetch fetches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from api.secret_parameters import without_secrets
from identity.credentials.resolve import BadCredential, CsrfFailure
from identity.credentials.table import Surface
from identity.sign_in.lockout import lockout_response
from outages.kinds import require_room
from projects.extensions.locked_paths import locked_for
from projects.extensions.pushed_pointers import stored_objects
from projects.models import Project
from projects.repository import Repository
from resources.repositories import hook_channel
from resources.repositories.git import GitRun, Service
from resources.repositories.ref_updates import ReceivePackParser, authorize_updates
from resources.repositories.refusals import (
    NO_REPOSITORY,
    NOT_A_COMMAND,
    refusal_response,
    text_response,
)
from resources.repositories.request_body import BodyTooLarge, InvalidBody, read_blocks
from resources.repositories.responses import git_response
from tokenaccess.access.facts import settings_of
from tokenaccess.access.gate import authorize, confirm, deny_unknown
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.adapters.pages import public
from tokenaccess.policy import Action
from tokenaccess.policy.rules import person_of

ACTIONS = {Service.UPLOAD_PACK: Action.DOWNLOAD_CODE, Service.RECEIVE_PACK: Action.PUSH_CODE}

View = Callable[[HttpRequest, str], HttpResponseBase]


def declares(**actions: Action) -> Callable[[View], View]:
    """Declares what the view asks the gate for, in `_enter`. Credentials come with each request: no CSRF."""

    def decorate(view: View) -> View:
        view.actions = actions  # type: ignore[attr-defined]
        view.asks_gate = True  # type: ignore[attr-defined]
        return csrf_exempt(view)

    return decorate


@declares(**{"GET": Action.DOWNLOAD_CODE, "GET service=git-receive-pack": Action.PUSH_CODE})
def info_refs(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """What refs there are. Other services than the two, and git's old "dumb" protocol, are not spoken."""
    if request.method == "HEAD":
        return HttpResponse(status=403)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    if request.GET.get("service") not in list(Service):
        return text_response(403, NOT_A_COMMAND)
    service = Service(request.GET["service"])
    entered = _authorize(request, service, project_path)
    if isinstance(entered, HttpResponse):
        return entered
    if service is Service.RECEIVE_PACK:
        require_room(_path(entered))  # git prints the sentence now; later it would be in the middle of sending
    protocol = _protocol(request)
    run = GitRun(service, _path(entered), protocol=protocol, advertise=True)
    run.feed(())
    # Version 2 says so itself; the older ones begin with the service's name.
    hello = b"" if _is_version_2(protocol, service) else _line(f"# service={service}\n") + b"0000"
    return git_response(run, f"application/x-{service}-advertisement", hello=hello)


@declares(POST=Action.DOWNLOAD_CODE)
def upload_pack(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """Fetch."""
    return _serve(request, project_path, Service.UPLOAD_PACK)


@declares(POST=Action.PUSH_CODE)
def receive_pack(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """Push."""
    return _serve(request, project_path, Service.RECEIVE_PACK)


@public
def without_suffix(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """`/group/project/info/refs`, as git asks when its user left `.git` out. Tells nothing: any path is sent on."""
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(without_secrets(f"/{project_path}.git/info/refs{'?' if query else ''}{query}"))


def _serve(request: HttpRequest, project_path: str, service: Service) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    entered = _authorize(request, service, project_path)
    if isinstance(entered, HttpResponse):
        return entered
    if request.content_type != f"application/x-{service}-request":
        return text_response(415, f"The content type must be application/x-{service}-request.\n")
    if service is Service.RECEIVE_PACK:
        return _receive(request, entered)
    return _run(request, GitRun(service, _path(entered), protocol=_protocol(request)), service)


def _receive(request: HttpRequest, access: Access) -> HttpResponseBase:
    channel, commands = hook_channel.HookChannel(), ReceivePackParser()
    run = GitRun(Service.RECEIVE_PACK, _path(access), protocol=_protocol(request), push=channel.path)

    def ask_again() -> None:
        confirmed = confirm(request, access, surface=Surface.GIT)
        person, target = person_of(confirmed.caller), confirmed.facts.target
        assert person is not None
        assert target is not None
        verdict = authorize_updates(confirmed, commands.updates)
        channel.write_verdict(verdict, locked_for(target.id, person.id), stored_objects(target.id))

    blocks = _hold_last_block(commands.parse(read_blocks(request)), ask_again)
    return _run(
        request,
        run,
        Service.RECEIVE_PACK,
        blocks=blocks,
        after=partial(_announce_push, access, channel),
        says_notices=lambda: commands.has_side_band,
    )


def _hold_last_block(blocks: Iterator[bytes], ask_again: Callable[[], None]) -> Iterator[bytes]:
    """The end of a push is held back until the caller has proven once more that it may: a job may have ended, and a
    person been sent away, while the pack was on its way."""
    held = b""
    for block in blocks:
        if block:
            if held:
                yield held
            held = block
    ask_again()
    yield held


def _abort_response(request: HttpRequest, error: Exception) -> HttpResponse:
    match error:
        case AccessDenied():
            return refusal_response(error.access)
        case BadCredential():
            return _sign_in_or_lockout(request)
    return text_response(413 if isinstance(error, BodyTooLarge) else 400, f"{error}\n")


def _run(
    request: HttpRequest,
    run: GitRun,
    service: Service,
    *,
    blocks: Iterator[bytes] | None = None,
    after: Callable[[], list[str]] | None = None,
    says_notices: Callable[[], bool] = lambda: False,
) -> HttpResponseBase:
    try:
        run.feed(blocks if blocks is not None else read_blocks(request))
    except (InvalidBody, AccessDenied, BadCredential) as error:
        # Ended before git heard the end of the body: an unfinished pack moves nothing.
        run.close()
        if after:
            after()
        return _abort_response(request, error)
    except BaseException:
        run.close()
        raise
    return git_response(run, f"application/x-{service}-result", after=after, says_notices=says_notices)


def _announce_push(access: Access, channel: hook_channel.HookChannel) -> list[str]:
    """A push by a job's token starts nothing, or pipelines could feed themselves, unless the project wants it to
    (job-token.md §8)."""
    job = access.job
    try:
        starts = job is None or settings_of(access.project).job_pushes_start_pipelines
        if starts and access.user is not None:
            updates, options = channel.read_updates(), channel.read_options()
            job_id = job.id if job else None
            return hook_channel.announce_updates(access.project, access.user, updates, options, job_id)
    finally:
        channel.close()
    return []


def _authorize(request: HttpRequest, service: Service, project_path: str) -> Access | HttpResponse:
    """The gate's yes and a repository to go on with, or the refusal in git's tongue."""
    request_state(request).is_upload = True  # the body is git's
    try:
        access = authorize(request, ACTIONS[service], IdOrPath.of_path(project_path), surface=Surface.GIT)
    except AccessDenied as denied:
        return refusal_response(denied.access)
    except BadCredential:
        return _sign_in_or_lockout(request)
    except CsrfFailure:
        return text_response(403, NOT_A_COMMAND)
    return access if Repository(_path(access)).exists else text_response(404, NO_REPOSITORY)


def _sign_in_or_lockout(request: HttpRequest) -> HttpResponse:
    """Git is the one client without pages that may bring an account's password, so it can lock the account."""
    if getattr(request, "axes_locked_out", False):
        return lockout_response(request)
    return refusal_response(deny_unknown(Action.DOWNLOAD_CODE))


def _path(access: Access) -> Path:
    """Known from the project's number alone: no statement for its row."""
    assert access.facts.target is not None
    return Project(pk=access.facts.target.id).repository_path


def _protocol(request: HttpRequest) -> str:
    return request.headers.get("Git-Protocol", "")


def _line(words: str) -> bytes:
    """Git's packet format: four hex digits of length, themselves included."""
    return f"{len(words) + 4:04x}{words}".encode()


def _is_version_2(protocol: str, service: Service) -> bool:
    return service is Service.UPLOAD_PACK and "version=2" in protocol.split(":")
