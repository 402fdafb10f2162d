"""Rules as code for a group: what it sets for all projects below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

from projects.models import Group
from projects.services import create_namespace
from tests.factories import projects
from tests.factories.cast import Cast
from tests.tokenaccess.test_rules_file import command
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.group_rules import rule_of
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.schema import json_schema

FILE = """\
# What all of acme has to keep to.
version: 1
group: acme
mode: trial
ceiling: true
locked: true
inbound:
  - project: acme/app
    permissions: [read_packages]
    reason: Builds everything
"""


def test_a_personal_namespace_has_no_file_to_delete(cast: Cast, api: Any) -> None:
    own = create_namespace(cast.owner)
    refused = api(cast.owner).delete(f"/token_access/groups/{own.pk}/rules")
    assert (refused.status_code, refused.json()) == (404, {"message": "404 Group Not Found"})


def test_a_groups_rules_are_planned_applied_and_exported(cast: Cast, api: Any) -> None:
    rules, speak = f"/token_access/groups/{cast.acme.pk}/rules", api(cast.owner)
    plan = speak.post(f"{rules}/plan", {"content": FILE}).json()
    assert [change["words"] for change in plan["changes"]] == [
        "mode: open → trial",
        "ceiling: false → true",
        "locked: false → true",
        "project acme/app is added to the inbound list: read_packages; reason: Builds everything",
    ]
    assert speak.post(f"{rules}/apply", {"content": FILE, "hash": plan["hash"]}).status_code == 200
    rule = rule_of(cast.acme)
    assert (rule.inbound_mode, rule.has_ceiling, rule.is_locked) == (InboundMode.TRIAL, True, True)
    entry = GroupAllowlistEntry.objects.get()
    assert (entry.target, entry.permissions, entry.reason) == (cast.app, ["read_packages"], "Builds everything")
    shown = speak.get(rules).json()
    assert Draft202012Validator(json_schema()).is_valid(shown["rules"])
    assert speak.post(f"{rules}/plan", {"content": shown["content"]}).json()["changes"] == []
    assert speak.post(f"{rules}/apply", {"content": FILE, "hash": plan["hash"]}).status_code == 409
    for changed in (FILE.replace("read_packages", "read_jobs"), FILE.replace("Builds", "Tests")):
        plan = speak.post(f"{rules}/plan", {"content": changed}).json()
        assert [change["verb"] for change in plan["changes"]] == ["change"] * len(plan["changes"])
        assert speak.post(f"{rules}/apply", {"content": changed, "hash": plan["hash"]}).status_code == 200
    assert GroupAllowlistEntry.objects.get().reason == "Tests everything"
    empty = "version: 1\ngroup: acme\ninbound: []\n"
    plan = speak.post(f"{rules}/plan", {"content": empty}).json()
    assert speak.post(f"{rules}/apply", {"content": empty, "hash": plan["hash"]}).json()["removed"] == 1
    wrong = speak.post(f"{rules}/plan", {"content": FILE + "outbound: []\n"}).json()
    assert wrong == {"message": 'line 11: unknown key "outbound"; did you mean inbound?', "line": 11} or wrong["line"]
    assert speak.post(f"{rules}/plan", {"content": FILE.replace("group: acme", "project: acme/app")}).status_code == 422
    assert api(cast.maintainer).post(f"{rules}/plan", {"content": FILE}).status_code in {403, 404}


def test_the_plan_of_a_group_below_a_locked_one_names_the_lock(cast: Cast, api: Any) -> None:
    projects.group("inner", parent=cast.acme, by=cast.owner)
    services.change_group_rule(cast.acme, by=cast.owner, is_locked=True)
    inner = Group.objects.get(path="inner")
    content = FILE.replace("group: acme", "group: acme/inner").replace("mode: trial\n", "mode: enforced\n")
    plan = api(cast.owner).post(f"/token_access/groups/{inner.pk}/rules/plan", {"content": content}).json()
    assert plan["refusals"] == [
        {"name": "acme/app", "reason": "You can't change this because group acme locks it."},
    ]


def test_the_command_takes_the_file_of_a_group(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "acme.yml"
    file.write_text(FILE)
    status, shown = command("plan", str(file))
    assert (status, "acme: 1 to add, 3 to change, 0 to remove" in shown) == (2, True)
    command("apply", str(file), "--plan", shown.split("Plan: ")[1].strip())
    assert command("plan", str(file))[0] == 0
    command("export", str(file))
    assert file.read_text() == FILE
    command("export", str(tmp_path / "new.yml"), "--group", "acme")
    assert command("plan", str(tmp_path / "new.yml"))[0] == 0
