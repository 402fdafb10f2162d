"""What webhooks are told of: pushes, runs, releases, people, and what the policy decided about jobs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from hooks.decisions import announce_decisions
from hooks.delivery import sender
from hooks.delivery.request import Answer
from hooks.events import OF_GROUP, OF_INSTANCE, OF_PROJECT
from hooks.models import Delivery, Hook
from hooks.services import create_hook
from jobs.models import Job
from jobs.pipelines.job_actions import finish_job
from jobs.states import State
from projects import services
from projects.extensions.events import NULL_SHA, Push, RefChange, announce_whole_push
from projects.services import members
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.allowlist.services import add_entry
from tokenaccess.policy.levels import Role

URL = "https://example.com/"


def hook(place: Any, by: Any, **more: Any) -> Hook:
    kind = "instance" if place is None else place.kind
    events = {"project": OF_PROJECT, "group": OF_GROUP, "instance": OF_INSTANCE}[str(kind)]
    return create_hook(place, by=by, url=URL, events=dict.fromkeys(map(str, events), True), **more)


def events_of(of: Hook) -> list[str]:
    return list(Delivery.objects.filter(hook=of).order_by("id").values_list("event", flat=True))


def push(cast: Cast, *refs: str) -> str:
    sha = projects.commit(cast.library, {f"{len(refs)}.txt": "a"})
    announce_whole_push(Push(cast.library, cast.developer, [RefChange(ref, NULL_SHA, sha) for ref in refs]))
    return sha


def test_a_push_is_an_event_of_the_project_the_groups_above_and_the_instance(cast: Cast) -> None:
    mine, above, all_of_it = hook(cast.library, cast.owner), hook(cast.acme, cast.owner), hook(None, cast.admin)
    other = hook(cast.app, cast.owner)
    Delivery.objects.all().delete()
    sha = push(cast, "refs/heads/main", "refs/tags/v1")
    assert events_of(mine) == events_of(above) == ["push_events", "tag_push_events"]
    assert events_of(all_of_it) == ["push_events", "tag_push_events", "repository_update_events"]
    assert events_of(other) == []
    payload = Delivery.objects.filter(hook=mine).earliest("id").payload
    assert (payload["after"], payload["ref"], payload["user_username"]) == (sha, "refs/heads/main", "developer")
    assert payload["project"]["path_with_namespace"] == "acme/library"
    Delivery.objects.all().delete()
    push(cast, *(f"refs/heads/b{number}" for number in range(4)))
    assert events_of(mine) == []


@pytest.mark.parametrize(
    ("strategy", "pattern", "names"),
    [
        ("wildcard", "release/*", ["release/1"]),
        ("regex", "^(main|release)", ["main", "release/1"]),
        ("all_branches", "nothing", ["main", "release/1"]),
        ("wildcard", "", ["main", "release/1"]),
    ],
)
def test_a_push_is_an_event_for_branches_that_the_filter_takes(
    cast: Cast, strategy: str, pattern: str, names: list[str]
) -> None:
    mine = hook(cast.library, cast.owner, branch_filter=pattern, filter_strategy=strategy)
    push(cast, "refs/heads/main", "refs/heads/release/1")
    pushes = Delivery.objects.filter(hook=mine, event="push_events").order_by("id")
    assert [one.payload["ref"].removeprefix("refs/heads/") for one in pushes] == names


@pytest.mark.django_db(transaction=True)
def test_runs_are_events_after_the_commit(db: None) -> None:
    cast = Cast()
    projects.commit(cast.library, {"a.txt": "a"})
    mine = hook(cast.library, cast.owner)
    job = jobs.job(cast.library, cast.developer, State.RUNNING)
    finish_job(job, status=State.SUCCESS)
    assert sorted(events_of(mine)) == ["job_events", "job_events", "pipeline_events", "pipeline_events"]
    last = Delivery.objects.filter(hook=mine, event="job_events").latest("id").payload
    assert (last["build_status"], last["build_name"], last["user"]["username"]) == ("success", "test", "developer")
    pipeline = Delivery.objects.filter(hook=mine, event="pipeline_events").latest("id").payload
    assert pipeline["object_attributes"]["status"] == "success"
    assert [build["status"] for build in pipeline["builds"]] == ["success"]
    assert Job.objects.get().status == State.SUCCESS


@pytest.mark.django_db(transaction=True)
def test_people_members_projects_groups_and_releases_have_events(db: None) -> None:
    cast = Cast()
    projects.commit(cast.library, {"a.txt": "a"})
    above, all_of_it = hook(cast.acme, cast.owner), hook(None, cast.admin)
    Delivery.objects.all().delete()
    guest = people.person("newcomer")
    membership = members.add_member(user=guest, target=cast.acme, role=Role.GUEST, by=cast.owner)
    members.update_member(membership, role=Role.REPORTER, by=cast.owner, expires_at=None)
    members.remove_member(membership, by=cast.owner)
    below = services.create_group(path="below", name="Below", parent=cast.acme, by=cast.owner)
    made = services.create_project(path="fresh", name="Fresh", group=below, by=cast.owner)
    services.delete_project(made, by=cast.owner)
    marked = services.create_project(path="stale", name="Stale", group=cast.acme, by=cast.owner)
    services.mark_for_deletion(marked, by=cast.owner)
    services.remove_marked_projects()
    names = [one.payload["event_name"] for one in Delivery.objects.filter(hook=above).order_by("id")]
    assert names == [
        "user_add_to_group", "user_update_for_group", "user_remove_from_group", "subgroup_create",
        "project_create", "project_destroy", "project_create", "project_destroy",
    ]  # fmt: skip
    everywhere = {one.payload["event_name"] for one in Delivery.objects.filter(hook=all_of_it)}
    assert {"user_create", "group_create", "project_create", "project_destroy", "user_add_to_group"} <= everywhere
    destroyed = [row.payload for row in Delivery.objects.filter(hook=above, event="project_events").order_by("id")][
        1::2
    ]
    assert [one["path_with_namespace"] for one in destroyed] == ["acme/below/fresh", "acme/stale"]
    Delivery.objects.all().delete()
    address = f"/projects/{cast.library.pk}/releases"
    client = Api(token=people.token_for(cast.owner))
    assert client.post(address, {"tag_name": "v1", "ref": "main"}).status_code == 201
    assert client.put(f"{address}/v1", {"name": "One"}).status_code == 200
    assert client.delete(f"{address}/v1").status_code == 200
    releases = Delivery.objects.filter(hook=above, event="releases_events").order_by("id")
    assert [one.payload["action"] for one in releases] == ["create", "update", "delete"]


def decisions(of: Hook) -> list[dict[str, Any]]:
    rows = Delivery.objects.filter(hook=of, event="token_access_events").order_by("id")
    return [decision for row in rows for decision in row.payload["decisions"]]


def test_decisions_about_jobs_are_sent_without_sources_that_the_maker_may_not_see(api: Any, cast: Cast) -> None:
    mine = hook(cast.library, cast.maintainer)
    secret = projects.project("secret", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    projects.member(cast.developer, secret, Role.DEVELOPER)
    address = f"/projects/{cast.library.pk}/packages/generic/thing/1.0/thing.txt"
    for source in (cast.app, secret):
        assert api(job=cast.job_token(source)).get(address).status_code == 404
    known, hidden = decisions(mine)
    assert (known["decision"], known["source"]["path_with_namespace"]) == ("refused", "acme/app")
    assert known["rule"] == "admitted"
    assert known["job_id"] is not None
    assert (hidden["source"], hidden["job_id"]) == (None, None)
    assert "secret" not in str(hidden)
    assert "elsewhere" not in str(hidden)
    add_entry(cast.library, cast.app, by=cast.owner)
    Delivery.objects.all().delete()
    api(job=cast.job_token(cast.app)).get(f"/projects/{cast.library.pk}/releases")
    assert [(one["decision"], one["action"]) for one in decisions(mine)] == [("admitted", "read_releases")]


def test_decisions_about_many_projects_take_as_many_statements_as_about_one(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    for place in (cast.library, cast.app, cast.acme, None):
        hook(place, cast.admin if place is None else cast.owner)
    Delivery.objects.all().delete()
    secret = projects.project("secret", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    now = timezone.now()
    uses = [((target.pk, secret.pk), {"read_jobs": now}) for target in (cast.library, cast.app)]
    for some in (uses[:1], uses):
        with django_assert_num_queries(8):
            announce_decisions(some, ())
    sent = {(row.hook.kind, row.payload["decisions"][0]["source"]["id"]) for row in Delivery.objects.all()}
    assert sent == {(kind, secret.pk) for kind in ("project", "group", "instance")}


def hidden_decision(api: Any, cast: Cast) -> Delivery:
    """Of an administrator's webhook, about a source that the maintainers of the project may not see."""
    hook(cast.library, cast.admin)
    secret = projects.project("secret", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    projects.member(cast.developer, secret, Role.DEVELOPER)
    api(job=cast.job_token(secret)).get(f"/projects/{cast.library.pk}/releases")
    delivery = Delivery.objects.get(event="token_access_events")
    assert delivery.payload["decisions"][0]["source"]["path_with_namespace"] == "elsewhere/secret"
    return delivery


def test_who_reads_a_delivery_sees_the_sources_that_they_may_see(api: Any, cast: Cast, client: Client) -> None:
    delivery = hidden_decision(api, cast)
    address = f"/projects/{cast.library.pk}/hooks/{delivery.hook_id}/events"
    for person, path in ((cast.admin, "elsewhere/secret"), (cast.maintainer, None)):
        (decision,) = api(person).get(address).json()[0]["request_data"]["decisions"]
        assert (decision["source"] or {}).get("path_with_namespace") == path
        client.force_login(person)
        page = client.get(f"/{cast.library.full_path}/-/hooks/{delivery.hook_id}/events/{delivery.pk}")
        assert page.status_code == 200
        assert ("elsewhere" in page.content.decode()) is (path is not None)


def test_what_is_sent_again_holds_what_whoever_has_the_webhook_now_may_see(
    api: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = hidden_decision(api, cast)
    sent: list[bytes] = []

    def post(url: str, body: bytes, *_: Any, **__: Any) -> Answer:
        sent.append(body)
        return Answer(status=200)

    monkeypatch.setattr(sender, "post", post)
    address = f"/projects/{cast.library.pk}/hooks/{delivery.hook_id}"
    assert api(cast.maintainer).put(address, {"url": "https://elsewhere.example/"}).status_code == 200
    assert api(cast.maintainer).post(f"{address}/events/{delivery.pk}/resend").status_code in {200, 201}
    sender.send(delivery)
    assert [b"secret" in body for body in sent] == [False, False]


def test_a_delivery_deleted_while_it_is_sent_does_not_come_back(
    api: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = hidden_decision(api, cast)

    def post(*_: Any, **__: Any) -> Answer:
        Hook.objects.all().delete()
        return Answer(status=200)

    monkeypatch.setattr(sender, "post", post)
    sender.send(Delivery.objects.select_related("hook").get(pk=delivery.pk))
    assert not Delivery.objects.exists()


def test_a_decision_names_no_source_when_the_maker_is_gone(api: Any, cast: Cast) -> None:
    mine = hook(cast.library, cast.maintainer)
    Hook.objects.filter(pk=mine.pk).update(creator=None)
    api(job=cast.job_token(cast.app)).get(f"/projects/{cast.library.pk}/releases")
    (decision,) = decisions(mine)
    assert (decision["decision"], decision["source"], decision["job_id"]) == ("refused", None, None)
