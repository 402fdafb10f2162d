"""How far a project that is taken over leads."""

from __future__ import annotations

import random
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db.models import Q

from identity.models import User, today
from projects.models import Project, ProjectEffectiveRole
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tokenaccess.access.facts import job_facts_of_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.models import AllowlistEntry, InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.reach.blast_radius import CHANGES, READS, Effect, blast_radius, judge_step


@pytest.fixture
def chain(db: None) -> list[Project]:
    """Five projects, each of which admits the one before; `ann` is a developer, of the last a reporter."""
    ann = people.person("ann")
    group = projects.group("chain", by=people.person("gone", is_active=False), visibility=0)
    made = [projects.project(f"c{number}", group=group, visibility=0) for number in range(5)]
    for number, project in enumerate(made):
        projects.members({ann: Role.REPORTER if number == 4 else Role.DEVELOPER}, project)
        if number:
            AllowlistEntry.objects.create(project=project, target_project=made[number - 1])
    return made


def reached_projects(project: Project, **more: Any) -> dict[str, tuple[int, Effect]]:
    found = blast_radius(project, **more)
    names = dict(Project.objects.values_list("pk", "path"))
    return {names[pk]: (step.distance, step.effect) for pk, step in found.first_steps.items()}


def test_the_reach_goes_on_from_what_was_changed_and_no_further_than_three_steps(chain: list[Project]) -> None:
    assert reached_projects(chain[0]) == {"c1": (1, Effect.CHANGE), "c2": (2, Effect.CHANGE), "c3": (3, Effect.CHANGE)}
    assert reached_projects(chain[0], depth=1) == {"c1": (1, Effect.CHANGE)}
    # Where she only reports, she only reads, and nothing goes on from there.
    AllowlistEntry.objects.create(project=chain[0], target_project=chain[4])
    assert reached_projects(chain[2]) == {"c3": (1, Effect.CHANGE), "c4": (2, Effect.READ)}


def test_an_entry_without_permission_to_write_ends_it(chain: list[Project]) -> None:
    entry = AllowlistEntry.objects.get(project=chain[1])
    entry.default_permissions, entry.permissions = False, ["read_packages"]
    entry.save()
    assert reached_projects(chain[0]) == {"c1": (1, Effect.READ)}
    found = blast_radius(chain[0]).steps[0]
    assert found.actions == (Action.READ_PACKAGES,)
    # The rest is what no entry has to permit: triggers.
    entry.permissions = []
    entry.save()
    assert reached_projects(chain[0]) == {}


def test_only_members_who_may_start_jobs_count(chain: list[Project]) -> None:
    ann = User.objects.get(username="ann")
    bob = people.person("bob")
    projects.members({bob: Role.DEVELOPER}, chain[0])
    assert reached_projects(chain[0], person=ann, depth=1) == {"c1": (1, Effect.CHANGE)}
    assert reached_projects(chain[0], person=bob) == {}
    ann.is_active = False
    ann.save()
    assert reached_projects(chain[0]) == {}


def test_the_answer_says_where_it_stops_early(chain: list[Project]) -> None:
    assert not blast_radius(chain[0]).is_cut
    cut = blast_radius(chain[0], max_nodes=1)
    assert cut.is_cut
    assert len(cut.first_steps) == 1


