"""Pages of CI variables."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import CiVariable
from jobs.variables.services import create_variable
from tests.factories.cast import Cast

PAGES = {
    "project": ("/acme/app/-/settings/ci_cd/variables", "maintainer"),
    "group": ("/groups/acme/-/variables", "owner"),
    "instance": ("/-/variables", "admin"),
}
FORM = {"key": "KEY", "value": "s3cret-value", "variable_type": "env_var", "environment_scope": "*", "expanded": "on"}


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("where", PAGES)
def test_a_variable_is_added_changed_and_deleted(cast: Cast, where: str) -> None:
    address, who = PAGES[where]
    client = browser(getattr(cast, who))
    assert "No variables yet" in text(client.get(address))
    assert client.get(f"{address}/new").status_code == 200
    assert client.post(f"{address}/new", FORM)["Location"] == address
    kept = CiVariable.objects.get()
    assert (kept.value, kept.raw) == ("s3cret-value", False)
    assert "KEY" in text(client.get(address))
    assert "s3cret-value" not in text(client.get(address))
    assert "s3cret-value" in text(client.get(f"{address}/{kept.pk}"))
    changed = client.post(f"{address}/{kept.pk}", {**FORM, "value": "line\r\nline", "variable_type": "file"})
    assert changed["Location"] == address
    kept.refresh_from_db()
    assert (kept.value, kept.variable_type) == ("line\nline", "file")
    assert "Delete the variable KEY?" in text(client.get(f"{address}/{kept.pk}/delete"))
    assert client.post(f"{address}/{kept.pk}/delete")["Location"] == address
    assert not CiVariable.objects.exists()


def test_a_masked_value_is_not_shown_and_stays_when_left_empty(cast: Cast) -> None:
    client, address = browser(cast.maintainer), PAGES["project"][0]
    client.post(f"{address}/new", {**FORM, "masked": "on"})
    kept = CiVariable.objects.get()
    assert "s3cret-value" not in text(client.get(f"{address}/{kept.pk}"))
    client.post(f"{address}/{kept.pk}", {**FORM, "value": "", "masked": "on", "protected": "on"})
    kept.refresh_from_db()
    assert (kept.value, kept.protected) == ("s3cret-value", True)


def test_what_is_refused_is_shown_at_its_field(cast: Cast) -> None:
    client, address = browser(cast.maintainer), PAGES["project"][0]
    for wrong in ({"masked": "on", "value": "short"}, {"key": "with space"}, {"key": ""}, {"value": "\0"}):
        answer = client.post(f"{address}/new", {**FORM, **wrong})
        assert answer.status_code == 422
        assert "is-invalid" in text(answer)
    assert not CiVariable.objects.exists()


def test_variables_from_above_are_listed_without_a_way_to_change_them(cast: Cast) -> None:
    create_variable(key="FROM_GROUP", value="x", by=cast.owner, group=cast.acme)
    create_variable(key="FROM_INSTANCE", value="x", by=cast.owner)
    shown = text(browser(cast.maintainer).get(PAGES["project"][0]))
    assert "FROM_GROUP" in shown
    assert "FROM_INSTANCE" in shown
    assert "Inherited variables" in shown


def test_a_variable_of_another_place_is_not_found(cast: Cast) -> None:
    other = create_variable(key="KEY", value="x", by=cast.owner, project=cast.library)
    client, address = browser(cast.maintainer), PAGES["project"][0]
    assert client.get(f"{address}/{other.pk}").status_code == 404
    assert client.post(f"{address}/{other.pk}/delete").status_code == 404


def test_developers_and_strangers_do_not_come_in(cast: Cast) -> None:
    address = PAGES["project"][0]
    assert browser(cast.developer).get(address).status_code == 403
    assert browser(cast.outsider).get(address).status_code == 404
    assert browser(cast.maintainer).get(PAGES["group"][0]).status_code == 403
    assert browser(cast.owner).get(PAGES["instance"][0]).status_code == 403


def test_the_list_tells_which_are_raw(cast: Cast) -> None:
    create_variable(project=cast.app, by=cast.maintainer, key="A", value="$B", raw=True)
    shown = text(browser(cast.maintainer).get("/acme/app/-/settings/ci_cd/variables"))
    assert "Raw" in shown
    assert '<span class="soft">none</span>' not in shown
