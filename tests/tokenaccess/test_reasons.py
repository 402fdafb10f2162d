"""The opaque id of a refusal: who may open it, and what it says to whom."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.token_access import text
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import Role

HEADER = "X-Access-Reason"


@pytest.fixture
def nightly(cast: Cast) -> Project:
    """A project of the owner's; the maintainer of the library knows nothing of it."""
    return projects.project("nightly", group=cast.acme, by=cast.owner)


def refusal(api: Any, token: str, target: object) -> str:
    """Where the reason of a refused request can be opened."""
    answer = api(job=token).get(f"/projects/{target}/packages")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})
    return f"/-/access_reasons/{answer[HEADER]}"


def test_a_maintainer_of_the_target_reads_why_and_what_would_help(
    cast: Cast, api: Any, browser: Any, nightly: Project
) -> None:
    reason = refusal(api, cast.job_token(nightly, cast.owner), cast.library.pk)
    shown = text(browser(cast.maintainer).get(reason))
    assert "Its project is not on the allowlist of the project it asks for." in shown
    assert "Add the job&#x27;s project, or a group above it, to the allowlist" in shown
    assert "/acme/library/-/settings/ci_cd/token_access" in shown
    assert "acme/nightly" not in shown
    assert "of a project you cannot see" in shown


def test_a_reason_says_that_the_same_request_would_be_admitted_now(cast: Cast, api: Any, browser: Any) -> None:
    reason = refusal(api, cast.job_token(), cast.library.pk)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert "With the current settings, the same request would be allowed." in text(browser(cast.maintainer).get(reason))


def test_a_maintainer_of_the_source_alone_does_not_learn_whether_the_target_exists(
    cast: Cast, api: Any, browser: Any
) -> None:
    secret = projects.project("secret", group=projects.group("far", visibility=0))
    token = cast.job_token(cast.app, cast.maintainer)
    page = browser(cast.maintainer)
    hidden = text(page.get(refusal(api, token, secret.pk)))
    absent = text(page.get(refusal(api, token, 999_999)))
    assert "A project that does not exist, or one that you cannot see" in hidden
    assert hidden.partition("<main")[2].partition("<time")[0] == absent.partition("<main")[2].partition("<time")[0]


def test_everyone_else_gets_what_an_id_that_never_was_gets(cast: Cast, api: Any, browser: Any) -> None:
    reason = refusal(api, cast.job_token(), cast.library.pk)
    answers = [browser(user).get(reason) for user in (cast.developer, cast.reporter, cast.outsider)]
    never = browser(cast.developer).get("/-/access_reasons/AAAA")
    assert {answer.status_code for answer in (*answers, never)} == {404}
    mains = [text(answer).partition("<main")[2] for answer in (answers[0], never)]
    assert mains[0].replace(reason, "") == mains[1].replace("/-/access_reasons/AAAA", "")
    assert "Only maintainers of the job's project, or of the project that it asked for, can read why" in mains[0]
    assert browser().get(reason).status_code == 302


@pytest.mark.one_case
@pytest.mark.parametrize("sealed", ["x", "AAAA", "%00", "日本", "a" * 10_000, "=" * 50])
def test_a_forged_reason_is_not_found(cast: Cast, browser: Any, sealed: str) -> None:
    assert browser(cast.admin).get(f"/-/access_reasons/{sealed}").status_code == 404


def test_a_persons_refusal_has_no_page(cast: Cast, api: Any, browser: Any) -> None:
    answer = api(cast.outsider).get(f"/projects/{cast.library.pk}/packages")
    assert browser(cast.admin).get(f"/-/access_reasons/{answer[HEADER]}").status_code == 404


def test_a_reason_explains_a_missing_role(cast: Cast, api: Any, browser: Any) -> None:
    stranger = projects.member(people.person("stranger"), cast.app, Role.DEVELOPER)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    reason = refusal(api, jobs.job_token(cast.app, stranger), cast.library.pk)
    shown = text(browser(cast.maintainer).get(reason))
    assert "The person may not see it." in shown
    assert "Give the user who started the job a role" in shown
