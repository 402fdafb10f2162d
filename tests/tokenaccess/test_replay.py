"""“What would it have changed in the last N days?”"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import User
from jobs.models import Job
from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import record_authorization, record_refusal
from tokenaccess.access.facts import settings_of, starting_job_facts
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, JobUse, RefusalRecord
from tokenaccess.policy import Action, decide
from tokenaccess.policy.levels import InboundMode, Role, Visibility
from tokenaccess.replay.log import read_inbound, read_outbound
from tokenaccess.replay.replay import Change, replay_change


@pytest.fixture
def replay(cast: Cast, api: Any) -> Any:
    """`replay(change="mode", …)` → the answer."""
    return lambda **change: api(cast.maintainer).post(f"/token_access/projects/{cast.library.pk}/replay", change)


def read_releases(cast: Cast, origin: Project | None = None, user: User | None = None) -> int:
    return int(Api(job=cast.job_token(origin, user)).get(f"/projects/{cast.library.pk}/releases").status_code)


def rows(answer: Any, word: str) -> list[tuple[str, str, list[str], int]]:
    return [(row["direction"], row["project_path"], row["names"], row["count"]) for row in answer.json()[word]]


def test_no_change_changes_nothing(cast: Cast, replay: Any) -> None:
    read_releases(cast)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    read_releases(cast)
    answer = replay(change="none").json()
    assert (answer["refused"], answer["admitted"], answer["asked"], answer["unknown"]) == ([], [], 2, 0)


def test_a_replay_takes_the_path_of_a_group_or_of_a_project(cast: Cast, api: Any) -> None:
    assert read_releases(cast) == 404
    owner, path = api(cast.owner), f"/token_access/projects/{cast.library.pk}/replay"
    answer = owner.post(path, {"change": "add", "target": "acme"})
    assert rows(answer, "admitted") == [("inbound", "acme/app", ["read_releases"], 1)]
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    answer = owner.post(path, {"change": "remove", "target": "acme"})
    assert rows(answer, "refused") == [("inbound", "acme/app", ["read_releases"], 1)]
    absent = [owner.post(path, {"change": "add", "target": name}).json() for name in ("far/secret", "no/where")]
    assert absent[0] == absent[1]


def test_removing_an_entry_would_have_refused_its_jobs(cast: Cast, replay: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert [read_releases(cast), read_releases(cast)] == [200, 200]
    before = AuditEvent.objects.count()
    answer = replay(change="remove", target="acme/app")
    assert rows(answer, "refused") == [("inbound", "acme/app", ["read_releases"], 2)]
    assert answer.json()["admitted"] == []
    assert rows(replay(change="end", target="acme/app"), "refused") == rows(answer, "refused")
    assert AllowlistEntry.objects.get().suspended_at is None
    assert AuditEvent.objects.count() == before
    assert rows(replay(change="permissions", target="acme/app", permissions=["read_packages"]), "refused")
    assert not rows(replay(change="permissions", target="acme/app", permissions=["admin_releases"]), "refused")
    assert not rows(replay(change="mode", mode="open"), "refused")


def test_what_is_not_of_the_change_is_an_error(replay: Any) -> None:
    refused = replay(change="end", target="acme/app", permissions=["read_packages"])
    assert (refused.status_code, refused.json()) == (400, {"error": "permissions is not for the change end"})


def test_adding_an_entry_would_have_admitted_what_was_refused(cast: Cast, replay: Any) -> None:
    assert [read_releases(cast), read_releases(cast)] == [404, 404]
    assert rows(replay(change="add", target="acme/app"), "admitted") == [("inbound", "acme/app", ["read_releases"], 2)]
    assert replay(change="add", target="acme", kind="group").status_code == 403
    assert not rows(replay(change="add", target="acme/app", permissions=["read_packages"]), "admitted")
    assert rows(replay(change="mode", mode="trial"), "admitted")
    content = "version: 1\nproject: acme/library\ninbound: [{project: acme/app}]\n"
    assert rows(replay(change="rules", content=content), "admitted")
    assert not AllowlistEntry.objects.exists()
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED


def test_a_person_without_a_role_is_refused_before_and_after(cast: Cast, replay: Any) -> None:
    assert read_releases(cast, user=cast.outsider) == 404
    assert not rows(replay(change="add", target="acme/app"), "admitted")


def test_the_outbound_limit_is_replayed_for_what_its_own_jobs_did(cast: Cast, replay: Any) -> None:
    services.add_entry(cast.app, cast.library, by=cast.owner)
    token = cast.job_token(cast.library)
    assert Api(job=token).get(f"/projects/{cast.app.pk}/releases").status_code == 200
    answer = replay(change="outbound_limit", outbound_limit=True)
    assert rows(answer, "refused") == [("outbound", "acme/app", ["read_releases"], 1)]
    services.limit_access(cast.library, by=cast.owner, outbound=True)
    assert Api(job=cast.job_token(cast.library)).get(f"/projects/{cast.app.pk}/releases").status_code == 404
    added = replay(change="add", target="acme/app", direction="outbound")
    assert rows(added, "admitted") == [("outbound", "acme/app", ["read_releases"], 2)]


def test_hidden_sources_are_counted_and_not_named(cast: Cast, replay: Any, secret: Project) -> None:
    projects.members({cast.developer: Role.DEVELOPER}, secret)
    services.add_entry(cast.library, secret, by=None)
    assert read_releases(cast, secret) == 200
    answer = replay(change="mode", mode="enforced")
    assert "secret" not in answer.content.decode()
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=None)
    services.remove_entry(cast.library, secret, by=None)
    answer = replay(change="mode", mode="enforced")
    assert (answer.json()["refused"], answer.json()["hidden_refused"]) == ([], 1)
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("change", ["remove", "end", "permissions"])
def test_guessing_paths_tells_not_what_hidden_project_is_listed(
    cast: Cast, replay: Any, secret: Project, change: str
) -> None:
    services.add_entry(cast.library, secret, by=None)
    more = {"default_permissions": True} if change == "permissions" else {}
    listed, absent = (replay(change=change, target=path, **more) for path in (secret.full_path, "far/nothing"))
    assert (listed.status_code, listed.content) == (absent.status_code, absent.content) == (404, absent.content)
    assert replay(change=change, target=str(secret.pk), **more).status_code == 200


def test_only_the_last_days_count(cast: Cast, replay: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    read_releases(cast)
    old = timezone.now() - timedelta(days=40)
    Job.objects.update(started_at=old)
    AuthorizationRecord.objects.update(last_authorized_at=old)
    assert not rows(replay(change="remove", target="acme/app"), "refused")
    assert rows(replay(change="remove", target="acme/app", days=90), "refused")
    assert replay(change="none", days=31).status_code == 400


def test_a_job_that_is_gone_is_taken_to_have_every_role(cast: Cast, replay: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    record_authorization(cast.library, cast.app)
    record_refusal(cast.library, cast.app)
    answer = replay(change="remove", target="acme/app").json()
    assert (answer["asked"], answer["unknown"]) == (1, 1)
    assert [(row["assumed"], row["names"]) for row in answer["refused"]] == [(True, ["read_packages"])]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"change": "mode"}, 400),
        ({"change": "add"}, 400),
        ({"change": "permissions", "target": "acme/app"}, 400),
        ({"change": "turn"}, 400),
        ({"change": "none", "more": 1}, 400),
        ({"change": "add", "target": "far/secret"}, 404),
        ({"change": "add", "target": "far/nothing"}, 404),
        ({"change": "remove", "target": "acme/app"}, 400),
        ({"change": "end", "target": "acme/app"}, 400),
        ({"change": "end", "target": "far/secret"}, 404),
        ({"change": "rules", "content": "a: b"}, 422),
        ({"change": "rules", "content": "version: 1\nproject: acme/library\ninbound: [{project: x/y}]"}, 422),
    ],
)
def test_a_wrong_proposal_is_refused(cast: Cast, replay: Any, secret: Project, change: Any, status: int) -> None:
    assert replay(**change).status_code == status


def test_only_maintainers_may_ask(cast: Cast, api: Any) -> None:
    address = f"/token_access/projects/{cast.library.pk}/replay"
    assert api(cast.developer).post(address, {"change": "none"}).status_code == 403
    assert api(cast.outsider).post(address, {"change": "none"}).status_code == 404


def test_a_replay_takes_as_many_statements_for_many_sources_as_for_one(cast: Cast) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            replay_change(cast.library, set_mode(cast.library, InboundMode.OPEN), reader=cast.owner)
        return len(seen)

    read_releases(cast)
    few = statements()
    for number in range(4):
        source = projects.project(f"s{number}", group=cast.acme, by=cast.owner)
        projects.members({cast.developer: Role.DEVELOPER}, source)
        read_releases(cast, source)
    assert statements() == few <= 30


def set_mode(project: Project, mode: InboundMode) -> Change:
    return lambda: services.set_inbound_mode(project, mode, by=None)


@pytest.mark.parametrize("seed", range(6))
def test_a_replay_agrees_with_making_the_change_and_asking_again(db: None, seed: int) -> None:
    """Over generated worlds: what flips, asked job by job by the check of the gate, is what the replay says."""
    dice = random.Random(seed)
    target, sources = generate_world(dice)
    since = timezone.now() - timedelta(days=30)
    logged = [("inbound", row) for row in read_inbound(target, since).rows]
    logged += [("outbound", row) for row in read_outbound(target, since, None).rows]
    assert logged

    def ask() -> dict[tuple[str, int, str, int], list[bool]]:
        answers: dict[tuple[str, int, str, int], list[bool]] = {}
        for side, row in logged:
            found = starting_job_facts(row.job_id, IdOrPath("id", row.project_id))
            assert found is not None
            job = found[0]._replace(status="running", erased=False, stopped=False)
            for action in row.actions:
                answers.setdefault((side, row.other, row.name, row.job_id), []).append(
                    decide(job, action, found[1]).allowed
                )
        return answers

    flipped = 0
    for change in generate_changes(dice, target, sources):
        said = replay_change(target, change, reader=None)
        before = ask()
        change()
        after = ask()
        flips: dict[str, set[tuple[str, int]]] = {"refused": set(), "admitted": set()}
        for key, old in before.items():
            if any(was and not now for was, now in zip(old, after[key], strict=True)):
                flips["refused"].add(key[:2])
            elif any(now and not was for was, now in zip(old, after[key], strict=True)):
                flips["admitted"].add(key[:2])
        flipped += len(flips["refused"]) + len(flips["admitted"])
        assert {(row.side, row.project.pk) for row in said.refused} == flips["refused"]
        assert {(row.side, row.project.pk) for row in said.admitted} == flips["admitted"]
    assert flipped or target.visibility > Visibility.PRIVATE


def generate_world(dice: random.Random) -> tuple[Project, list[Project]]:
    """A target, and sources whose jobs have used it and were refused, and that its own jobs have used."""
    root = projects.group("root")
    groups = [root, projects.group("deep", parent=root), projects.group("far")]
    everyone = [people.person(f"u{number}") for number in range(3)]
    levels = list(Visibility)
    target = projects.project("target", group=root, visibility=dice.choice(levels))
    sources = [
        projects.project(f"s{number}", group=dice.choice(groups), visibility=dice.choice(levels)) for number in range(6)
    ]
    for one in (target, *sources):
        projects.members(
            {user: dice.choice([Role.REPORTER, Role.MAINTAINER]) for user in dice.sample(everyone, 2)}, one
        )
    permissions = ["read_packages", "read_releases", "admin_packages", "read_repositories", "read_jobs"]
    now = timezone.now()
    for source in sources:
        for ours, theirs in ((source, target), (target, source)):
            for _ in range(2):
                job = jobs.job(ours, dice.choice(everyone), "success")
                for name in dice.sample(permissions, 2):
                    JobUse.objects.create(job=job, project=theirs, name=name)
            RefusalRecord.objects.create(
                origin_project=ours, project=theirs, job_id=job.pk, action=str(dice.choice(list(REFUSED))),
                rule="admitted", sentence="No.", first_at=now, last_at=now,
            )  # fmt: skip
        if dice.random() < 0.4:
            services.add_entry(
                target, source, by=None, default_permissions=dice.random() < 0.5, permissions=permissions[:2]
            )
        if dice.random() < 0.5:
            services.add_entry(source, target, by=None)
    return target, sources


REFUSED = (Action.READ_PACKAGES, Action.DOWNLOAD_CODE, Action.WRITE_PACKAGES, Action.READ_RELEASES)


def generate_changes(dice: random.Random, target: Project, sources: list[Project]) -> list[Change]:
    def add(source: Project, direction: str) -> None:
        if not AllowlistEntry.objects.filter(project=target, target_project=source, direction=direction).exists():
            services.add_entry(target, source, by=None, direction=direction)

    def narrow() -> None:
        for entry in AllowlistEntry.objects.inbound().filter(project=target)[:1]:
            services.set_permissions(
                target, entry.target, default_permissions=False, permissions=["read_packages"], by=None
            )

    def remove() -> None:
        for entry in AllowlistEntry.objects.filter(project=target)[:1]:
            services.delete_entry(entry, by=None)

    one, other = dice.sample(sources, 2)
    changes: list[Change] = [
        lambda: None,
        set_mode(target, InboundMode.OPEN),
        set_mode(target, InboundMode.TRIAL),
        set_mode(target, InboundMode.ENFORCED),
        lambda: add(one, "inbound"),
        lambda: services.limit_access(target, by=None, outbound=True),
        lambda: add(other, "outbound"),
        narrow,
        remove,
        lambda: services.add_entry(target, one.group, by=None),
    ]
    return changes
