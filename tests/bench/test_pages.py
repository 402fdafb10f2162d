"""Every page is known to the benchmark, and asks the database as often whatever the world holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin import site
from django.core.management import call_command
from django.db import models
from django.test import Client
from django.urls import URLPattern

from bench import page_list, page_values, place
from bench.page_statements import count_statements, find_dearer, limit_of, report
from bench.page_world import make_place
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, DailyCount, RefusalRecord
from tokenaccess.reach.blast_radius import MAX_DEPTH

FEW, MANY = 2, 25  # a page of a list has 20


def test_every_route_is_a_page_or_is_left_out_for_a_reason():
    routes = page_list.routes()
    assert [route for route in routes if not page_list.why_left_out(route)]
    unused = [pattern for pattern in page_list.LEFT_OUT if not any(re.match(pattern, route) for route in routes)]
    assert unused == []
    of_site = {str(route.name) for route in site.get_urls() if isinstance(route, URLPattern)}
    assert {name for name in of_site if not page_list.why_left_out_of_admin(name)} == {"index", "app_list"}


def test_every_page_takes_as_many_statements_in_a_larger_world(db: None, settings: Any):
    settings.REGISTRY_ENABLED = True
    call_command("bench_world", tokens=200, entries=MANY, verbosity=0)
    found = make_place(rows=5_000)
    rest = _take_away(found.project.pk)
    place.fill(found, range(1, FEW + 1))
    few = _statements(found)
    for model, rows in rest:
        model._base_manager.bulk_create(rows)
    place.fill(found, range(FEW + 1, MANY + 1))
    many = _statements(found)
    assert few.keys() == many.keys()
    assert len(many) > 400
    more = {name: f"{few[name]}, with more rows {count}" for name, count in many.items() if count > _most(name, few)}
    assert more == {}
    assert find_dearer(many) == {}


@pytest.mark.pure
def test_the_report_of_the_large_world_names_every_page_that_takes_more_than_it_may():
    dear = "admin:projects_project_delete"
    counts = {"/few": 3, "/many": limit_of("/many") + 1, dear: limit_of(dear)}
    assert report(counts).splitlines()[1:] == [f"    41 of {limit_of('/many'):3}  /many  over the limit"]


def _take_away(project: int) -> list[tuple[type[models.Model], list[Any]]]:
    """All but the FEW oldest of the project's entries, and of its log the FEW newest too, to be put back."""
    rest: list[tuple[type[models.Model], list[Any]]] = []
    of_project = {AllowlistEntry: "project", RefusalRecord: "project"}
    for model in (AllowlistEntry, AuthorizationRecord, DailyCount, RefusalRecord):
        rows = model._base_manager.filter(**{of_project.get(model, "accessed_project"): project}).order_by("pk")
        rest.append((model, list(rows)[FEW : None if model is AllowlistEntry else -FEW]))
        rows.filter(pk__in=[row.pk for row in rest[-1][1]]).delete()
    return rest


def _most(page: str, few: dict[str, int]) -> int:
    """As many as with few rows; where steps are followed, two for each that then leads on."""
    return few[page] + (2 * (MAX_DEPTH - 1) if "/token_access/blast_radius" in page else 0)


def _statements(found: place.Place) -> dict[str, int]:
    """By page; what takes no GET is left out."""
    browsers = {False: Client(), True: Client()}
    browsers[False].force_login(found.person)
    browsers[True].force_login(found.administrator)
    pages = page_list.pages(page_values.values_of(found), found.administrator)
    return count_statements((page.name, browsers[page.as_administrator], page.address, page.fields) for page in pages)