def test_a_step_takes_two_statements(chain: list[Project], django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(6):
        blast_radius(chain[0])


@pytest.mark.parametrize("seed", range(6))
def test_steps_are_what_the_decision_allows_some_member_over_a_generated_world(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    if seed % 2:
        InstanceSettings.objects.update(inbound_mode=0)
    alive = list(Project.objects.alive())
    count = 0
    for person in [None, *User.objects.filter(username__startswith="u")]:
        for project in alive:
            first = blast_radius(project, person=person, depth=1)
            said = {step.target: step.effect for step in first.steps}
            expected = {}
            for other in alive:
                effect = strongest(project, other, person)
                if other != project and effect is not None:
                    expected[other.pk] = effect
            assert said == expected
            count += len(said)
            whole = {
                pk: (step.distance, step.effect)
                for pk, step in blast_radius(project, person=person).first_steps.items()
            }
            assert whole == by_hand(project, alive, person)
    assert count


def strongest(source: Project, target: Project, person: User | None) -> Effect | None:
    """By asking about every person who may start jobs of the source."""
    day = Q(until=None) | Q(until__gt=today())
    rows = ProjectEffectiveRole.objects.filter(day, content_object=source, role=Role.DEVELOPER, user__is_active=True)
    members = set(rows.values_list("user", flat=True))
    members &= members if person is None else {person.pk}
    cases = job_facts_of_pairs([JobOnProject(target.pk, source.pk, member) for member in members])
    effects = {effect for case in cases if case for effect, actions in [judge_step(*case)] if actions}
    return Effect.CHANGE if Effect.CHANGE in effects else next(iter(effects), None)


def by_hand(project: Project, alive: list[Project], person: User | None) -> dict[int, tuple[int, Effect]]:
    """The same search, one pair after the other."""
    found: dict[int, tuple[int, Effect]] = {}
    frontier, changed = {project.pk}, {project.pk}
    for distance in (1, 2, 3):
        following = set()
        for source in [one for one in alive if one.pk in frontier]:
            for target in [one for one in alive if one not in (source, project)]:
                effect = strongest(source, target, person)
                if effect is None:
                    continue
                known = found.get(target.pk)
                if known is None or (known[1] is Effect.READ and effect is Effect.CHANGE):
                    found[target.pk] = (distance, effect)
                if effect is Effect.CHANGE and target.pk not in changed:
                    following.add(target.pk)
        changed |= following
        frontier = following
    return found


def test_every_action_of_a_job_is_a_change_or_a_read() -> None:
    assert Action.PUSH_CODE in CHANGES
    assert Action.TRIGGER_PIPELINE in CHANGES
    assert Action.READ_SECURE_FILES in READS
    assert not set(CHANGES) & set(READS)


PAGE = "/chain/c0/-/settings/ci_cd/token_access/blast_radius"


@pytest.fixture
def maintainer(chain: list[Project]) -> User:
    """Of the first, who sees all but the third."""
    carl = people.person("carl")
    projects.members({carl: Role.MAINTAINER}, chain[0])
    for project in (chain[1], chain[3], chain[4]):
        projects.members({carl: Role.GUEST}, project)
    return carl


def test_what_the_reader_may_not_see_is_counted_and_not_named(
    chain: list[Project], maintainer: User, api: Any, browser: Any, django_assert_max_num_queries: Any
) -> None:
    body = api(maintainer).get(f"/token_access/projects/{chain[0].pk}/blast_radius").json()
    assert [(one["project_path"], one["steps"], one["effect"]) for one in body["reached"]] == [
        ("chain/c1", 1, "change"),
        ("chain/c3", 3, "change"),
    ]
    assert (body["hidden"], body["is_cut"], body["person"]) == (1, False, "any")
    assert (body["reached"][1]["sources"], body["reached"][1]["hidden_sources"]) == ([], 1)
    assert [(one["source"], one["target"]) for one in body["edges"]] == [("chain/c0", "chain/c1")]
    assert "publish packages" not in str(body)
    assert "write_packages" in body["reached"][0]["actions"]
    page = browser(maintainer)
    page.get(PAGE)
    with django_assert_max_num_queries(18):
        shown = page.get(PAGE).content.decode()
    assert "2 projects can be changed" in " ".join(shown.split())
    assert "1 more project is reached that you cannot see" in " ".join(shown.split())
    files = {kind: page.get(f"{PAGE}.{kind}") for kind in ("csv", "dot", "graphml", "svg")}
    assert '"chain/c0" -> "chain/c1" [label=change];' in files["dot"].content.decode()
    assert files["csv"].content.decode().splitlines()[-1] == "1 hidden"
    graph = ElementTree.fromstring(files["graphml"].content)
    assert len(list(graph.iter("{http://graphml.graphdrawing.org/xmlns}edge"))) == 1
    picture = ElementTree.fromstring(files["svg"].content)
    svg = "{http://www.w3.org/2000/svg}"
    assert [one.text for one in picture.iter(f"{svg}text")] == [
        "chain/c0", "chain/c1", "chain/c3", "1 more project is reached that you cannot see.",
    ]  # fmt: skip
    assert len(list(picture.iter(f"{svg}line"))) == 1
    assert "chain/c1: can be changed; chain/c3: can be changed; 1 more" in (picture.findtext(f"{svg}desc") or "")
    for text in (str(body), shown, *(one.content.decode() for one in files.values())):
        assert "chain/c2" not in text
        assert "ann" not in text.replace("annot", "").replace("scann", "").replace("planned", "").replace("channel", "")


def test_only_one_s_own_jobs_if_one_asks_for_that(
    chain: list[Project], maintainer: User, api: Any, browser: Any
) -> None:
    AllowlistEntry.objects.filter(project=chain[1]).update(default_permissions=True)
    mine = api(maintainer).get(f"/token_access/projects/{chain[0].pk}/blast_radius?person=me&depth=2").json()
    assert (mine["person"], mine["depth"]) == ("carl", 2)
    assert [(one["project_path"], one["effect"]) for one in mine["reached"]] == [("chain/c1", "read")]
    shown = browser(maintainer).get(PAGE, {"person": "me", "depth": "1"}).content.decode()
    assert "0 projects can be changed" in " ".join(shown.split())


def test_the_question_is_for_maintainers_and_its_errors_name_what_is_wrong(
    chain: list[Project], maintainer: User, api: Any, browser: Any
) -> None:
    address = f"/token_access/projects/{chain[0].pk}/blast_radius"
    assert api(User.objects.get(username="ann")).get(address).status_code == 403
    assert api(people.person("far")).get(address).status_code == 404
    assert browser(people.person("off")).get(PAGE).status_code == 404
    for wrong in ("depth=4", "depth=0", "person=ann", "as=me"):
        answer = api(maintainer).get(f"{address}?{wrong}")
        assert (answer.status_code, wrong.partition("=")[0] in answer.json()["error"]) == (400, True)


def test_where_nothing_is_reached_the_page_says_so(cast: Cast, browser: Any) -> None:
    shown = browser(cast.maintainer).get("/acme/app/-/settings/ci_cd/token_access/blast_radius").content.decode()
    assert "It leads nowhere" in shown
    assert 'id="graph"' not in shown
