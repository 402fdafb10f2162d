"""What a job would be answered: asked by people without a job, and by a job before it begins."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from jobs.models import Job
from projects.models import Project
from projects.services import move_project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, text
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role

EXPLAIN, PREFLIGHT = "/token_access/explain", "/token_access/preflight"


def ask(api: Any, user: Any, target: str = "acme/library", **more: str) -> Any:
    asked = {"source": "acme/app", "target": target, "action": "read_packages", **more}
    return api(user).post(EXPLAIN, asked)


def preflight(token: str, *asked: tuple[Any, str]) -> Any:
    rows = [{"project": str(project), "action": action} for project, action in asked]
    return Api(job=token).post(PREFLIGHT, {"requests": rows})


def test_every_step_is_shown_and_what_would_change_it(cast: Cast, api: Any) -> None:
    answer = ask(api, cast.maintainer, username="developer")
    body = answer.json()
    assert (answer.status_code, body["allowed"], body["username"]) == (200, False, "developer")
    verdicts = {step["rule"]: step["verdict"] for step in body["steps"]}
    assert verdicts["alive"] == "passed"
    assert verdicts["admitted"] == "refused"
    assert list(verdicts) == [
        "alive", "reachable", "scoped", "admitted", "visible", "declared", "permitted", "enabled", "entitled",
        "located",
    ]  # fmt: skip
    assert "allowlist" in body["change"]
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    body = ask(api, cast.maintainer, username="developer").json()
    assert (body["allowed"], body["entry"], body["change"]) == (True, "acme", None)


def test_the_nearest_miss_is_named_to_the_target_s_maintainers(cast: Cast, api: Any) -> None:
    near = projects.project("near", group=cast.acme, by=cast.owner)
    far = projects.project("far", group=projects.group("far", by=cast.owner), by=cast.owner)
    for listed in (far, near):
        services.add_entry(cast.library, listed, by=cast.owner)
    body = ask(api, cast.owner).json()
    assert (body["entry"], body["nearest_entry"]) == (None, "acme/near")


def test_a_trial_is_shown(cast: Cast, api: Any) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    body = ask(api, cast.maintainer).json()
    assert (body["allowed"], body["trial"]) == (True, True)
    assert [step["rule"] for step in body["steps"] if step["verdict"] == "trial"] == ["admitted"]


def test_a_hidden_target_is_answered_as_an_absent_one(cast: Cast, api: Any, secret: Project) -> None:
    services.set_inbound_mode(secret, InboundMode.OPEN, by=None)
    hidden, absent = ask(api, cast.maintainer, secret.full_path), ask(api, cast.maintainer, "far/nothing")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert hidden.json()["target"] is None
    assert [step["sentence"] for step in hidden.json()["steps"]] == ["There is no such project."]


def test_an_answer_takes_few_statements(cast: Cast, api: Any, secret: Project, django_assert_num_queries: Any) -> None:
    """The token, both projects, the check, the list, and what of it the reader may see; for who may not know it no
    list, but what was there."""
    services.add_entry(cast.library, projects.project("near", group=cast.acme, by=cast.owner), by=cast.owner)
    client, asked = api(cast.maintainer), {"source": "acme/app", "action": "read_packages"}
    client.post(EXPLAIN, {**asked, "target": "acme/library"})  # the first use of a token is written down
    for target, statements in (("acme/library", 5), (secret.full_path, 5), ("far/nothing", 5)):
        with django_assert_num_queries(statements):
            client.post(EXPLAIN, {**asked, "target": target})
    services.add_entry(cast.library, cast.app, by=cast.owner)
    with django_assert_num_queries(4):
        assert client.post(EXPLAIN, {**asked, "target": "acme/library"}).json()["entry"] == "acme/app"


def test_only_maintainers_of_either_side_get_an_explanation(cast: Cast, api: Any, secret: Project) -> None:
    assert ask(api, cast.developer).status_code == 403
    assert ask(api, cast.developer, secret.full_path).status_code == 403
    assert ask(api, cast.outsider).status_code == 404
    hidden, absent = ask(api, cast.owner, source=secret.full_path), ask(api, cast.owner, source="no/such")
    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
    assert Api().post(EXPLAIN, {"source": "a/b", "target": "a/b", "action": "read_packages"}).status_code == 401


def test_the_role_of_another_is_shown_only_at_home(cast: Cast, api: Any) -> None:
    mine = projects.project("mine", group=projects.group("mine"), visibility=0)
    projects.members({cast.developer: Role.MAINTAINER}, mine)
    about_me = ask(api, cast.developer, source="mine/mine")
    assert about_me.status_code == 200
    assert ask(api, cast.developer, source="mine/mine", username="guest").status_code == 403
    assert ask(api, cast.maintainer, username="nobody").status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize("wrong", [{"action": "fly"}, {"action": "read_user"}, {"source": ""}, {"more": "x"}])
def test_what_is_no_question_is_named(cast: Cast, api: Any, wrong: dict[str, str]) -> None:
    answer = ask(api, cast.maintainer, **wrong)
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["error"]


def test_a_job_asks_in_advance_as_it_would_be_answered(cast: Cast, secret: Project) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_releases"])
    token = cast.job_token()
    asked = [("acme/app", "download_code"), (cast.library.pk, "read_releases"), ("ACME/library", "read_packages"),
             (secret.full_path, "read_packages"), ("far/nothing", "read_packages")]  # fmt: skip
    answer = preflight(token, *asked)
    body = answer.json()
    assert answer.status_code == 200
    assert [row["allowed"] for row in body] == [True, True, False, False, False]
    real = Api(job=token).get(f"/projects/{cast.library.pk}/packages/generic/a/1/f")
    assert (body[2]["status"], body[2]["message"]) == (real.status_code, real.json()["message"])
    hidden, absent = ({**row, "project": "", "access_reason": len(row["access_reason"])} for row in body[3:])
    assert hidden == absent
    assert hidden["message"] == "404 Project Not Found"


def test_a_question_is_neither_a_use_nor_a_refusal(cast: Cast) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    (body,) = preflight(cast.job_token(), ("acme/library", "read_packages")).json()
    assert body["allowed"]
    assert "not on the allowlist" in body["trial"]
    assert not AuthorizationRecord.objects.exists()
    assert not RefusalRecord._base_manager.exists()


def test_a_hundred_questions_take_as_many_statements_as_two(cast: Cast, django_assert_num_queries: Any) -> None:
    token = cast.job_token()
    two = [("acme/library", "read_packages"), (cast.library.pk, "read_packages")]
    preflight(token, *two)
    with django_assert_num_queries(5):
        assert len(preflight(token, *two).json()) == 2
    with django_assert_num_queries(5):
        assert len(preflight(token, *two * 50).json()) == 100
    assert preflight(token, *two * 51).status_code == 400
    assert preflight(token).status_code == 400


def test_a_job_asks_for_moved_projects_by_their_former_paths(
    cast: Cast, secret: Project, django_assert_num_queries: Any
) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    token, hidden_path = cast.job_token(), secret.full_path
    for project in (cast.library, secret):
        move_project(project, by=cast.owner, path="renamed")
    body = preflight(token, ("ACME/library", "read_packages"), ("acme/library", "push_code")).json()
    by_id = preflight(token, (cast.library.pk, "read_packages"), (cast.library.pk, "push_code")).json()
    answers = [[(row["allowed"], row["status"], row["message"]) for row in rows] for rows in (body, by_id)]
    assert answers[0] == answers[1]
    assert [row["allowed"] for row in body] == [True, False]
    rows = []
    for path in ("acme/library", hidden_path, "far/nothing"):
        with django_assert_num_queries(4):
            rows += preflight(token, (path, "read_packages")).json()
    with django_assert_num_queries(4):
        preflight(token, *[("acme/library", "read_packages"), (hidden_path, "read_code"), ("a/b", "read_jobs")] * 30)
    hidden, absent = ({**row, "project": "", "access_reason": len(row["access_reason"])} for row in rows[1:])
    assert (rows[0]["allowed"], hidden) == (True, absent)


def test_preflight_is_for_running_jobs(cast: Cast, api: Any) -> None:
    one = ("acme/app", "download_code")
    assert preflight(cast.job_token(status="success"), one).status_code == 401
    assert api(cast.maintainer).post(PREFLIGHT, {"requests": []}).status_code == 404
    assert preflight(cast.job_token(), ("acme/app", "fly")).status_code == 400
    strange = preflight(
        cast.job_token(), ("x" * 1024, "read_packages"), ("9" * 40, "read_packages"), ("ä/\0", "read_jobs")
    )
    assert strange.status_code in {200, 400}


def test_who_asks_for_a_permission_learns_the_actions_that_it_is_for(cast: Cast) -> None:
    body = preflight(cast.job_token(), ("acme/library", "admin_releases"))
    assert body.status_code == 400
    assert "'admin_releases' is a permission, not an action; it is for manage_releases" in body.json()["error"]


def form(**more: str) -> str:
    asked = {"source": "acme/app", "target": "acme/library", "action": "read_packages", **more}
    return f"{RULES}/explain?{urlencode(asked)}"


def test_the_page_answers_with_steps_and_the_button_that_mends_it(cast: Cast, page: Client) -> None:
    shown = text(page.get(f"{RULES}/explain"))
    assert "May a job do it?" in shown
    answer = page.get(form(username="developer"))
    assert "Refused" in text(answer)
    assert "Add acme/app to the list of acme/library" in text(answer)
    remedy = answer.context["explanation"].remedy
    page.post(remedy.url, remedy.fields)
    assert "The allowlist entry that applies" in text(page.get(form(username="developer")))


def test_below_ceilings_the_button_adds_to_the_uppermost_list_that_leaves_the_source_out(
    cast: Cast, browser: Any
) -> None:
    far = projects.project("source", group=projects.group("far"))
    inner = projects.group("inner", parent=cast.acme)
    target = projects.project("target", group=inner)
    projects.members({cast.owner: Role.OWNER}, far)
    for group in (cast.acme, inner):
        services.change_group_rule(group, by=cast.admin, has_ceiling=True)
    page = browser(cast.owner)
    asked = {"source": far.full_path, "target": target.full_path, "action": "read_packages"}
    address = f"/{target.full_path}/-/settings/ci_cd/token_access/explain?{urlencode(asked)}"
    for is_listed in (False, True):
        answer = page.get(address)
        assert "Add far/source to the list of acme </button>" in text(answer)
        if not is_listed:
            services.add_entry(target, far, by=cast.owner)
    remedy = answer.context["explanation"].remedy
    page.post(remedy.url, remedy.fields)
    assert page.get(address).context["explanation"].allowed


def test_the_button_is_only_for_who_may_press_it(cast: Cast, browser: Any) -> None:
    mine = projects.project("mine", group=projects.group("mine"), visibility=0)
    projects.members({cast.maintainer: Role.REPORTER}, mine)
    answer = browser(cast.maintainer).get(form(source="mine/mine"))
    assert "Refused" in text(answer)
    assert answer.context["explanation"].remedy is None


def test_an_entry_that_grants_too_little_leads_to_its_permissions(cast: Cast, page: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_jobs"])
    assert "Change the permissions of acme/app" in text(page.get(form()))


def test_the_outbound_list_of_the_source_is_mended_there(cast: Cast, page: Client) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.limit_access(cast.app, by=cast.owner, outbound=True)
    remedy = page.get(form()).context["explanation"].remedy
    assert page.post(remedy.url, remedy.fields).status_code == 302
    assert page.get(form()).context["explanation"].allowed


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"source": "no/such"}, "no such project that you can see"),
        ({"username": "nobody"}, "nobody of that name"),
        ({"action": "fly"}, "fly"),
        ({"target": "x\0"}, "null characters"),
    ],
)
def test_the_form_says_what_is_wrong(cast: Cast, page: Client, wrong: dict[str, str], error: str) -> None:
    assert error in text(page.get(form(**wrong))).lower()


def test_the_page_of_a_refusal_has_the_button_that_adds_an_entry(cast: Cast, page: Client) -> None:
    refused = Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages/generic/a/1/f")
    reason = f"/-/access_reasons/{refused['X-Access-Reason']}"
    assert "Add acme/app to the list of acme/library" in text(page.get(reason))
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert "to the list of acme/library" not in text(page.get(reason))


def test_the_lists_of_refusals_lead_to_their_page(cast: Cast, page: Client) -> None:
    Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages/generic/a/1/f")
    job = Job.objects.get()
    for address in (f"{RULES}/refusals", "/acme/app/-/settings/ci_cd/token_access/refusals?where=elsewhere",
                    f"/acme/app/-/jobs/{job.pk}"):  # fmt: skip
        found = re.search(r'href="(/-/access_reasons/[^"]+)"', page.get(address).content.decode())
        assert found, address
        assert "Add acme/app to the list of acme/library" in text(page.get(found[1]))


def test_the_answer_has_the_target_s_mode_for_its_maintainers_alone(cast: Cast, api: Any, browser: Any) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    assert ask(api, cast.maintainer).json()["mode"] == "trial"
    projects.member(cast.outsider, cast.app, Role.MAINTAINER)
    projects.member(cast.outsider, cast.library, Role.GUEST)
    reply = ask(api, cast.outsider).json()
    assert (reply["mode"], reply["entry"], reply["nearest_entry"]) == (None, None, None)
    asked = {"source": "acme/app", "target": "acme/library", "action": "read_packages"}
    shown = text(
        browser(cast.maintainer).get(f"/acme/library/-/settings/ci_cd/token_access/explain?{urlencode(asked)}")
    )
    assert 'The limit of the target: <span class="tag' in shown
    services.set_feature_switch("ci_scoped_job_token", active=False, by=None)
    assert ask(api, cast.maintainer).json()["mode"] == "off"


def test_the_nearest_entry_is_none_that_the_reader_may_not_see(cast: Cast, api: Any) -> None:
    inner = projects.group("inner", parent=cast.acme, by=cast.owner, visibility=0)
    hidden = projects.project("hidden", group=inner, by=cast.owner)
    services.add_entry(cast.library, hidden, by=cast.owner)
    assert ask(api, cast.owner).json()["nearest_entry"] == "acme/inner/hidden"
    assert ask(api, cast.maintainer).json()["nearest_entry"] is None
