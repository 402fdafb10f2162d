"""Rules as code: a YAML file that is planned, applied and exported."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from jsonschema_rs import Draft202012Validator

from api.rest import moment
from audit.models import AuditEvent
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, RulesFile
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.reader import read_document
from tokenaccess.rules_file.schema import json_schema

FILE = """\
# Owned by the platform team.
version: 1
project: acme/library
mode: trial   # until everybody is listed
outbound_limit: true
pushes:
  own_jobs: true
inbound:
  # The application.
  - project: acme/app
    permissions: [read_packages, read_repositories]
outbound:
  - project: acme/app
"""


@pytest.fixture
def rules(cast: Cast) -> str:
    return f"/token_access/projects/{cast.library.pk}/rules"


def apply(speak: Any, rules: str, content: str) -> Any:
    plan = speak.post(f"{rules}/plan", {"content": content}).json()
    return speak.post(f"{rules}/apply", {"content": content, "hash": plan["hash"]})


def test_a_plan_says_what_a_file_would_change_and_applying_it_does_that(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    plan = speak.post(f"{rules}/plan", {"content": FILE}).json()
    assert (plan["added"], plan["changed"], plan["removed"], plan["refused"]) == (2, 3, 0, [])
    assert [change["words"] for change in plan["changes"]] == [
        "mode: enforced → trial",
        "outbound_limit: false → true",
        "pushes.own_jobs: false → true",
        "project acme/app is added to the inbound list: read_packages, read_repositories",
        "project acme/app is added to the outbound list: the permissions of the user's role",
    ]
    assert not AllowlistEntry.objects.exists()
    assert speak.post(f"{rules}/apply", {"content": FILE, "hash": plan["hash"]}).status_code == 200
    settings = settings_of(cast.library)
    assert (settings.inbound_mode, settings.limits_outbound, settings.takes_job_pushes) == (
        InboundMode.TRIAL,
        True,
        True,
    )
    entry = AllowlistEntry.objects.inbound().get()
    assert (entry.target, entry.permissions, entry.added_by) == (
        cast.app, ["read_packages", "read_repositories"], cast.maintainer
    )  # fmt: skip
    events = set(AuditEvent.objects.of_project(cast.library.pk).values_list("event", flat=True))
    assert {"secure_ci_job_token_project_added", "secure_ci_job_token_rules_applied"} <= events
    assert speak.post(f"{rules}/plan", {"content": FILE}).json()["changes"] == []


def test_what_a_file_leaves_out_stays_and_what_a_list_leaves_out_goes(cast: Cast, rules: str, api: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    speak = api(cast.owner)
    assert apply(speak, rules, "version: 1\nproject: acme/library\n").json()["changes"] == []
    only_group = "version: 1\nproject: ACME/library\ninbound:\n  - group: acme\n    permissions: []\n"
    changes = apply(speak, rules, only_group).json()["changes"]
    assert [(change["verb"], change["kind"], change["path"]) for change in changes] == [
        ("remove", "project", "acme/app"),
        ("change", "group", "acme"),
    ]
    entry = AllowlistEntry.objects.get()
    assert (entry.target, entry.default_permissions, entry.permissions) == (cast.acme, False, [])


def test_a_plan_that_is_out_of_date_is_not_applied(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    plan = speak.post(f"{rules}/plan", {"content": FILE}).json()["hash"]
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    assert speak.post(f"{rules}/apply", {"content": FILE, "hash": plan}).status_code == 409
    fresh = speak.post(f"{rules}/plan", {"content": FILE}).json()["hash"]
    other = FILE.replace("read_packages", "admin_packages")
    assert speak.post(f"{rules}/apply", {"content": other, "hash": fresh}).status_code == 409
    assert not AllowlistEntry.objects.exists()


def test_a_file_is_applied_as_a_whole_or_not_at_all(cast: Cast, rules: str, api: Any) -> None:
    other = projects.project("other", group=cast.acme, by=cast.owner)
    projects.members({cast.maintainer: Role.REPORTER}, other)
    content = FILE.replace("outbound:\n", "  - project: acme/other\noutbound:\n")
    speak = api(cast.maintainer)
    plan = speak.post(f"{rules}/plan", {"content": content}).json()
    assert plan["refused"] == ["acme/other"]
    answer = speak.post(f"{rules}/apply", {"content": content, "hash": plan["hash"]})
    assert answer.status_code == 403
    assert "acme/other" in answer.json()["message"]
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED
    assert not AllowlistEntry.objects.exists()
    assert not RulesFile.objects.exists()


def test_the_instance_keeps_its_say(cast: Cast, rules: str, api: Any) -> None:
    services.change_instance_settings(by=None, enforce_inbound=True)
    assert apply(api(cast.maintainer), rules, FILE).status_code == 400
    assert not AllowlistEntry.objects.exists()


def test_hidden_entries_are_kept_and_never_named(cast: Cast, rules: str, api: Any, secret: Project) -> None:
    services.add_entry(cast.library, secret, by=None)
    speak = api(cast.maintainer)
    shown = speak.get(rules)
    assert (shown.json()["hidden"], "secret" in shown.content.decode()) == (1, False)
    plan = apply(speak, rules, FILE)
    assert (plan.json()["hidden"], "secret" in plan.content.decode()) == (1, False)
    assert AllowlistEntry.objects.inbound().count() == 2
    hidden, absent = (
        speak.post(f"{rules}/plan", {"content": FILE.replace("acme/app", path, 1)})
        for path in (secret.full_path, "far/nothing")
    )
    assert (hidden.status_code, absent.status_code) == (422, 422)
    assert hidden.json() == {"message": "line 10: there is no project far/secret that you can see.", "line": 10}
    assert absent.json()["message"].replace("nothing", "secret") == hidden.json()["message"]
    services.remove_entry(cast.library, secret, by=None)
    drift = speak.get(rules)
    assert [row["words"] for row in drift.json()["managed"]["drift"]] == [
        "something that you cannot see is removed from the inbound list"
    ]
    assert "far/secret" not in drift.content.decode()


TERMS = """\
version: 1
project: acme/library
inbound:
  - project: acme/app
    reason: Nightly build
    owner: developer
    expires_at: 2099-01-31
    conditions:
      protected_refs: true
      branches: [main, release/*]
"""


def test_the_terms_of_an_entry_are_part_of_the_file(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    said = "reason: Nightly build; owner: developer; expires_at: 2099-01-31; "
    plan = apply(speak, rules, TERMS).json()
    assert said + "conditions: protected_refs, branches main release/*" in plan["changes"][0]["words"]
    entry = AllowlistEntry.objects.get()
    assert (entry.reason, entry.owner, entry.expires_at) == ("Nightly build", cast.developer, date(2099, 1, 31))
    assert entry.conditions == {"protected_refs": True, "branches": ["main", "release/*"]}
    assert speak.post(f"{rules}/export", {"content": TERMS}).json()["content"] == TERMS
    shown = speak.get(rules).json()
    assert "expires_at: 2099-01-31\n" in shown["content"]
    assert Draft202012Validator(json_schema()).is_valid(shown["rules"])
    assert speak.post(f"{rules}/plan", {"content": shown["content"]}).json()["changes"] == []
    less = TERMS.replace("    reason: Nightly build\n", "").replace("      protected_refs: true\n", "")
    changes = apply(speak, rules, less.replace("owner: developer", "owner: DEVELOPER")).json()["changes"]
    assert [change["verb"] for change in changes] == ["change"]
    entry.refresh_from_db()
    assert (entry.reason, entry.conditions) == ("", {"branches": ["main", "release/*"]})


def test_widening_the_terms_takes_the_rights_of_adding(cast: Cast, rules: str, api: Any) -> None:
    other = projects.project("other", group=cast.acme, by=cast.owner)
    projects.members({cast.maintainer: Role.REPORTER}, other)
    content = TERMS.replace("acme/app", "acme/other")
    apply(api(cast.owner), rules, content)
    speak = api(cast.maintainer)
    for later, refused in (("2099-02-01", ["acme/other"]), ("2098-01-01", [])):
        plan = speak.post(f"{rules}/plan", {"content": content.replace("2099-01-31", later)}).json()
        assert plan["refused"] == refused
    wider = speak.post(f"{rules}/plan", {"content": content.replace(", release/*", ", release/*, x")}).json()
    assert wider["refused"] == ["acme/other"]


def test_what_is_changed_past_the_file_is_drift(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    assert speak.get(rules).json()["managed"] is None
    assert speak.delete(rules).status_code == 404
    apply(speak, rules, FILE)
    managed = speak.get(rules).json()["managed"]
    assert (managed["applied_by"], managed["drift"], managed["since"]) == ("maintainer", [], None)
    services.remove_entry(cast.library, cast.app, by=cast.owner)
    managed = speak.get(rules).json()["managed"]
    assert [(row["verb"], row["path"]) for row in managed["drift"]] == [("remove", "acme/app")]
    at = AuditEvent.objects.filter(event="secure_ci_job_token_project_removed").get().at
    assert managed["since"] == moment(at)
    services.add_entry(
        cast.library, cast.app, by=cast.owner, default_permissions=False,
        permissions=["read_packages", "read_repositories"],
    )  # fmt: skip
    assert speak.get(rules).json()["managed"]["drift"] == []
    assert speak.delete(rules).status_code == 204
    assert speak.get(rules).json()["managed"] is None


def test_an_export_is_applied_without_a_change(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    apply(speak, rules, FILE)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    shown = speak.get(rules).json()
    assert speak.post(f"{rules}/plan", {"content": shown["content"]}).json()["changes"] == []
    assert yaml.safe_load(shown["content"]) == shown["rules"]
    assert Draft202012Validator(json_schema()).is_valid(shown["rules"])


def test_an_export_onto_a_file_keeps_its_comments(cast: Cast, rules: str, api: Any) -> None:
    speak = api(cast.maintainer)
    apply(speak, rules, FILE)
    assert speak.post(f"{rules}/export", {"content": FILE}).json()["content"] == FILE
    services.set_inbound_mode(cast.library, InboundMode.ENFORCED, by=cast.owner)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    services.set_permissions(
        cast.library, cast.app, default_permissions=False, permissions=["read_packages"], by=cast.owner
    )
    changed = speak.post(f"{rules}/export", {"content": FILE}).json()["content"]
    assert changed == FILE.replace("mode: trial   #", "mode: enforced #").replace(", read_repositories", "").replace(
        "outbound:\n", "  - group: acme\noutbound:\n"
    )
    services.remove_entry(cast.library, cast.app, by=cast.owner)
    shorter = speak.post(f"{rules}/export", {"content": changed}).json()["content"]
    assert read_document(shorter).inbound is not None
    assert "# Owned by the platform team." in shorter


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("", "the file is empty"),
        ("- 1", "this must be a mapping (key: value)"),
        ("version: 1", "line 1: project is missing"),
        ("version: 2\nproject: a/b", "line 1: version must be 1"),
        ("version: 1\nproject: a/b\nmod: open", 'line 3: unknown key "mod"; did you mean mode?'),
        ("version: 1\nproject: a/b\nmode: shut", "line 3: mode must be one of: open, trial, enforced"),
        ("version: 1\nproject: a/b\nmode: open\nmode: trial", "line 4: mode is there twice"),
        ("version: 1\nproject: a/b\noutbound_limit: 'true'", "line 3: this must be true or false"),
        ("version: 1\nproject: a/b\npushes: {own_job: true}", 'line 3: unknown key "own_job"; did you mean own_jobs?'),
        ("version: 1\nproject: a/b\ninbound:", "line 3: this must be a list of entries; [] for none"),
        ("version: 1\nproject: a/b\ninbound:\n- permissions: default", "line 4: an entry names one project or group"),
        ("version: 1\nproject: a/b\ninbound:\n- {project: x/y, group: x}", "line 4: an entry names one"),
        ("version: 1\nproject: a/b\noutbound:\n- {group: x}", 'line 4: unknown key "group"'),
        ("version: 1\nproject: a/b\noutbound:\n- {project: x/y, permissions: []}", "line 4: unknown key"),
        ("version: 1\nproject: a/b\ninbound:\n- {project: x/y}\n- {project: X/Y}", "line 5: X/Y is listed in line 4"),
        (
            "version: 1\nproject: a/b\ninbound:\n- project: x/y\n  permissions: [read_package]",
            'line 5: there is no permission "read_package"; did you mean read_packages?',
        ),
        ("version: 1\nproject: a/b\ninbound:\n- {project: x/y, expires_at: soon}", "line 4: this must be a day"),
        ("version: 1\nproject: a/b\ninbound:\n- {project: x/y, reason: [a]}", "line 4: this must be text"),
        (
            "version: 1\nproject: a/b\ninbound:\n- project: x/y\n  conditions:\n    branch: [a]",
            "line 6: conditions: branch",
        ),
        ("version: 1\nproject: a/b\noutbound:\n- {project: x/y, conditions: {}}", 'line 4: unknown key "conditions"'),
        ("version: 1\nproject: &a a/b", "line 2: anchors and aliases"),
        ("version: 1\nproject: !!str a/b", "line 2: tags"),
        ("version: 1\nproject: [", "this is not valid YAML"),
        ("version: 1\nproject: a/b\x00", "this is not valid YAML"),
        ("version: 1\nproject: a/b\n---\nversion: 1", "line 4: a file holds one document"),
        ("version: 1\ninbound: " + "[" * 20, "nested too deeply"),
        ("[" * 50_000, "this is not valid YAML"),
        ("#" * 300_000, "larger than 256 KiB"),
    ],
)
@pytest.mark.pure
def test_a_wrong_file_is_refused_with_the_line(content: str, error: str) -> None:
    with pytest.raises(RulesFileError) as raised:
        read_document(content)
    assert error in str(raised.value)
    assert not str(raised.value).endswith("?.")


@pytest.mark.pure
@pytest.mark.parametrize("wrong", ["mode: shut", "pushes: {own: true}", "inbound: [{}]", "mod: open", "inbound: 1"])
def test_the_schema_refuses_what_the_reader_refuses(wrong: str) -> None:
    good = yaml.safe_load(FILE)
    schema = Draft202012Validator(json_schema())
    assert schema.is_valid(good)
    assert not schema.is_valid({**good, **yaml.safe_load(wrong)})


def test_the_schema_can_be_downloaded(cast: Cast, api: Any) -> None:
    answer = api(cast.developer).get("/token_access/rules/schema")
    assert (answer["Content-Type"], answer.json()) == ("application/schema+json", json.loads(json.dumps(json_schema())))


def test_a_file_about_another_project_is_refused(cast: Cast, rules: str, api: Any) -> None:
    answer = api(cast.maintainer).post(f"{rules}/plan", {"content": FILE.replace("acme/library", "acme/app", 1)})
    assert (answer.status_code, answer.json()["message"]) == (422, "the file is about acme/app.")


def test_a_plan_takes_as_many_statements_for_many_entries_as_for_two(cast: Cast, rules: str, api: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tokenaccess.rules_file.plan import make_plan

    def statements(content: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            make_plan(cast.library, read_document(content), cast.owner)
        return len(seen)

    paths = [projects.project(f"p{number}", group=cast.acme, by=cast.owner).full_path for number in range(6)]
    lists = [f"version: 1\nproject: acme/library\ninbound: [{{group: acme}}, {named}]" for named in (
        "{project: acme/app}", ", ".join(f"{{project: {path}}}" for path in paths)
    )]  # fmt: skip
    assert statements(lists[0]) == statements(lists[1]) <= 14


def command(*words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("tokenaccess", *words, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


@pytest.mark.one_case
@pytest.mark.parametrize("words", ["2027-02-30", "2027-02-28 25:00:00", "0x_", "a\t# note"])
def test_a_file_whose_comments_cannot_be_kept_is_refused(cast: Cast, rules: str, api: Any, words: str) -> None:
    file = f"version: 1\nproject: acme/library\ninbound:\n  - project: acme/app\n    reason: {words}\n"
    speak = api(cast.maintainer)
    assert speak.post(f"{rules}/plan", {"content": file}).status_code == 200
    answer = speak.post(f"{rules}/export", {"content": file})
    assert (answer.status_code, "cannot be kept" in answer.json()["message"]) == (422, True)


@pytest.mark.parametrize("term", ["reason", "owner"])
def test_a_character_that_no_database_takes_is_refused(cast: Cast, rules: str, api: Any, term: str) -> None:
    file = f'version: 1\nproject: acme/library\ninbound:\n  - project: acme/app\n    {term}: "a\\0b"\n'
    answer = api(cast.maintainer).post(f"{rules}/plan", {"content": file})
    assert (answer.status_code, answer.json()["line"]) == (422, 5)


def test_the_command_says_in_words_that_there_is_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"^\S+missing\.yml: No such file or directory$"):
        command("plan", str(tmp_path / "missing.yml"))


def test_the_command_plans_applies_and_exports(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "library.yml"
    file.write_text(FILE)
    status, shown = command("plan", str(file))
    assert (status, "+ project acme/app is added to the inbound list" in shown) == (2, True)
    plan = shown.split("Plan: ")[1].strip()
    assert json.loads(command("plan", str(file), "--json")[1])["hash"] == plan
    with pytest.raises(CommandError, match="Plan again"):
        command("apply", str(file), "--plan", "0" * 64)
    assert "5 changes applied" in command("apply", str(file), "--plan", plan)[1]
    assert command("plan", str(file))[0] == 0
    services.set_inbound_mode(cast.library, InboundMode.ENFORCED, by=cast.owner)
    status, shown = command("plan", str(file))
    assert (status, "Changed past the file since" in shown) == (2, True)
    command("export", str(file))
    assert file.read_text() == FILE.replace("mode: trial   #", "mode: enforced #")
    command("export", str(tmp_path / "new.yml"), "--project", "acme/library")
    assert command("plan", str(tmp_path / "new.yml"))[0] == 0
    assert command("export", "-", "--project", "acme/library")[1] == (tmp_path / "new.yml").read_text()


def test_the_command_acts_with_a_users_rights(cast: Cast, tmp_path: Path) -> None:
    file = tmp_path / "library.yml"
    file.write_text(FILE)
    plan = json.loads(command("plan", str(file), "--json", "--as", "developer")[1])
    with pytest.raises(CommandError, match="Insufficient permissions"):
        command("apply", str(file), "--plan", plan["hash"], "--as", "developer")
    with pytest.raises(CommandError, match="nobody called nobody"):
        command("plan", str(file), "--as", "nobody")
    file.write_text("version: 1\nproject: acme/none\n")
    with pytest.raises(CommandError, match="There is no project acme/none"):
        command("plan", str(file))
    file.write_text("what: 1\n")
    with pytest.raises(CommandError, match="line 1: unknown key"):
        command("plan", str(file))
