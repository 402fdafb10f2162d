"""What a project's maintainer reads about their own jobs tells no hidden project from none: by no row, figure, question
or statement.

A maintainer writes the jobs, so they may ask for any name, and look afterwards at what was noted of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from projects.models import Project
from projects.services import delete_project
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.factories.jobs import token_of
from tests.support.client import Api
from tokenaccess.access_log import buffer
from tokenaccess.allowlist import services
from tokenaccess.models import RefusalRecord
from tokenaccess.policy.levels import Role, Visibility

RULES = "/acme/app/-/settings/ci_cd/token_access"
ELSEWHERE = f"{RULES}/refusals?where=elsewhere"
HIDDEN, ABSENT, NOTHING = "far%2Fsecret", "far%2Fnothing", "not%2Fthere"
SAME_TEXT = "Projects that do not exist or that you cannot see"

Act = Callable[[], Any]


@pytest.fixture
def far(cast: Cast) -> Project:
    """A private project that the maintainer of acme/app must not know of."""
    return projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))


@pytest.fixture
def own(cast: Cast) -> list[Job]:
    """Jobs of the maintainer's own making; together they fill more than half a page of refusals."""
    pipeline = jobs.pipeline(cast.app, cast.maintainer, commit={"title": "Ask around"})
    return [jobs.job(cast.app, cast.maintainer, pipeline=pipeline, name=f"try {number}") for number in range(11)]


@pytest.fixture
def page(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.maintainer)
    return client


def ask(job: Job, *names: str) -> list[str]:
    """Its requests for those, all refused → the ids of the refusals."""
    speaker = Api(job=token_of(job))
    answers = [speaker.get(f"/projects/{name}/packages") for name in names]
    assert {answer.status_code for answer in answers} == {404}
    return [answer["X-Access-Reason"] for answer in answers]


def faces(own: Sequence[Job]) -> list[tuple[str, str, dict[str, str]]]:
    """Every page that tells of it."""
    return [
        ("GET", RULES, {}),
        ("GET", f"{RULES}/outbound", {}),
        ("GET", ELSEWHERE, {}),
        ("GET", f"{ELSEWHERE}&page=2", {}),
        ("GET", f"/acme/app/-/jobs/{own[0].pk}", {}),
        ("GET", f"/acme/app/-/pipelines/{own[0].pipeline_id}", {}),
        ("POST", f"{RULES}/limit", {"outbound": "off"}),
    ]


def observe(page: Client, method: str, address: str, sent: dict[str, str]) -> dict[str, Any]:
    """All that the person learns, and the work it took; when it was, and what is new in each answer, left out."""
    with CaptureQueriesContext(connection) as asked:
        answer = page.generic(method, address, "&".join(f"{key}={value}" for key, value in sent.items()),
                              content_type="application/x-www-form-urlencoded")  # fmt: skip
    text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())
    text = re.sub(r"<time.*?</time>|~\d{10}~|\d+ s so far", "", text).replace(address, "·")
    work = [re.sub(r"'[^']*'|\d+", "·", query["sql"]) for query in asked]
    return {"status": answer.status_code, "to": answer.headers.get("Location"), "text": text.splitlines(), "work": work}


def pages_after(page: Client, own: Sequence[Job], act: Act) -> list[dict[str, Any]]:
    """What is seen after it happened; it is undone then, so that it can happen otherwise."""
    with transaction.atomic():
        act()
        shown = [observe(page, *face) for face in faces(own)]
        transaction.set_rollback(True)
    return shown


def same(page: Client, own: Sequence[Job], one: Act, other: Act) -> None:
    pages_after(page, own, one)  # what is read once per process and kept is read now
    for first, second in zip(pages_after(page, own, one), pages_after(page, own, other), strict=True):
        assert first == second


@pytest.mark.one_case
@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("named", [1, 11])
def test_no_page_tells_what_own_jobs_asked_for(cast: Cast, far, own, page, limited, named):
    services.limit_access(cast.app, by=cast.owner, outbound=limited)

    def asking(name: str) -> Act:
        return lambda: [ask(job, NOTHING, name) for job in own[:named]]

    same(page, own, asking(HIDDEN), asking(ABSENT))
    same(page, own, asking(str(far.pk)), asking(str(far.pk + 1000)))


def test_the_page_of_a_job_tells_a_developer_who_started_it_no_more(cast: Cast, far):
    job, client = jobs.job(cast.app, cast.developer), Client()
    client.force_login(cast.developer)

    def observe_job(*names: str) -> dict[str, Any]:
        with transaction.atomic():
            ask(job, *names)
            shown = observe(client, "GET", f"/acme/app/-/jobs/{job.pk}", {})
            transaction.set_rollback(True)
        return shown

    observe_job(HIDDEN)  # what is read once per process and kept is read now
    assert observe_job(HIDDEN, HIDDEN) == observe_job(ABSENT, NOTHING) == observe_job(str(far.pk), str(far.pk + 1000))
    assert "2 requests of this job were refused" in " ".join(observe_job(HIDDEN, ABSENT)["text"])


