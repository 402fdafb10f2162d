"""Which credential counts when a request carries several, and what becomes of a wrong one: job-token.md §1.3, §1.4."""

from __future__ import annotations

import base64
import zlib
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from identity import secrets
from identity.credentials.table import Prefix
from identity.models import today
from identity.secrets import mint
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.response_schema import CheckedClient
from text.encoding import BASE_62, encode_number
from tokenaccess.policy.levels import Visibility

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.identity.routes"), pytest.mark.once]

UNAUTHORIZED = {"message": "401 Unauthorized"}
HIDDEN = {"message": "404 Project Not Found"}
BLOCKED = {"message": "403 Forbidden - Your account has been blocked."}
DEAD = mint(Prefix.JOB)


@pytest.fixture
def open_project(cast: Cast) -> Project:
    return projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)


class Ask:
    """`Ask(cast.app)(JOB_TOKEN=…)` asks the route that takes job tokens; `Ask(cast.app, "takes_none")` the other."""

    def __init__(self, project: Project, route: str = "takes_jobs") -> None:
        self.path = f"/api/v4/{route}/{project.pk}"
        self.client = CheckedClient(enforce_csrf_checks=True)

    def __call__(self, query: str = "", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Any = self.client.get(f"{self.path}?{query}", headers=named)
        return answer

    def post(self, body: Any, kind: str = "application/json", **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Any = self.client.post(self.path, body, content_type=kind, headers=named)
        return answer


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


def who(answer: Any) -> tuple[str, str | None]:
    assert answer.status_code == 200, answer.content
    body = answer.json()
    return body["by"], body["acts"]


# --- How a job's token is presented -----------------------------------------------------------------------------------


class TestAJobsToken:
    @pytest.mark.parametrize("carrier", ["header", "query", "token parameter", "bearer", "basic"])
    def test_it_acts_as_the_jobs_person_however_it_comes(self, cast: Cast, carrier: str) -> None:
        token, ask = cast.job_token(), Ask(cast.app)
        answers = {
            "header": lambda: ask(JOB_TOKEN=token),
            "query": lambda: ask(f"job_token={token}"),
            "token parameter": lambda: ask(f"token={token}"),
            "bearer": lambda: ask(Authorization=f"Bearer {token}"),
            "basic": lambda: ask(Authorization=basic("gitlab-ci-token", token)),
        }
        assert who(answers[carrier]()) == ("Job", "developer")

    @pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
    def test_it_may_come_in_the_body(self, cast: Cast, kind: str) -> None:
        token = cast.job_token()
        body = {"job_token": token} if kind == "application/json" else f"job_token={token}"
        assert who(Ask(cast.app).post(body, kind)) == ("Job", "developer")

    def test_header_names_have_no_case(self, cast: Cast) -> None:
        assert who(Ask(cast.app)(job_tOKEN=cast.job_token())) == ("Job", "developer")

    def test_a_private_token_header_does_not_carry_it(self, cast: Cast, open_project: Project) -> None:
        token = cast.job_token()
        assert Ask(cast.app)(PRIVATE_TOKEN=token).status_code == 401, "a visitor is asked to sign in"
        assert who(Ask(open_project)(PRIVATE_TOKEN=token))[0] == "Anonymous"
        assert who(Ask(open_project)(PRIVATE_TOKEN=DEAD))[0] == "Anonymous", "not even a dead one"

    def test_basic_takes_it_under_its_own_name_only(self, cast: Cast, open_project: Project) -> None:
        token = cast.job_token()
        for login in ("developer", "GitLab-CI-Token", ""):
            assert Ask(cast.app)(Authorization=basic(login, token)).status_code == 401
            assert who(Ask(open_project)(Authorization=basic(login, token)))[0] == "Anonymous"


class TestADeadJobsToken:
    @pytest.mark.parametrize("state", ["created", "pending", "success", "failed", "canceled", "skipped", "manual"])
    def test_it_is_refused_before_and_after_its_job_runs(self, cast: Cast, state: str) -> None:
        answer = Ask(cast.app)(JOB_TOKEN=cast.job_token(status=state))
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_it_still_works_while_its_job_is_canceling(self, cast: Cast) -> None:
        assert who(Ask(cast.app)(JOB_TOKEN=cast.job_token(status="canceling"))) == ("Job", "developer")

    @pytest.mark.parametrize(
        "carrier",
        [
            {"JOB_TOKEN": DEAD},
            {"JOB_TOKEN": "nonsense"},
            {"JOB_TOKEN": "x" * 10_000},
            {"query": f"job_token={DEAD}"},
            {"query": "job_token=%00"},
            {"query": "job_token=%F0%9F%94%91"},
            {"Authorization": f"Bearer {DEAD}"},
            {"Authorization": basic("gitlab-ci-token", DEAD)},
            {"Authorization": basic("gitlab-ci-token", "glpat-whatever")},
        ],
    )
    def test_it_is_refused_even_on_a_public_project(
        self, cast: Cast, open_project: Project, carrier: dict[str, str]
    ) -> None:
        answer = Ask(open_project)(**carrier)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
        assert answer["WWW-Authenticate"] == 'Basic realm="GitLab Packages Registry"'

    def test_a_blocked_persons_answers_that_they_are_blocked(self, cast: Cast, open_project: Project) -> None:
        token = cast.job_token()
        cast.developer.is_active = False
        cast.developer.save()
        answer = Ask(cast.app)(JOB_TOKEN=token)
        assert (answer.status_code, answer.json()) == (403, BLOCKED)
        assert who(Ask(open_project, "takes_none")(JOB_TOKEN=token))[0] == "Anonymous"


class TestARouteThatTakesNoJobTokens:
    def test_it_ignores_them_alive_or_dead(self, cast: Cast, open_project: Project) -> None:
        for token in (cast.job_token(), DEAD, "nonsense"):
            for carrier in ({"JOB_TOKEN": token}, {"query": f"job_token={token}"}):
                hidden = Ask(cast.library, "takes_none")(**carrier)
                assert (hidden.status_code, hidden.json()) == (404, HIDDEN)
                assert who(Ask(open_project, "takes_none")(**carrier)) == ("Anonymous", None)

    def test_it_ignores_a_bearer_that_is_a_jobs(self, cast: Cast, open_project: Project) -> None:
        answer = Ask(open_project, "takes_none")(Authorization=f"Bearer {cast.job_token()}")
        assert who(answer)[0] == "Anonymous"

    def test_it_asks_for_a_person_where_one_is_needed(self, cast: Cast) -> None:
        answer = Ask(cast.app, "takes_none").post({}, JOB_TOKEN=cast.job_token())
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)


# --- Several job tokens at once ---------------------------------------------------------------------------------------


class TestTheFirstJobTokenCounts:
    def test_parameter_before_token_parameter_before_header(self, cast: Cast) -> None:
        first, second, third = (cast.job_token(user=user) for user in (cast.developer, cast.maintainer, cast.reporter))
        ask = Ask(cast.app)
        assert who(ask(f"token={second}&job_token={first}", JOB_TOKEN=third))[1] == "developer"
        assert who(ask(f"token={second}", JOB_TOKEN=third))[1] == "maintainer"
        assert who(ask(JOB_TOKEN=third))[1] == "reporter"

    def test_basic_before_parameter_and_bearer_before_basic(self, cast: Cast) -> None:
        by_basic, by_parameter = cast.job_token(user=cast.maintainer), cast.job_token()
        answer = Ask(cast.app)(f"job_token={by_parameter}", Authorization=basic("gitlab-ci-token", by_basic))
        assert who(answer)[1] == "maintainer"

    def test_a_wrong_parameter_is_not_saved_by_a_right_header(self, cast: Cast) -> None:
        answer = Ask(cast.app)(f"job_token={DEAD}", JOB_TOKEN=cast.job_token())
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_a_right_parameter_is_not_harmed_by_a_wrong_header(self, cast: Cast) -> None:
        assert who(Ask(cast.app)(f"job_token={cast.job_token()}", JOB_TOKEN=DEAD))[0] == "Job"

    @pytest.mark.parametrize("blank", ["", "%20%20"])
    def test_a_blank_one_is_as_if_absent(self, cast: Cast, open_project: Project, blank: str) -> None:
        assert who(Ask(cast.app)(f"job_token={blank}&token={blank}", JOB_TOKEN=cast.job_token()))[0] == "Job"
        assert who(Ask(open_project)(f"job_token={blank}", JOB_TOKEN=" "))[0] == "Anonymous"


NOT_ASCII = ["é", "glcbt-é", "\xa0", "\x85", "\xff\xfe", "glpat-\xa0"]


class TestATokenThatIsNotAscii:
    """Headers reach the application as Latin-1, one character for each byte."""

    @pytest.mark.parametrize("token", NOT_ASCII)
    def test_it_is_malformed_and_not_absent(self, open_project: Project, token: str) -> None:
        headers_of_people = {"PRIVATE_TOKEN": token.replace("glcbt", "glpat")}
        for headers in ({"JOB_TOKEN": token}, headers_of_people, {"Authorization": f"Bearer {token}"}):
            answer = Ask(open_project)(**headers)
            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    @pytest.mark.parametrize("token", ["%C3%A9", "%FF", "glcbt-%C3%A9", "%F0%9F%92%A5"])
    def test_it_is_malformed_in_the_address_and_in_the_body(self, open_project: Project, token: str) -> None:
        for name in ("job_token", "token"):
            assert Ask(open_project)(f"{name}={token}").status_code == 401
        assert Ask(open_project)(f"private_token={token.replace('glcbt', 'glpat')}").status_code == 401
        form = "application/x-www-form-urlencoded"
        assert Ask(open_project).post(f"job_token={token}", form).status_code == 401
        assert Ask(open_project).post({"job_token": unquote(token)}).status_code == 401


# --- Personal tokens --------------------------------------------------------------------------------------------------


class TestAPersonalToken:
    def test_it_beats_a_jobs_token_and_is_not_limited_by_it(self, cast: Cast) -> None:
        # The library lets no job of the app in; its maintainer needs no entry.
        token, job = token_for(cast.maintainer), cast.job_token()
        assert Ask(cast.library)(JOB_TOKEN=job).status_code == 404
        assert who(Ask(cast.library)(PRIVATE_TOKEN=token, JOB_TOKEN=job)) == ("Person", "maintainer")
        assert who(Ask(cast.library)(f"job_token={job}", Authorization=f"Bearer {token}"))[1] == "maintainer"

    def test_a_wrong_one_is_not_saved_by_a_right_job_token(self, cast: Cast, open_project: Project) -> None:
        wrong = mint(Prefix.PERSONAL)
        for project, route in ((cast.app, "takes_jobs"), (open_project, "takes_none")):
            answer = Ask(project, route)(PRIVATE_TOKEN=wrong, JOB_TOKEN=cast.job_token())
            assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_a_blank_one_is_as_if_absent(self, cast: Cast) -> None:
        assert who(Ask(cast.app)("private_token=", PRIVATE_TOKEN=" ", JOB_TOKEN=cast.job_token()))[0] == "Job"

    @pytest.mark.parametrize("carrier", ["header", "query", "bearer", "basic"])
    def test_it_acts_as_its_person_however_it_comes(self, cast: Cast, carrier: str) -> None:
        token, ask = token_for(cast.reporter), Ask(cast.library)
        answers = {
            "header": lambda: ask(PRIVATE_TOKEN=token),
            "query": lambda: ask(f"private_token={token}"),
            "bearer": lambda: ask(Authorization=f"Bearer {token}"),
            "basic": lambda: ask(Authorization=basic("whoever", token)),
        }
        assert who(answers[carrier]()) == ("Person", "reporter")

    def test_bearer_comes_before_parameter_and_parameter_before_header(self, cast: Cast) -> None:
        bearer, parameter, header = (token_for(user) for user in (cast.owner, cast.maintainer, cast.reporter))
        ask = Ask(cast.library)
        assert who(ask(f"private_token={parameter}", PRIVATE_TOKEN=header, Authorization=f"Bearer {bearer}"))[1] == (
            "owner"
        )
        assert who(ask(f"private_token={parameter}", PRIVATE_TOKEN=header))[1] == "maintainer"

    @pytest.mark.parametrize("nonsense", ["glpat-", "glpat-" + "x" * 10_000, "nonsense", "glpat-\xe9\xff"])
    def test_nonsense_is_401(self, open_project: Project, nonsense: str) -> None:
        answer = Ask(open_project)(PRIVATE_TOKEN=nonsense)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    def test_an_expired_one_says_so(self, cast: Cast) -> None:
        token = token_for(cast.developer, expires_at=today() - timedelta(days=1))
        answer = Ask(cast.app)(PRIVATE_TOKEN=token)
        words = "Token is expired. You can either do re-authorization or token refresh."
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token", "error_description": words})
        assert answer["WWW-Authenticate"].startswith('Bearer realm="The API", error="invalid_token"')

    def test_it_works_until_its_last_day_ends(self, cast: Cast) -> None:
        assert who(Ask(cast.app)(PRIVATE_TOKEN=token_for(cast.developer, expires_at=today())))[1] == "developer"

    def test_a_revoked_one_says_so(self, cast: Cast) -> None:
        answer = Ask(cast.app)(PRIVATE_TOKEN=token_for(cast.developer, revoked=True))
        words = "Token was revoked. You have to re-authorize from the user."
        assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token", "error_description": words})

    def test_a_blocked_persons_answers_that_they_are_blocked(self, cast: Cast, open_project: Project) -> None:
        token = token_for(cast.developer)
        cast.developer.is_active = False
        cast.developer.save()
        for project in (cast.app, open_project):
            answer = Ask(project)(PRIVATE_TOKEN=token)
            assert (answer.status_code, answer.json()) == (403, BLOCKED)

    def test_one_without_the_scope_learns_which_would_do(self, cast: Cast) -> None:
        answer = Ask(cast.app)(PRIVATE_TOKEN=token_for(cast.developer, ("read_user",)))
        assert answer.status_code == 403
        assert answer.json() == {
            "error": "insufficient_scope",
            "error_description": "The request requires higher privileges than provided by the access token.",
            "scope": "api read_api",
        }


# --- Sessions ---------------------------------------------------------------------------------------------------------


class TestASession:
    def test_it_reads_without_more_ado(self, cast: Cast) -> None:
        ask = Ask(cast.library)
        ask.client.force_login(cast.reporter)
        assert who(ask()) == ("Person", "reporter")

    def test_a_change_needs_proof_that_our_own_page_asked(self, cast: Cast) -> None:
        ask = Ask(cast.library, "takes_none")
        ask.client.force_login(cast.maintainer)
        assert ask.post({}).status_code == 403
        ask.client.get("/users/sign_in?next=/")
        ask.client.get("/-/user_settings/password")
        proof = ask.client.cookies["csrftoken"].value
        assert who(ask.post({}, **{"X-CSRFToken": proof})) == ("Person", "maintainer")

    def test_a_token_comes_before_the_session_and_needs_no_proof_of_the_form(self, cast: Cast) -> None:
        ask = Ask(cast.library, "takes_none")
        ask.client.force_login(cast.guest)
        assert who(ask.post({}, PRIVATE_TOKEN=token_for(cast.maintainer)))[1] == "maintainer"

    def test_a_job_token_comes_before_the_session(self, cast: Cast) -> None:
        ask = Ask(cast.app)
        ask.client.force_login(cast.guest)
        assert who(ask(JOB_TOKEN=cast.job_token())) == ("Job", "developer")

    def test_a_blocked_persons_session_is_nobodys(self, cast: Cast) -> None:
        ask = Ask(cast.library)
        ask.client.force_login(cast.reporter)
        cast.reporter.is_active = False
        cast.reporter.save()
        assert ask().status_code == 401


def test_the_password_of_an_account_is_no_credential_of_the_api(cast: Cast, open_project: Project) -> None:
    answer = Ask(open_project)(Authorization=basic("developer", "let me in please"))
    assert who(answer)[0] == "Anonymous"


@pytest.mark.parametrize("garbage", ["Basic", "Basic !!!", "Basic " + "A" * 10_000, "Bearer", "Digest x", "\xff"])
def test_an_authorization_that_says_nothing_is_as_if_absent(open_project: Project, garbage: str) -> None:
    assert who(Ask(open_project)(Authorization=garbage))[0] == "Anonymous"


@pytest.mark.parametrize("text", ["", "glcbt-1", "a" * 50, *(f"glpat-{number}" for number in range(200))])
def test_a_checksum_is_the_crc_in_base_62(text: str) -> None:
    assert secrets._checksum(text) == encode_number(zlib.crc32(text.encode()), BASE_62, 6)
