"""Pages of environments."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.environments.stopping import stop_environment
from jobs.models import Environment, Job
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy
from tokenaccess.policy.levels import Role

AT = "/acme/app/-/environments"
LINK = 'href="https://review-main-yi2y9f.example.org"'


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_list_shows_what_stands_where(cast: Cast) -> None:
    client = browser(cast.reporter)
    assert "No environments yet" in text(client.get(AT))
    environment, _ = deploy(cast)
    shown = text(client.get(AT))
    assert f'href="{AT}/{environment.pk}"' in shown
    assert f'{LINK} rel="noopener noreferrer nofollow"' in shown
    assert f"deploy #{Job.objects.get(name='deploy').pk}" in shown
    assert f"{AT}/{environment.pk}/stop" not in shown
    assert f"{AT}/{environment.pk}/stop" in text(browser(cast.developer).get(AT))
    assert "review/" not in text(client.get(f"{AT}?state=stopped")).split('id="all"')[1]
    assert "No matching environments" in text(client.get(f"{AT}?q=nothing"))


def test_the_page_of_an_environment_shows_its_deployments(cast: Cast) -> None:
    environment, runner = deploy(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW)
    runner.work().fail()
    shown = text(browser(cast.reporter).get(f"{AT}/{environment.pk}"))
    assert shown.count("deploy #") == 2
    assert shown.count("Current") == 1
    assert "Development" in shown


def test_why_an_environment_was_not_stopped_is_shown_to_those_who_may_stop_it(cast: Cast) -> None:
    """It may name people, and say that their accounts are blocked."""
    environment, _ = deploy(cast)
    Environment.objects.update(problem="mallory, as whom it would be stopped, is blocked.")
    for page in (AT, f"{AT}/{environment.pk}"):
        assert "mallory" in text(browser(cast.developer).get(page))
        assert "mallory" not in text(browser(cast.reporter).get(page))


def test_the_page_of_a_job_leads_to_its_environment(cast: Cast) -> None:
    environment, _ = deploy(cast)
    page = f"/acme/app/-/jobs/{Job.objects.get(name='deploy').pk}"
    assert f'href="{AT}/{environment.pk}"' in text(browser(cast.reporter).get(page))
    assert f'href="{AT}/{environment.pk}"' not in text(browser(cast.guest).get(page))


def test_an_address_that_runs_a_script_is_never_a_link(cast: Cast) -> None:
    environment, _ = deploy(cast)
    Environment.objects.update(external_url="javascript:alert(1)")
    for page in (AT, f"{AT}/{environment.pk}"):
        assert "javascript:" not in text(browser(cast.reporter).get(page))


def test_stopping_is_asked_for_again_and_plays_the_job(cast: Cast) -> None:
    environment, runner = deploy(cast)
    client, page = browser(cast.maintainer), f"{AT}/{environment.pk}/stop"
    shown = text(client.get(page))
    assert "on main" in shown
    assert "started by developer) runs as you." in shown
    assert again(environment).state == "available"
    assert "is being stopped" in text(client.post(page, follow=True))
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "maintainer"
    assert "Its state has changed meanwhile" in text(client.post(page, follow=True))
    assert "A job is stopping it" in text(client.get(page))
    client.post(page, {"force": "true"})
    assert again(environment).state == "stopped"
    assert "is stopped" in text(client.get(page))


def test_the_question_says_that_an_environment_without_a_stop_job_runs_on(cast: Cast) -> None:
    environment, _ = deploy(cast, "a: {script: [x], environment: {name: a}}")
    client = browser(cast.developer)
    assert "It has no stop job" in text(client.get(f"{AT}/{environment.pk}/stop"))
    assert "Environment stopped." in text(client.post(f"{AT}/{environment.pk}/stop", follow=True))


def test_who_may_not_run_on_the_ref_sees_that(cast: Cast) -> None:
    environment, runner = deploy(cast)
    cast.app.protected_refs.update(push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER)
    client, page = browser(cast.developer), f"{AT}/{environment.pk}/stop"
    assert "you may not run jobs there" in text(client.get(page))
    assert "Stop environment</button>" not in text(client.get(page))
    client.post(page)
    assert (again(environment).state, runner.take()) == ("available", None)


def test_only_a_stopped_one_is_deleted(cast: Cast) -> None:
    environment, _ = deploy(cast)
    client, page = browser(cast.developer), f"{AT}/{environment.pk}/delete"
    assert "Only a stopped environment can be deleted" in text(client.get(page))
    assert "Only a stopped environment can be deleted" in text(client.post(page, follow=True))
    stop_environment(environment, by=cast.developer, force=True)
    assert "Delete environment" in text(client.get(page))
    assert client.post(page)["Location"] == AT
    assert not Environment.objects.exists()
    assert client.get(page).status_code == 404


def test_guests_and_reporters_are_refused_what_is_for_developers(cast: Cast) -> None:
    environment, _ = deploy(cast)
    one = f"{AT}/{environment.pk}"
    for page in (AT, one):
        assert browser(cast.guest).get(page).status_code == 403
        assert browser(cast.outsider).get(page).status_code == 404
        assert Client().get(page).status_code == 302
    for page in (f"{one}/stop", f"{one}/delete"):
        assert browser(cast.reporter).get(page).status_code == 403
        assert browser(cast.reporter).post(page).status_code == 403
        assert browser(cast.outsider).post(page).status_code == 404
    assert again(environment).state == "available"
    assert browser(cast.developer).get(f"/acme/library/-/environments/{environment.pk}").status_code == 404


@pytest.mark.parametrize("query", ["?q=%00", "?page=99999999999", "?q=" + "x" * 3000])
def test_nonsense_breaks_no_page_of_environments(cast: Cast, query: str) -> None:
    assert browser(cast.reporter).get(AT + query).status_code == 200


def test_the_list_costs_the_same_however_long_it_is(cast: Cast, django_assert_num_queries: Any) -> None:
    _, runner = deploy(cast)
    client = browser(cast.developer)
    client.get(AT)
    with django_assert_num_queries(9):
        client.get(AT)
    for name in ("a", "b", "c"):
        runners.pipeline(cast.app, cast.developer, f"a: {{script: [x], environment: {{name: {name}}}}}")
        runner.work().succeed()
    with django_assert_num_queries(9):
        client.get(AT)


def test_the_administration_shows_environments(cast: Cast) -> None:
    environment, _ = deploy(cast)
    admin, deployment = browser(cast.admin), environment.deployments.get()
    for name, pk in (("environment", environment.pk), ("deployment", deployment.pk)):
        assert "review/main" in text(admin.get(f"/admin/jobs/{name}/?q=acme"))
        assert "review/main" in text(admin.get(f"/admin/jobs/{name}/{pk}/change/"))
        assert admin.get(f"/admin/jobs/{name}/add/").status_code == 403
