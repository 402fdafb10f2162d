"""Brings the catalogue of translations up to date: `make messages`.

Every text of the pages is collected into `locale/ja/LC_MESSAGES/django.po` with what is translated already, and the
file that the product reads, `django.mo`, is written anew. Both are committed, so that running the product takes no
tool. tests/portal/test_translations.py fails where this was forgotten.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "ja"
CATALOGUE = ROOT / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
_NOT_THE_PRODUCT = {"locale", "tests", "bench", "scripts", "staticfiles", "test-results", "data"}


def collect(workplace: Path) -> polib.POFile:
    """Every text of the product, with the translations there are. Needs GNU gettext, and an empty folder to work in:
    Django's makemessages changes the catalogue that lies beside the code it reads."""
    from django.core.management import call_command

    for part in ROOT.iterdir():
        if part.name not in _NOT_THE_PRODUCT and not part.name.startswith("."):
            (workplace / part.name).symlink_to(part)
    copy = workplace / CATALOGUE.relative_to(ROOT)
    copy.parent.mkdir(parents=True)
    if CATALOGUE.exists():
        shutil.copy(CATALOGUE, copy)
    with contextlib.chdir(workplace):
        call_command(
            "makemessages",
            locale=[LANGUAGE],
            symlinks=True,
            add_location="file",
            no_wrap=True,
            no_obsolete=True,
            verbosity=0,
        )
    return polib.pofile(str(copy), wrapwidth=0)


def main() -> None:
    if not shutil.which("xgettext"):
        sys.exit("GNU gettext is needed. On Debian: apt-get install gettext")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    with tempfile.TemporaryDirectory() as workplace:
        catalogue = collect(Path(workplace))
    catalogue.header = "Japanese texts of the pages. Made by `make messages`; translations are written by hand."
    catalogue.metadata_is_fuzzy = False
    catalogue.metadata = {  # no dates and names: they would change the file each time
        "Language": LANGUAGE,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    catalogue.save(str(CATALOGUE))
    catalogue.save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    print(f"{len(catalogue)} texts, {catalogue.percent_translated()} % of them translated.")


if __name__ == "__main__":
    main()
