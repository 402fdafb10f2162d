"""Of an entry the posture report counts what the ceilings of the groups above leave of it."""

from __future__ import annotations

import random

import pytest

from identity.models import today
from projects.models import Group, Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.posture import findings, wide_group_entry, writable_state
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.ceilings import ceiling_effects, cut_by_ceilings
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule


def ceiling(group: Group, *, target: Project | Group | None = None, permissions: list[str] | None = None) -> None:
    GroupRule.objects.update_or_create(group=group, defaults={"has_ceiling": True})
    if target is not None:
        granted = {"default_permissions": permissions is None, "permissions": permissions or []}
        GroupAllowlistEntry.objects.create(group=group, **{f"target_{target.kind}": target}, **granted)


def test_what_a_ceiling_takes_away_is_no_finding(cast: Cast) -> None:
    writable_state(cast)
    wide_group_entry(cast)
    AllowlistEntry.objects.update(expires_at=None)
    entries = {"writable_state", "wide_group_entry", "entry_without_end"}
    assert entries <= findings(cast.library).keys()
    ceiling(cast.acme)
    assert not entries & findings(cast.library).keys()
    ceiling(cast.acme, target=cast.acme, permissions=["read_packages"])
    assert findings(cast.library).keys() & entries == {"entry_without_end"}
    ceiling(cast.acme, target=cast.app, permissions=["admin_terraform_state"])
    assert findings(cast.library).keys() & entries == {"entry_without_end", "writable_state"}
    GroupAllowlistEntry.objects.update(expires_at=today())
    assert not entries & findings(cast.library).keys()


@pytest.mark.parametrize("seed", range(4))
def test_the_report_knows_ceilings_as_the_token_access_page_does(cast: Cast, seed: int) -> None:
    chance = random.Random(seed)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    deep = projects.group("deep", parent=inner, by=cast.owner)
    home = projects.project("home", group=deep, by=cast.owner)
    places = [cast.acme, inner, deep]
    near = projects.project("near", group=inner, by=cast.owner)
    targets: list[Project | Group] = [cast.app, cast.library, near, *places]
    for group in places:
        GroupRule.objects.create(group=group, has_ceiling=chance.random() < 0.6)
        for target in chance.sample(targets, 2):
            day = chance.choice([None, None, today()])
            names = {f"target_{target.kind}": target, "default_permissions": chance.random() < 0.5}
            GroupAllowlistEntry.objects.create(group=group, expires_at=day, permissions=["read_jobs"], **names)
    for target in targets:
        AllowlistEntry.objects.create(project=home, default_permissions=True, **{f"target_{target.kind}": target})
    rows = AllowlistEntry.objects.filter(project=home)
    effects = ceiling_effects(
        home, {row: row.target.nearest_group_id for row in rows.select_related("target_project", "target_group")}
    )
    nothing_left = {pk for pk, effect in effects.items() if effect == "all"}
    assert set(rows.filter(cut_by_ceilings(today())).values_list("pk", flat=True)) == nothing_left
    assert set(rows.filter(cut_by_ceilings(today(), "")).values_list("pk", flat=True)) == set(effects)


def test_a_ceiling_that_leaves_writing_leaves_reading(cast: Cast) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    ceiling(cast.acme, target=cast.app, permissions=["admin_packages"])
    cut = {
        name: AllowlistEntry.objects.filter(cut_by_ceilings(today(), name)).exists()
        for name in ("read_packages", "admin_packages", "read_jobs")
    }
    assert cut == {"read_packages": False, "admin_packages": False, "read_jobs": True}
