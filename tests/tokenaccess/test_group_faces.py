"""What a group's Token Access has as a project's has: access reviews, a rules file with its drift, replays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import today
from jobs.models import Job
from projects.models import Group, Project
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.token_access import record_refusal, text
from tests.tokenaccess.test_rules_page import hash_of
from tokenaccess.allowlist import services
from tokenaccess.models import (
    AccessReview,
    AuthorizationRecord,
    GroupAllowlistEntry,
    GroupRule,
    GroupRulesFile,
    JobUse,
    RefusalRecord,
)
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.replay import log
from tokenaccess.replay.group_changes import GroupProposals
from tokenaccess.replay.log import read_inbound
from tokenaccess.replay.replay import replay_change

PAGE = "/groups/acme/-/settings/token_access"
FILE = "version: 1\ngroup: acme\nmode: trial\nlocked: true\ninbound:\n  - project: far/tools\n"


@pytest.fixture
def tools(cast: Cast) -> Project:
    """A project elsewhere, whose jobs the developer starts."""
    made = projects.project("tools", group=projects.group("far", by=cast.owner), by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER}, made)
    return made


@pytest.fixture
def owner(cast: Cast, browser: Any) -> Client:
    return browser(cast.owner)


def test_a_review_walks_through_the_group_s_entries_and_is_signed_off(
    cast: Cast, owner: Client, tools: Project
) -> None:
    kept = services.add_group_entry(cast.acme, tools, by=cast.owner)
    gone = services.add_group_entry(cast.acme, tools.group, by=cast.owner)
    AuthorizationRecord.objects.create(
        accessed_project=cast.library, origin_project=tools, last_authorized_at=timezone.now() - timedelta(days=3)
    )
    owner.post(f"{PAGE}/reviews")
    review = AccessReview.objects.get()
    address = f"{PAGE}/reviews/{review.pk}"
    shown = text(owner.get(address))
    assert "0 of 2 decided" in shown
    assert shown.count("3 days ago") == 2
    owner.post(f"{address}/entries/{kept.pk}", {"decision": "keep", "note": "Builds on it"})
    owner.post(f"{address}/entries/{gone.pk}", {"decision": "remove"})
    assert GroupAllowlistEntry.objects.get().confirmed_at is not None
    assert "The review is signed off." in text(owner.post(f"{address}/sign_off", {"note": "Done"}, follow=True))
    body = owner.get(f"{address}.json").json()
    assert (body["group"], [row["decision"] for row in body["entries"]]) == ("acme", ["keep", "remove"])
    assert "far/tools" in owner.get(f"{address}.csv").content.decode()
    assert "Done" in text(owner.get(f"{PAGE}/reviews"))


def test_reviews_of_a_group_by_rest_are_for_its_maintainers(cast: Cast, api: Any, tools: Project) -> None:
    entry = services.add_group_entry(cast.acme, tools, by=cast.owner)
    base = f"/token_access/groups/{cast.acme.pk}/reviews"
    made = api(cast.owner).post(base)
    body = made.json()
    assert (made.status_code, body["undecided"]) == (201, [entry.pk])
    address = f"{base}/{body['id']}"
    assert api(cast.owner).post(f"{address}/sign_off").status_code == 400
    decided = api(cast.owner).put(f"{address}/entries/{entry.pk}", {"decision": "suspend"}).json()
    assert (decided["undecided"], decided["decisions"][0]["decision"]) == ([], "suspend")
    assert api(cast.owner).post(f"{address}/sign_off", {"note": "ok"}).json()["note"] == "ok"
    assert [row["note"] for row in api(cast.owner).get(base).json()] == ["ok"]
    assert api(cast.owner).get(f"/token_access/projects/{cast.library.pk}/reviews/{body['id']}").status_code == 404
    assert api(cast.developer).post(base).status_code in {403, 404}


def test_the_group_s_file_is_planned_applied_and_tells_drift(
    cast: Cast, owner: Client, api: Any, tools: Project
) -> None:
    planned = text(owner.post(f"{PAGE}/rules_file", {"content": FILE}))
    assert "mode: open → trial" in planned
    assert not GroupAllowlistEntry.objects.exists()
    done = text(owner.post(f"{PAGE}/rules_file", {"content": FILE, "hash": hash_of(planned)}, follow=True))
    assert "3 changes applied." in done
    assert "No drift" in done
    assert "group: acme" in owner.get(f"{PAGE}/rules_file/download").content.decode()
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED)
    assert "mode: trial → enforced" in text(owner.get(f"{PAGE}/rules_file"))
    assert "A rules file manages these settings, and 1 thing was changed past it since" in text(owner.get(PAGE))
    base = f"/token_access/groups/{cast.acme.pk}/rules"
    managed = api(cast.owner).get(base).json()["managed"]
    assert [change["what"] for change in managed["drift"]] == ["mode"]
    assert managed["since"] is not None
    kept = api(cast.owner).post(f"{base}/export", {"content": f"# Ours\n{FILE}"}).json()["content"]
    assert kept.startswith("# Ours\nversion: 1\ngroup: acme\nmode: enforced")
    assert api(cast.owner).delete(base).status_code == 204
    assert api(cast.owner).delete(base).status_code == 404
    assert not GroupRulesFile.objects.exists()
    owner.post(f"{PAGE}/rules_file/release")
    assert "Managed by a file" not in text(owner.get(f"{PAGE}/rules_file"))


def finish_job_that_used(cast: Cast, source: Project, *targets: Project, name: str = "read_packages") -> Job:
    job = jobs.job(source, cast.developer, "success")
    JobUse.objects.bulk_create(JobUse(job=job, project=target, name=name) for target in targets)
    return job


def test_a_replay_tells_what_a_group_s_rule_would_have_refused_in_all_projects_below(
    cast: Cast, owner: Client, api: Any, tools: Project
) -> None:
    for project in (cast.library, cast.app):
        services.set_inbound_mode(project, InboundMode.OPEN, by=cast.admin)
    finish_job_that_used(cast, tools, cast.library, cast.app)
    address = f"/token_access/groups/{cast.acme.pk}/replay"
    body = api(cast.owner).post(address, {"change": "mode", "mode": "enforced"}).json()
    (row,) = body["refused"]
    assert (row["project_path"], row["targets"], row["count"], row["names"]) == ("far/tools", 2, 1, ["read_packages"])
    assert (body["admitted"], body["is_cut"]) == ([], False)
    shown = text(owner.post(f"{PAGE}/replay", {"change": "enforced", "path": "", "days": "30"}))
    assert "far/tools" in shown
    assert "in 2 projects" in shown
    lock = api(cast.owner).post(address, {"change": "lock", "locked": True}).json()
    assert (lock["refused"], lock["admitted"]) == ([], [])
    assert not GroupRule.objects.exists()


def test_a_replay_of_a_group_s_list_and_ceiling(cast: Cast, owner: Client, api: Any, tools: Project) -> None:
    services.add_entry(cast.library, tools, by=cast.admin)
    finish_job_that_used(cast, tools, cast.library)
    address = f"/token_access/groups/{cast.acme.pk}/replay"

    def ask(**change: Any) -> list[str]:
        body = api(cast.owner).post(address, change).json()
        return [row["project_path"] for row in body["refused"]]

    assert ask(change="ceiling", ceiling=True) == ["far/tools"]
    entry = services.add_group_entry(cast.acme, tools, by=cast.owner)
    assert ask(change="ceiling", ceiling=True) == []
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    for change in ("remove", "end"):
        assert ask(change=change, target="far/tools") == ["far/tools"]
    assert ask(change="permissions", target="far/tools", permissions=["read_jobs"]) == ["far/tools"]
    assert ask(change="rules", content="version: 1\ngroup: acme\ninbound: []\n") == ["far/tools"]
    assert ask(change="none") == []
    assert "far/tools" in text(owner.post(f"{PAGE}/replay", {"change": "remove", "entry": entry.pk}))
    elsewhere = {"change": "entry", "entry": entry.pk, "permissions": "default", "branches": "release/*"}
    assert "far/tools" in text(owner.post(f"{PAGE}/replay", elsewhere))
    assert "far/tools" not in text(owner.post(f"{PAGE}/replay", {**elsewhere, "branches": "main"}))
    missing = api(cast.owner).post(address, {"change": "ceiling"})
    assert (missing.status_code, missing.json()) == (400, {"error": "ceiling is missing"})
    assert api(cast.owner).post(address, {"change": "outbound_limit"}).status_code == 400
    assert api(cast.developer).post(address, {"change": "none"}).status_code in {403, 404}


def test_a_replay_below_a_group_takes_the_same_statements_however_much_there_is(
    cast: Cast, tools: Project, django_assert_max_num_queries: Any
) -> None:
    inner: Group = projects.group("inner", parent=cast.acme, by=cast.owner)
    below = [projects.project(f"p{number}", group=inner, by=cast.owner) for number in range(4)]
    for project in below:
        services.set_inbound_mode(project, InboundMode.OPEN, by=cast.admin)
        projects.members({cast.developer: Role.DEVELOPER}, project)
    finish_job_that_used(cast, tools, *below)
    change = GroupProposals(cast.acme, cast.owner).set_mode(InboundMode.ENFORCED)
    with django_assert_max_num_queries(26):
        found = replay_change(cast.acme, change, reader=cast.owner)
    assert [(row.path, row.target_count) for row in found.refused] == [("far/tools", 4)]


def test_a_replay_below_a_group_looks_at_the_newest_of_its_log(
    cast: Cast, tools: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = timezone.now() - timedelta(days=30)
    leaving = projects.project("leaving", group=tools.group, by=cast.owner)
    started = [finish_job_that_used(cast, source, cast.library).pk for source in (tools, leaving, cast.library, tools)]
    refused = [
        record_refusal(cast.library, source, sentence=f"No. {number}").pk
        for number, source in enumerate((tools, leaving, cast.library, tools))
    ]
    Project.objects.filter(pk=leaving.pk).update(pending_deletion=True)
    whole = read_inbound(cast.acme, since)
    logged = [(row.kind, row.other) for row in whole.rows]
    assert not whole.is_cut
    assert logged == [("use", tools.pk)] * 2 + [("refusal", tools.pk)] * 2
    monkeypatch.setattr(log, "MAX_LOOKED_AT", 3)
    newest = read_inbound(cast.acme, since)
    logged = [(row.kind, row.job_id) for row in newest.rows]
    assert newest.is_cut
    assert not read_inbound(cast.acme, timezone.now() + timedelta(hours=1)).is_cut, "all that is left out is older"
    assert logged == [("use", started[-1]), ("refusal", 7)]
    RefusalRecord.objects.filter(pk=refused[-1]).delete()
    assert ("refusal", 7) in [(row.kind, row.job_id) for row in read_inbound(cast.acme, since).rows]


def test_a_group_without_entries_is_due_for_no_review(cast: Cast, owner: Client, tools: Project) -> None:
    services.change_instance_settings(by=cast.admin, access_review_days=30)
    assert "is due " not in text(owner.get(f"{PAGE}/reviews"))
    services.add_group_entry(cast.acme, tools, by=cast.owner)
    assert f'title="{today() + timedelta(days=30)} UTC"' in text(owner.get(f"{PAGE}/reviews"))
