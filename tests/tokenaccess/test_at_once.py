"""Two requests at the same moment: a list never holds too many, nothing twice, and nobody gets a 500."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from identity.models import User
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tests.support.token_access import record_authorization
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.services import locking
from tokenaccess.allowlist.services.any_list import add_to_list, delete_from_list
from tokenaccess.allowlist.services.bulk import change_entries
from tokenaccess.allowlist.suggestions.suggestion import suggest_entries
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.models import AllowlistEntry, BulkChange, GroupAllowlistEntry, GroupRule, InstanceSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.replay.changes import Proposals
from tokenaccess.replay.replay import replay_change
from tokenaccess.rules_file.apply import apply_document
from tokenaccess.rules_file.plan import Plan, make_plan
from tokenaccess.rules_file.reader import read_document

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db: None) -> Cast:
    return Cast()


def answers_at_once(*requests: Callable[[], Any]) -> list[tuple[int, str]]:
    """Status and body of each, in order of status."""
    answers, failed = at_once(*requests)
    assert failed == []
    return sorted((answer.status_code, answer.content.decode()) for answer in answers)


def fill(project: Project, others: list[Project]) -> None:
    AllowlistEntry.objects.bulk_create([AllowlistEntry(project=project, target_project=one) for one in others])


def test_the_201st_entry_added_by_two_requests_at_once_is_refused(world: Cast, api: Any) -> None:
    made = [Project(name=f"p{n}", path=f"p{n}", full_path=f"acme/p{n}", group=world.acme) for n in range(199)]
    fill(world.library, Project.objects.bulk_create(made))
    extra = projects.project("extra", group=world.acme, by=world.owner)
    speak = api(world.owner)
    address = f"/projects/{world.library.pk}/job_token_scope/allowlist"
    answers = answers_at_once(
        lambda: speak.post(address, {"target_project_id": world.app.pk}),
        lambda: speak.post(address, {"target_project_id": extra.pk}),
    )
    assert [status for status, _ in answers] == [201, 400]
    assert "exceeds the allowable number of project links in this direction" in answers[1][1]
    assert AllowlistEntry.objects.filter(project=world.library).count() == 200


def test_the_same_project_added_by_two_requests_at_once_is_listed_once(world: Cast, api: Any) -> None:
    speak = api(world.owner)
    address = f"/projects/{world.library.pk}/job_token_scope/allowlist"
    answers = answers_at_once(*[lambda: speak.post(address, {"target_project_id": world.app.pk})] * 3)
    assert [status for status, _ in answers] == [201, 400, 400]
    assert "already in the job token allowlist" in answers[1][1]
    assert AllowlistEntry.objects.count() == 1


def test_the_last_place_for_a_group_is_given_once(world: Cast, api: Any) -> None:
    InstanceSettings.objects.create(allowlist_limit=1)
    other = projects.group("other", by=world.owner)
    speak = api(world.owner)
    address = f"/projects/{world.library.pk}/job_token_scope/groups_allowlist"
    answers = answers_at_once(
        lambda: speak.post(address, {"target_group_id": world.acme.pk}),
        lambda: speak.post(address, {"target_group_id": other.pk}),
    )
    assert [status for status, _ in answers] == [201, 400]
    assert AllowlistEntry.objects.count() == 1


def test_two_projects_that_list_each_other_at_once_do_not_wait_for_each_other_forever(world: Cast, api: Any) -> None:
    speak = api(world.owner)
    pairs = [(world.library, world.app), (world.app, world.library)]
    answers = answers_at_once(
        *[
            lambda a=a, b=b: speak.post(f"/projects/{a.pk}/job_token_scope/allowlist", {"target_project_id": b.pk})
            for a, b in pairs
        ]
    )
    assert [status for status, _ in answers] == [201, 201]


def test_rules_files_of_two_projects_that_list_each_other_are_applied_at_once(
    world: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2)

    def plan_when_both_are_here(*args: Any) -> Plan:
        """Or after a second, where the one waits until the other is done."""
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        return make_plan(*args)

    def apply(project: Project, other: Project) -> Plan:
        text = f"version: 1\nproject: {project.full_path}\ninbound:\n  - project: {other.full_path}\n"
        document = read_document(text)
        plan_hash = make_plan(project, document, world.owner).hash
        return apply_document(project, document, by=world.owner, plan_hash=plan_hash)

    monkeypatch.setattr("tokenaccess.rules_file.apply.make_plan", plan_when_both_are_here)
    plans, failed = at_once(lambda: apply(world.library, world.app), lambda: apply(world.app, world.library))
    assert failed == []
    assert [plan.count("add") for plan in plans] == [1, 1]
    assert AllowlistEntry.objects.count() == 2


def replay(project: Project, other: Project, by: User) -> None:
    """An entry that is added and taken back."""
    replay_change(project, Proposals(project, by).add(TargetName(IdOrPath("id", other.pk))), reader=by)


def add_from_the_log(project: Project, other: Project, by: User) -> None:
    record_authorization(project, other)
    agree(project, by)


def undo(project: Project, other: Project, by: User) -> None:
    """What took the other from the list, as the log had nothing of it."""
    AllowlistEntry.objects.create(project=project, target_project=other, autopopulated=True)
    agree(project, by)
    services.undo_autopopulate(project, by=by)


def agree(project: Project, by: User) -> None:
    found = suggest_entries(project, by, size=None, narrow=False)
    services.add_suggested(project, by=by, size=None, narrow=False, suggestion_hash=found.hash)


@pytest.mark.parametrize("change", [replay, add_from_the_log, undo])
def test_what_locks_its_list_before_it_knows_what_to_add_waits_for_no_other_list(
    world: Cast, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    both, lock = threading.Barrier(2), locking.lock

    def lock_when_both_are_here(*places: Any) -> None:
        """Each has its own list by then. Or after a second, where the one waits until the other is done."""
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=1)
        lock(*places)

    monkeypatch.setattr("tokenaccess.allowlist.services.entries.lock", lock_when_both_are_here)
    pairs = [(world.library, world.app), (world.app, world.library)]
    _, failed = at_once(*[lambda a=a, b=b: change(a, b, world.owner) for a, b in pairs])
    assert failed == []
    assert AllowlistEntry.objects.count() == (0 if change is replay else 2)


def test_an_entry_removed_by_two_requests_at_once_is_removed_once(world: Cast, api: Any) -> None:
    services.add_entry(world.library, world.app, by=world.owner)
    speak = api(world.owner)
    address = f"/projects/{world.library.pk}/job_token_scope/allowlist/{world.app.pk}"
    assert [status for status, _ in answers_at_once(*[lambda: speak.delete(address)] * 2)] == [204, 400]
    assert not AllowlistEntry.objects.exists()


def test_a_group_s_entry_added_by_two_requests_at_once_is_there_once(world: Cast, api: Any) -> None:
    speak = api(world.owner)
    address = f"/token_access/groups/{world.acme.pk}"
    speak.get(f"{address}/rule")  # the description of the API is made by one thread
    answers = answers_at_once(
        lambda: speak.post(f"{address}/allowlist", {"target_project": "acme/app"}),
        lambda: speak.post(f"{address}/allowlist", {"target_project": "acme/app"}),
        lambda: speak.put(f"{address}/rule", {"inbound_mode": "enforced", "ceiling": True}),
    )
    assert [status for status, _ in answers] == [200, 201, 400]
    assert "already in the job token allowlist" in answers[2][1]
    rule = GroupRule.objects.get()
    assert (rule.inbound_mode, rule.has_ceiling) == (InboundMode.ENFORCED, True)
    assert GroupAllowlistEntry.objects.count() == 1


@pytest.mark.parametrize("kind", ["project", "group"])
def test_a_change_of_many_entries_is_undone_by_one_of_three_requests_at_once(world: Cast, kind: str) -> None:
    holder: Any = world.library if kind == "project" else world.acme
    far = projects.group("far", by=world.owner)
    sources = [projects.project(name, group=far, by=world.owner) for name in ("one", "two")]
    entries = [add_to_list(holder, source, by=world.owner).pk for source in sources]
    change_entries(holder, entries, lambda entry: delete_from_list(entry, by=world.owner), by=world.owner)
    change = BulkChange.objects.get().pk
    answers, failed = at_once(*[lambda: services.undo_bulk_change(holder, change, by=world.owner)] * 3)
    assert (failed, sorted(answers, key=str)) == ([], [0, None, None])
    assert inbound_entries(holder).count() == len(sources)
