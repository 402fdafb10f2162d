"""`manage.py token_access`, as whoever runs the instance types it."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, InstanceSettings


def run(*words: str) -> str:
    out = StringIO()
    call_command("token_access", *words, stdout=out)
    return out.getvalue()


def test_the_command_shows_the_state_of_the_instance(db: None) -> None:
    shown = run("show")
    assert "Feature switch ci_scoped_job_token: on" in shown
    assert "Inbound limit kept on for every project: off" in shown
    assert "Entries per list: 200" in shown


def test_the_command_sets_the_switch_and_the_enforcement(db: None) -> None:
    run("switch", "off")
    assert not is_switch_on()
    run("switch", "on")
    assert is_switch_on()
    run("enforce", "on")
    assert InstanceSettings.current().enforce_inbound
    assert set(AuditEvent.objects.values_list("actor_name", flat=True)) == {"system"}


def test_the_command_limits_one_project(cast: Cast) -> None:
    assert "acme/library: inbound off, outbound on" in run(
        "limit", "acme/Library", "--inbound", "off", "--outbound", "on"
    )
    assert not settings_of(cast.library).limits_inbound
    run("limit", str(cast.library.pk), "--inbound", "on")
    assert settings_of(cast.library).limits_inbound


@pytest.mark.one_case
@pytest.mark.parametrize(
    "words",
    [
        ["limit", "acme/none", "--inbound", "on"],
        ["limit", "9" * 30, "--inbound", "on"],
        ["limit", "acme/library"],
        ["switch", "perhaps"],
        ["autopopulate_and_enforce", "--only-project-ids", "1,x"],
        ["autopopulate_and_enforce", "--only-project-ids", "1", "--exclude-project-ids", "2"],
    ],
)
def test_the_command_names_arguments_it_does_not_know(cast: Cast, words: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*words)


def test_the_command_cannot_turn_off_an_enforced_limit(cast: Cast) -> None:
    run("enforce", "on")
    with pytest.raises(CommandError, match="enforced for the instance"):
        run("limit", "acme/library", "--inbound", "off")


def test_the_command_autopopulates_every_list_after_a_preview(cast: Cast) -> None:
    for project in (cast.library, cast.app):
        services.limit_access(project, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app)
    assert "acme/library: acme/app" in run("autopopulate_and_enforce", "--preview")
    assert not AllowlistEntry.objects.exists()
    assert not settings_of(cast.library).limits_inbound
    run("autopopulate_and_enforce", "--exclude-project-ids", str(cast.app.pk))
    assert AllowlistEntry.objects.get().target == cast.app
    assert settings_of(cast.library).limits_inbound
    assert not settings_of(cast.app).limits_inbound
    run("autopopulate_and_enforce", "--only-project-ids", str(cast.app.pk))
    assert settings_of(cast.app).limits_inbound


def test_a_list_that_does_not_fit_keeps_no_other_from_autopopulation(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    services.limit_access(cast.app, by=cast.owner, inbound=False)
    far = projects.project("far", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    for origin in (cast.app, far):
        record_authorization(cast.library, origin)
    services.change_instance_settings(by=None, allowlist_limit=1)
    with pytest.raises(CommandError, match="1 of them"):
        run("autopopulate_and_enforce")
    assert not settings_of(cast.library).limits_inbound
    assert settings_of(cast.app).limits_inbound
