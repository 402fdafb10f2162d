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
        if problems := [*light, *dark, *(f"too wide at {width}" for width in here.too_wide())]:
            found[path] = problems
    assert not found
    assert Job.objects.count() == 1
