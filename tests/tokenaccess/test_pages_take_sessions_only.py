"""Pages are for people with a browser: no token of any kind opens one."""

from __future__ import annotations

from django.test import Client, RequestFactory

from tests.factories.cast import Cast
from tests.factories.people import token_for
from tokenaccess.adapters.pages import requires
from tokenaccess.policy import Action


@requires(Action.READ_PACKAGES)
def page(request, project_path):
    raise AssertionError("the page was opened")


def test_a_job_token_does_not_open_a_page(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/acme/app/-/packages", headers={"JOB-TOKEN": cast.job_token()})
    request.user = Client().request().wsgi_request.user
    assert page(request, project_path="acme/app").status_code == 302


def test_a_personal_token_does_not_open_a_page(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/acme/app/-/packages", headers={"PRIVATE-TOKEN": token_for(cast.owner)})
    request.user = Client().request().wsgi_request.user
    assert page(request, project_path="acme/app").status_code == 302
