"""`sudo`: administrators' tokens with that scope act as another person, and nobody else's do."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects.models import Project
from tests.factories.cast import Cast
from tests.factories.people import token_for


@pytest.fixture
def secret(cast: Cast) -> str:
    return token_for(cast.admin, ("api", "sudo"))


def test_an_administrator_acts_as_another_by_header_and_by_parameter(cast: Cast, api: Any, secret: str):
    assert api(token=secret, Sudo="Guest").get("/user").json()["username"] == "guest"
    assert api(token=secret).get(f"/user?sudo={cast.guest.pk}").json()["username"] == "guest"
    assert api(token=secret).get("/user").json()["username"] == "admin"


def test_an_administrator_in_sudo_may_do_what_that_person_may_and_no_more(cast: Cast, api: Any, secret: str):
    outsider = api(token=secret, Sudo="outsider")
    assert cast.outsider
    assert outsider.get(f"/projects/{cast.library.pk}").status_code == 404
    assert outsider.post(f"/users/{cast.guest.pk}/block").status_code == 403
    assert "is_admin" not in outsider.get("/user").json()
    reading = api(token=token_for(cast.admin, ("read_api", "sudo")), Sudo="owner")
    assert reading.delete(f"/projects/{cast.library.pk}").status_code == 403


def test_what_is_done_is_recorded_with_both_names(cast: Cast, api: Any, secret: str):
    made = api(token=secret, Sudo="owner").post("/projects", {"name": "made"})
    assert Project.objects.get(pk=made.json()["id"]).creator == cast.owner
    event = AuditEvent.objects.get(event="project_created", target_id=made.json()["id"])
    assert (event.actor_name, event.details["sudo_by"]) == ("owner", "admin")
    api(token=secret, Sudo="owner").get("/user")
    assert [event.message for event in AuditEvent.objects.filter(event="sudo_used")] == ["admin acts as owner"]
    api(token=secret).post("/projects", {"name": "own", "namespace_id": cast.acme.pk})
    assert "sudo_by" not in AuditEvent.objects.filter(event="project_created").latest("pk").details


def test_nobody_else_acts_as_another(cast: Cast, api: Any, secret: str):
    def ask(**who: Any) -> tuple[int, Any]:
        answer = api(**who, Sudo="owner").get("/user")
        return answer.status_code, answer.json()

    forbidden = {"message": "403 Forbidden - Must be admin to use sudo"}
    assert ask(token=token_for(cast.developer, ("api", "sudo"))) == (403, forbidden)
    status, body = ask(token=token_for(cast.admin))
    assert (status, body["error"], body["scope"]) == (403, "insufficient_scope", "sudo")
    assert ask() == (401, {"message": "401 Unauthorized"})
    assert ask(token="glpat-wrong")[0] == 401
    assert api(job=cast.job_token(), Sudo="owner").get("/projects").status_code in {400, 401}
    missing = api(token=secret, Sudo="nobody-here").get("/user")
    assert (missing.status_code, missing.json()) == (
        404, {"message": "404 User with ID or username 'nobody-here' Not Found"},
    )  # fmt: skip
    body_only = api(token=secret).post("/projects", {"name": "made", "sudo": "owner"})
    assert body_only.json() == {"error": "sudo is not supported"}


def test_a_blocked_administrator_and_a_blocked_person_do_nothing(cast: Cast, api: Any, secret: str):
    cast.guest.is_active = False
    cast.guest.save()
    assert api(token=secret, Sudo="guest").get("/projects").status_code == 403
    cast.admin.is_active = False
    cast.admin.save()
    assert api(token=secret, Sudo="owner").get("/projects").status_code == 403
    assert not AuditEvent.objects.filter(event="sudo_used", target_path="owner").exists()


def test_access_tokens_of_projects_have_no_such_scope(cast: Cast, api: Any):
    asked = {"name": "bot", "scopes": ["api", "sudo"]}
    assert api(cast.maintainer).post(f"/projects/{cast.library.pk}/access_tokens", asked).status_code == 400
