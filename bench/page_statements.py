"""How many statements every page takes: a test asserts it with few rows and with more than a page of each, the
benchmark in a world of 10,000 projects. Run with the product's settings, after bench.page_world:

python -m bench.page_statements PAGES FILE

PAGES: what bench.page_world wrote. FILE gets the number of each page's statements.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpResponse

ANSWERS = {200, 422}  # the second: of a form, or of a log that has more than a list can take
MAX_STATEMENTS = 40
# Those that try out a change, or say what goes with what is deleted; and the page that has most to say, of a project on
# trial.
DEARER = {
    "admin:projects_project_delete": 64,
    "POST /<full_path:project_path>/-/settings/ci_cd/token_access/entries/change 0": 50,
    "/<full_path:project_path>/-/settings/ci_cd": 49,
    "/<full_path:project_path>/-/settings/ci_cd/token_access": 49,
}


def limit_of(page: str) -> int:
    """Whatever is asked of it."""
    return DEARER.get(page.partition("?")[0], MAX_STATEMENTS)


def find_dearer(counts: dict[str, int]) -> dict[str, int]:
    """Of pages that take more than they may."""
    return {page: count for page, count in counts.items() if count > limit_of(page)}


def report(counts: dict[str, int]) -> str:
    lines = [f"statements of {len(counts)} pages; the most: {max(counts.values())}"]
    dearer = sorted(find_dearer(counts).items(), key=lambda item: -item[1])
    lines += [f"{count:6} of {limit_of(page):3}  {page}  over the limit" for page, count in dearer]
    return "\n".join(lines)


def count_statements(pages: Iterable[tuple[str, Any, str, Any]]) -> dict[str, int]:
    """By name. `pages`: name, client of who asks, address, and the fields of a form or nothing; what takes no GET is no
    page, and left out."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    _load_content_types()
    counts = {}
    for name, browser, address, fields in pages:
        reset_queries()  # of a log that is full no more are counted
        with CaptureQueriesContext(connection) as asked:
            answer: HttpResponse = browser.post(address, fields) if fields else browser.get(address)
        if fields or answer.status_code != 405:
            if answer.status_code not in ANSWERS:
                raise RuntimeError(f"{name} {address}: {answer.status_code}")
            counts[name] = len(asked)
    return counts


def _load_content_types() -> None:
    """Django keeps them for the process: the first page that needs one would seem to ask more."""
    from django.contrib.admin import site
    from django.contrib.contenttypes.models import ContentType

    for model in site._registry:
        ContentType.objects.get_for_model(model)


def main(pages: Path, file: Path) -> None:
    from django.conf import settings
    from django.test import Client
    from django.test.utils import setup_test_environment

    setup_test_environment()
    storage = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": storage}

    def browser(session: str) -> Client:
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        return client

    rows = json.loads(pages.read_text())
    counts = count_statements((row["name"], browser(row["session"]), row["address"], row["fields"]) for row in rows)
    file.write_text(json.dumps(counts, indent=1))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    main(Path(sys.argv[1]), Path(sys.argv[2]))
