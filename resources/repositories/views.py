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

from config.secret_parameters import without_secrets
from identity.lockout import locked_out
from identity.resolve import BadCredential, CsrfFailure
from projects.models import Project
from projects.repository import Repository
from resources.repositories import pushes
from resources.repositories.answers import answer
from resources.repositories.bodies import BadBody, TooLarge, blocks_of
from resources.repositories.git import GitRun, Service
from resources.repositories.moves import Commands, judge
from resources.repositories.refusals import NO_REPOSITORY, NOT_A_COMMAND, refusal, sign_in, text
from tokenaccess.gate import Access, AccessDenied, authorize, confirm
from tokenaccess.policy import Action
from tokenaccess.reference import Reference
from tokenaccess.web import public

ACTIONS = {Service.UPLOAD_PACK: Action.DOWNLOAD_CODE, Service.RECEIVE_PACK: Action.PUSH_CODE}

View = Callable[[HttpRequest, str], HttpResponseBase]


def asks(**actions: Action) -> Callable[[View], View]:
    """Declares what the view asks the gate for, in `_enter`. Credentials come with each request: no CSRF."""

    def decorate(view: View) -> View:
        view.actions = actions  # type: ignore[attr-defined]
        view.asks_gate = True  # type: ignore[attr-defined]
        return csrf_exempt(view)

    return decorate


@asks(**{"GET": Action.DOWNLOAD_CODE, "GET service=git-receive-pack": Action.PUSH_CODE})
def info_refs(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """What refs there are. Other services than the two, and git's old "dumb" protocol, are not spoken."""
    if request.method == "HEAD":
        return HttpResponse(status=403)
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    if request.GET.get("service") not in list(Service):
        return text(403, NOT_A_COMMAND)
    service = Service(request.GET["service"])
    entered = _enter(request, service, project_path)
    if isinstance(entered, HttpResponse):
        return entered
    protocol = _protocol(request)
    run = GitRun(service, _path(entered), protocol=protocol, advertise=True)
    run.feed(())
    # Version 2 says so itself; the older ones begin with the service's name.
    hello = b"" if _is_version_2(protocol, service) else _line(f"# service={service}\n") + b"0000"
    return answer(run, f"application/x-{service}-advertisement", hello=hello)


@asks(POST=Action.DOWNLOAD_CODE)
def upload_pack(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """Fetch."""
    return _talk(request, project_path, Service.UPLOAD_PACK)


@asks(POST=Action.PUSH_CODE)
def receive_pack(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """Push."""
    return _talk(request, project_path, Service.RECEIVE_PACK)


@public
def without_suffix(request: HttpRequest, project_path: str) -> HttpResponseBase:
    """`/group/project/info/refs`, as git asks when its user left `.git` out. Tells nothing: any path is sent on."""
    query = request.META.get("QUERY_STRING", "")
    return HttpResponsePermanentRedirect(without_secrets(f"/{project_path}.git/info/refs{'?' if query else ''}{query}"))


def _talk(request: HttpRequest, project_path: str, service: Service) -> HttpResponseBase:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    entered = _enter(request, service, project_path)
    if isinstance(entered, HttpResponse):
        return entered
    if request.content_type != f"application/x-{service}-request":
        return text(415, f"The content type must be application/x-{service}-request.\n")
    if service is Service.RECEIVE_PACK:
        return _receive(request, entered)
    return _run(request, GitRun(service, _path(entered), protocol=_protocol(request)), service)


def _receive(request: HttpRequest, access: Access) -> HttpResponseBase:
    meeting, commands = pushes.Meeting(), Commands()
    run = GitRun(Service.RECEIVE_PACK, _path(access), protocol=_protocol(request), push=meeting.path)

    def ask_again() -> None:
        confirm(request, access, takes_passwords=True)
        meeting.judge(judge(request.access, commands.moves))  # type: ignore[attr-defined]

    blocks = _confirmed(commands.listen(blocks_of(request)), ask_again)
    return _run(request, run, Service.RECEIVE_PACK, blocks=blocks, after=partial(_tell, access, meeting))


def _confirmed(blocks: Iterator[bytes], ask_again: Callable[[], None]) -> Iterator[bytes]:
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


def _broken_off(request: HttpRequest, error: Exception) -> HttpResponse:
    match error:
        case AccessDenied():
            return refusal(error.access)
        case BadCredential():
            return _unknown(request)
    return text(413 if isinstance(error, TooLarge) else 400, f"{error}\n")


def _run(
    request: HttpRequest,
    run: GitRun,
    service: Service,
    *,
    blocks: Iterator[bytes] | None = None,
    after: Callable[[], None] | None = None,
) -> HttpResponseBase:
    try:
        run.feed(blocks if blocks is not None else blocks_of(request))
    except (BadBody, AccessDenied, BadCredential) as error:
        # Ended before git heard the end of the body: an unfinished pack moves nothing.
        run.close()
        if after:
            after()
        return _broken_off(request, error)
    except BaseException:
        run.close()
        raise
    return answer(run, f"application/x-{service}-result", after=after)


def _tell(access: Access, meeting: pushes.Meeting) -> None:
    """A push by a job's token starts nothing, or pipelines could feed themselves (job-token.md §8)."""
    try:
        if access.job is None and access.user is not None:
            pushes.tell(access.project, access.user, meeting.moves())
    finally:
        meeting.close()


def _enter(request: HttpRequest, service: Service, project_path: str) -> Access | HttpResponse:
    """The gate's yes and a repository to go on with, or the refusal in git's tongue."""
    request.is_upload = True  # type: ignore[attr-defined] # the body is git's
    try:
        access = authorize(request, ACTIONS[service], Reference.of_path(project_path), takes_passwords=True)
    except AccessDenied as denied:
        return refusal(denied.access)
    except BadCredential:
        return _unknown(request)
    except CsrfFailure:
        return text(403, NOT_A_COMMAND)
    return access if Repository(_path(access)).exists else text(404, NO_REPOSITORY)


def _unknown(request: HttpRequest) -> HttpResponse:
    """Git is the one client without pages that may bring an account's password, so it can lock the account."""
    return locked_out(request) if getattr(request, "axes_locked_out", False) else sign_in()


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