def test_old_refusals_are_shown_for_both_hidden_and_absent_or_for_neither(cast: Cast, far, own, page):
    def asking(name: str) -> Act:
        def act() -> None:
            secret = token_of(own[0])
            Api(job=secret).get(f"/projects/{NOTHING}/packages")
            RefusalRecord.objects.update(last_at=F("last_at") - timedelta(days=40))
            Api(job=secret).get(f"/projects/{name}/packages")

        return act

    same(page, own, asking(HIDDEN), asking(ABSENT))


@pytest.mark.parametrize("limited", [True, False])
def test_a_refusal_stays_in_the_log_when_its_target_is_deleted(cast: Cast, far, own, page, limited):
    services.limit_access(cast.app, by=cast.owner, outbound=limited)
    further = projects.project("further", group=far.group)

    def delete_both() -> None:
        ask(own[0], NOTHING, HIDDEN, "far%2Ffurther", HIDDEN)
        for gone in (far, further):
            delete_project(Project.objects.get(pk=gone.pk), by=cast.admin)
        ask(own[1], HIDDEN)

    def absent() -> None:
        ask(own[0], NOTHING, ABSENT, "far%2Fnone", ABSENT)
        ask(own[1], ABSENT)

    cast.admin  # noqa: B018 - is made now, not within what is undone
    same(page, own, delete_both, absent)


def test_a_refusal_is_counted_when_its_target_is_deleted_before_it_is_written(cast: Cast, far, own, page, settings):
    def asking(name: str, *, then: Act) -> Act:
        def act() -> None:
            settings.ACCESS_LOG_SECONDS = 3600
            ask(own[0], name)
            then()
            buffer.write()
            settings.ACCESS_LOG_SECONDS = 0

        return act

    cast.admin  # noqa: B018 - as above
    gone = asking(HIDDEN, then=lambda: delete_project(Project.objects.get(pk=far.pk), by=cast.admin))
    same(page, own, gone, asking(ABSENT, then=lambda: None))


def test_refusals_of_targets_a_person_may_not_see_are_one_row_per_job_and_action(cast: Cast, far, own, page):
    ask(own[0], NOTHING, HIDDEN, HIDDEN)
    rows = page.get(ELSEWHERE).content.decode()
    assert rows.count(SAME_TEXT) == 1
    assert 'class="num">3</td>' in rows
    assert RefusalRecord.objects.count() == 2


def test_a_refusal_of_a_visible_target_keeps_its_own_row_and_reason(cast: Cast, far, own, page):
    ask(own[0], NOTHING, HIDDEN, "acme%2Flibrary")
    rows = page.get(ELSEWHERE).content.decode()
    assert rows.count(SAME_TEXT) == 1
    assert rows.count("Its project is not on the allowlist of the project it asks for.") == 1
    assert 'class="num">2</td>' in rows
    assert 'class="num">1</td>' in rows


def test_opening_is_asked_about_what_the_person_may_see(cast: Cast, far, own, page):
    services.limit_access(cast.app, by=cast.owner, outbound=True)
    ask(own[0], HIDDEN, "acme%2Flibrary", "acme%2Flibrary")
    assert "2 requests refused in the last 30 days would no longer be stopped here" in page.get(RULES).content.decode()
    asked = page.post(f"{RULES}/limit", {"outbound": "off"})
    assert asked.status_code == 200
    assert "asked for 1 project that" in asked.content.decode()


@pytest.mark.parametrize("who", ["maintainer", "developer", "outsider"])
@pytest.mark.parametrize("limited", [True, False])
def test_the_reason_of_a_refusal_takes_the_same_work_for_both(cast: Cast, far, own, limited, who):
    services.limit_access(cast.app, by=cast.owner, outbound=limited)
    page = Client()
    page.force_login(getattr(cast, who))
    hidden, absent, gone = ask(own[0], HIDDEN, ABSENT, str(far.pk + 1000))
    observe(page, "GET", f"/-/access_reasons/{hidden}", {})
    first, *others = [observe(page, "GET", f"/-/access_reasons/{sealed}", {}) for sealed in (hidden, absent, gone)]
    assert others == [first, first]
    assert first["status"] == (200 if who == "maintainer" else 404)


def test_the_reason_is_shown_in_full_to_a_maintainer_of_what_was_asked_for(cast: Cast, far, own):
    projects.members({cast.outsider: Role.MAINTAINER}, far)
    (hidden,) = ask(own[0], HIDDEN)
    page = Client()
    page.force_login(cast.outsider)
    shown = page.get(f"/-/access_reasons/{hidden}").content.decode()
    assert "Its project is not on the allowlist of the project it asks for." in shown
    assert "acme/app" not in shown
