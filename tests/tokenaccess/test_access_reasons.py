"""Every refusal carries `X-Access-Reason`, also where a token has a place of its own; those of jobs are recorded."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest

from identity.credentials.table import Prefix
from identity.secrets import mint
from jobs.models import Job
from projects.models import ProtectedRef
from tests.factories import jobs, projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.response_schema import CheckedClient
from tests.support.token_access import text
from tokenaccess.adapters.endpoints import Endpoint, endpoints, is_git
from tokenaccess.allowlist import services
from tokenaccess.models import InstanceSettings, RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.policy.levels import FeatureLevel, Role

pytestmark = pytest.mark.once

HEADER = "X-Access-Reason"
LENGTH = 72
# Enough for every such route to look at the token.
PARAMETERS = {"ref": "main", "state": "running", "system_id": "s_1"}


def methods_of(endpoint: Endpoint) -> Iterator[str]:
    own = getattr(endpoint.handler, "own_credential", None)
    names = own if isinstance(own, dict) else ("GET", "POST", "PUT", "PATCH", "DELETE")
    yield from (name for name in names if isinstance(own, dict) or hasattr(endpoint.handler, name.lower()))


def address(route: str, project: int, job: int) -> str:
    places = {"project": str(project), "job_id": str(job), "ref": "main"}
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), route)


OWN = [(method, endpoint) for endpoint in endpoints() if endpoint.own_credential for method in methods_of(endpoint)]
# The others know runners only: a job's token is no credential there.
OF_JOBS = [(method, endpoint) for method, endpoint in OWN if re.search("trigger/pipeline|v4/jobs/<", endpoint.route)]
# A search in all projects at once refuses nobody; what it finds is tested with the packages.
GATED = [
    (method.partition(" ")[0], endpoint)
    for endpoint in endpoints()
    if endpoint.actions and (endpoint.route.startswith("/api/") or is_git(endpoint.route))
    for method, action in endpoint.job_token_actions.items()
    if action is not Action.FIND_PACKAGES
]


def name_of(pair: tuple[str, Endpoint]) -> str:
    return f"{pair[0]} {pair[1].path}"


def test_the_walk_finds_the_routes_that_read_a_token_in_a_place_of_their_own():
    found = {name_of(pair) for pair in OWN}
    assert "POST /api/v4/projects/:project/trigger/pipeline" in found
    assert "PATCH /api/v4/jobs/:job_id/trace" in found
    assert "POST /api/v4/jobs/request" in found
    assert "POST /api/v4/runners" in found
    assert len(found) >= 12
    assert len(OF_JOBS) == 5


CALLERS = [
    "nobody",
    "garbage",
    "an unknown job",
    "an unknown runner",
    "a job elsewhere",
    "a finished job",
    "a blocked one",
]


def token_of(kind: str, cast: Cast) -> str:
    match kind:
        case "nobody":
            return ""
        case "garbage":
            return "é%\t💥"
        case "an unknown job":
            return mint(Prefix.JOB)
        case "an unknown runner":
            return mint(Prefix.RUNNER)
        case "a finished job":
            return cast.job_token(status="success")
        case "a blocked one":
            cast.developer.is_active = False
            cast.developer.save()
    return cast.job_token()


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize("pair", OWN, ids=name_of)
def test_each_refusal_where_a_token_has_its_own_place_has_a_reason(
    cast: Cast, pair: tuple[str, Endpoint], kind: str
) -> None:
    method, endpoint = pair
    InstanceSettings.objects.create(allow_runner_registration_token=True)
    token = token_of(kind, cast)
    other = jobs.job(cast.library, cast.owner)
    where = address(endpoint.route, cast.library.pk, other.pk)
    body = {**PARAMETERS, "token": token or "x"}
    answer = Api().request(method, f"{where}?token={body['token']}", body, headers={"Content-Range": "0-0"})
    assert answer.status_code in {401, 403, 404}, answer.content
    assert len(answer[HEADER]) == LENGTH


@pytest.mark.parametrize("pair", OF_JOBS, ids=name_of)
def test_the_refusal_of_a_running_job_is_recorded_and_explained(
    cast: Cast, browser: Any, pair: tuple[str, Endpoint]
) -> None:
    method, endpoint = pair
    other = jobs.job(cast.library, cast.owner)
    token = cast.job_token()
    answer = Api().request(
        method,
        f"{address(endpoint.route, cast.library.pk, other.pk)}?token={token}",
        {**PARAMETERS, "token": token},
        headers={"Content-Range": "0-0"},
    )
    record = RefusalRecord.objects.get(origin_project=cast.app)
    assert record.job_id == Job.objects.get(project=cast.app).pk
    shown = text(browser(cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
    assert record.sentence.replace("'", "&#x27;") in shown


@pytest.mark.parametrize("pair", GATED, ids=name_of)
def test_each_refusal_of_a_job_by_the_gate_has_a_reason(cast: Cast, pair: tuple[str, Endpoint]) -> None:
    method, endpoint = pair
    other = jobs.job(cast.library, cast.owner)
    projects.commit(cast.library, {"a": "b"})
    where = address(endpoint.route, cast.library.pk, other.pk).replace(r"/1.git/", "/acme/library.git/")
    of_the_job = ("/api/v4/job/", "/api/v4/token_access/self", "/api/v4/token_access/preflight")
    own = endpoint.path.startswith(of_the_job) or endpoint.path == "/api/v4/job"
    headers = {"JOB-TOKEN": cast.job_token(status="success" if own else "running")}
    if is_git(endpoint.route):
        headers = {"Authorization": basic("gitlab-ci-token", cast.job_token())}
        where += "?service=git-upload-pack" if where.endswith("refs") else ""
    answer = CheckedClient().generic(method, where, b"", headers=headers)
    assert answer.status_code in {401, 403, 404}, answer.content
    assert len(answer[HEADER]) == LENGTH


@pytest.mark.parametrize(
    "headers",
    [
        {"PRIVATE-TOKEN": "glpat-nobody"},
        {"Authorization": "Bearer nobody"},
        {"JOB-TOKEN": "nobody"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/v4/projects/1/packages", "/api/v4/user", "/api/graphql"])
def test_a_credential_that_nobody_holds_is_refused_with_a_reason(
    cast: Cast, path: str, headers: dict[str, str]
) -> None:
    answer = CheckedClient().post(path, {"query": "{ __typename }"}, "application/json", headers=headers)
    answer = CheckedClient().get(path, headers=headers) if "v4" in path else answer
    if answer.status_code != 200:  # a job's token is as if it were not there where it serves nothing
        assert len(answer[HEADER]) == LENGTH


def test_a_wrong_password_of_git_is_refused_with_a_reason(cast: Cast) -> None:
    address = "/acme/library.git/info/refs?service=git-upload-pack"
    answer = CheckedClient().get(address, headers={"Authorization": basic("owner", "wrong")})
    assert (answer.status_code, len(answer[HEADER])) == (401, LENGTH)


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


# --- What the trigger's own words say beside it -----------------------------------------------------------------------


def trigger(project: Any, token: str) -> Any:
    return Api().post(f"/projects/{project.pk}/trigger/pipeline", {"token": token, "ref": "main"})


@pytest.fixture
def listed_cast(cast: Cast) -> Cast:
    runners.push_file(cast.library, runners.SIMPLE)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    return cast


def test_a_role_that_does_not_suffice_is_explained(listed_cast: Cast, browser: Any) -> None:
    answer = trigger(listed_cast.library, listed_cast.job_token(user=listed_cast.reporter))
    assert answer.status_code == 400
    shown = text(browser(listed_cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
    assert "it takes developer" in shown
    assert RefusalRecord.objects.get().rule == "entitled"


def test_pipelines_that_are_switched_off_are_explained(listed_cast: Cast, browser: Any) -> None:
    type(listed_cast.library).objects.filter(pk=listed_cast.library.pk).update(
        builds_access_level=FeatureLevel.DISABLED
    )
    answer = trigger(listed_cast.library, listed_cast.job_token())
    assert answer.status_code == 400
    shown = text(browser(listed_cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
    assert "turned off" in shown


def test_a_protected_branch_is_explained_and_recorded(listed_cast: Cast, browser: Any) -> None:
    ProtectedRef.objects.filter(project=listed_cast.library).update(
        push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER
    )
    answer = trigger(listed_cast.library, listed_cast.job_token())
    assert answer.status_code == 400
    assert RefusalRecord.objects.get().sentence.startswith("The branch main is protected")
    shown = text(browser(listed_cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
    assert "The branch main is protected" in shown
    assert "would be allowed" not in shown


def test_the_reason_of_a_finished_job_says_so(listed_cast: Cast, browser: Any) -> None:
    answer = trigger(listed_cast.library, listed_cast.job_token(status="success"))
    assert answer.status_code == 401
    shown = text(browser(listed_cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
    assert "The job is not running." in shown
    job = Job.objects.get()
    assert f'<a href="/{job.project.full_path}/-/jobs/{job.pk}">Job #{job.pk}</a> of' in shown


def test_a_job_that_speaks_for_another_learns_nothing_and_its_maintainer_learns_why(cast: Cast, browser: Any) -> None:
    other = jobs.job(cast.library, cast.owner)
    token = cast.job_token()
    answers = [Api().put(f"/jobs/{number}", {"token": token}) for number in (other.pk, 10**9)]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].content == answers[1].content
    for answer in answers:
        shown = text(browser(cast.maintainer).get(f"/-/access_reasons/{answer[HEADER]}"))
        assert "A job&#x27;s token serves for that job only." in shown
        assert "Use the token of the job that the request is about." in shown


def test_the_page_of_a_reason_shows_mode_and_entry_or_nearest_miss_to_maintainers_of_the_target(
    cast: Cast, browser: Any
) -> None:
    far = projects.project("source", group=projects.group("far", visibility=0), visibility=0)
    near = projects.project("near", group=cast.acme, by=cast.owner)
    services.add_entry(cast.library, near, by=cast.owner)
    projects.member(cast.outsider, cast.app, Role.MAINTAINER)
    projects.member(cast.outsider, cast.library, Role.GUEST)
    address = f"/projects/{cast.library.pk}/releases"
    missed = Api(job=cast.job_token()).get(address)[HEADER]
    hidden = Api(job=jobs.job_token(far, cast.developer)).get(address)[HEADER]

    def read_page(reader: Any, encoded: str) -> str:
        return text(browser(reader).get(f"/-/access_reasons/{encoded}"))

    at_target = read_page(cast.owner, missed)
    assert "The limit of the target:" in at_target
    assert 'The nearest is <span class="path">acme/near</span>.' in at_target
    at_source = read_page(cast.outsider, missed)
    assert "Reason" in at_source
    assert "The limit of the target:" not in at_source
    assert "acme/near" not in at_source
    assert "acme/near" not in read_page(cast.owner, hidden), "what a hidden source is near to would tell where it is"
    services.add_entry(cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    assert 'The allowlist entry that applies: <span class="path">acme/app</span>' in read_page(cast.owner, missed)
    assert "acme/app</span>" not in read_page(cast.outsider, missed).split("Reason")[-1]
    services.add_entry(cast.library, far.group, by=None)
    assert "names a project or group that you cannot see" in read_page(cast.owner, hidden)
