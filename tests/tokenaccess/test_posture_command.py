"""`manage.py posture`: what a pipeline or an administrator's timer calls."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode


def test_the_command_fails_at_a_chosen_severity(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    call_command("posture", "--fail-on", "medium")
    assert "entry_without_end" in capsys.readouterr().out
    TokenAccessSettings.objects.create(project=cast.library, inbound_mode=InboundMode.OPEN)
    with pytest.raises(SystemExit) as ended:
        call_command("posture", "--project", "acme/library", "--fail-on", "high", "--format", "sarif")
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    call_command("posture", "--group", "acme", "--check", "limit_off", "--format", "csv")
    assert capsys.readouterr().out.count("limit_off") == 1
    with pytest.raises(CommandError):
        call_command("posture", "--project", "no/such")
