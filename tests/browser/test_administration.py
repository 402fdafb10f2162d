"""The administration in Chromium: readable in both colours, never wider than the window, a silent console."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jobs.models import Job
from tests.browser.conftest import Visit
from tests.factories import jobs, people, runners
from tests.factories.cast import Cast
from tests.support import axe
from tokenaccess.allowlist import services

pytestmark = pytest.mark.browser


def unreadable(here: Visit) -> list[str]:
    """What of the colours axe-core objects to; how the pages are built is Django's. Without preloading, for which it
    would write inline styles that the policy forbids."""
    options = {"preload": False, "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
    return axe.findings(here.page, options)


CUT_OFF_ROWS = (
    "(list => !!list && list.scrollWidth > list.clientWidth + 1)(document.querySelector('#changelist .results'))"
)


def narrow_lists(here: Visit) -> list[int]:
    """The window widths at which a list has columns that one has to scroll to."""
    cut_off = []
    for width in (1280, 800, 390):
        here.page.set_viewport_size({"width": width, "height": 900})
        if here.page.evaluate(CUT_OFF_ROWS):
            cut_off.append(width)
    return cut_off


def test_admin_pages_can_be_read_in_both_colours_and_never_scroll_sideways(
    cast: Cast, visit: Callable[..., Visit]
) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    people.person("maximiliana-alexandrovna-constantinopoulos-von-und-zu-hohenstein")
    runners.runner(cast.app, description="linux-3")
    job = jobs.job(cast.app, cast.developer, name="a_name_of_one_word_that_nobody_would_ever_think_of_" * 4)
    here = visit(cast.admin)
    found = {}
    for path in (
        "",
        "identity/user/",
        f"identity/user/{cast.developer.pk}/change/",
        f"projects/project/{cast.library.pk}/change/",
        "tokenaccess/allowlistentry/",
        "tokenaccess/instancesettings/add/",
        "jobs/job/",
        f"jobs/job/{job.pk}/change/",
        "jobs/runner/",
        "audit/auditevent/",
        f"projects/project/{cast.library.pk}/delete/",
    ):
        here.goto(f"/admin/{path}")
        light = unreadable(here)
        here.turn_dark()
        dark = [f"in the dark: {finding}" for finding in unreadable(here)]
        here.page.emulate_media(color_scheme="light")
        wide = [f"too wide at {width}" for width in here.too_wide()]
        cut_off = [f"columns cut off at {width}" for width in narrow_lists(here)]
        if problems := [*light, *dark, *wide, *cut_off]:
            found[path] = problems
    assert not found
    assert Job.objects.count() == 1


def test_a_list_is_filtered_and_cleared_without_scripts(cast: Cast, visit: Callable[..., Visit]) -> None:
    jobs.job(cast.app, cast.developer, name="build")
    page = visit(cast.admin, java_script_enabled=False).goto("/admin/jobs/job/?status__exact=failed")
    assert page.get_by_text("Nothing matches.").is_visible()
    page.get_by_role("link", name="Clear all filters").click()
    assert page.get_by_role("rowheader").count() == 1
    assert not page.get_by_role("navigation", name="Filter").is_visible()
    page.locator("summary", has_text="Filter").first.click()
    page.get_by_role("link", name="Pending").click()
    assert "status__exact=pending" in page.url
