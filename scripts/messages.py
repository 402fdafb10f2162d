"""Brings the catalogue of translations up to date: `make messages`.

Every text of the pages is collected into `locale/ja/LC_MESSAGES/django.po` with what is translated already, and the
file that the product reads, `django.mo`, is written anew. Both are committed, so that running the product takes no
tool. tests/portal/test_translations.py fails where this was forgotten.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "ja"
CATALOGUE = ROOT / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
_NO_RULES = {"narrowing"}  # words errors of a CI file, which the API answers
NOT_THE_PRODUCT = {"locale", "tests", "bench", "scripts", "staticfiles", "test-results", "data"}


def collect(workplace: Path) -> polib.POFile:
    """Every text of the product, with the translations there are. Needs GNU gettext, and an empty folder to work in:
    Django's makemessages changes the catalogue that lies beside the code it reads."""
    from django.core.management import call_command

    for part in ROOT.iterdir():
        if part.name not in NOT_THE_PRODUCT and not part.name.startswith("."):
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
    catalogue = polib.pofile(str(copy), wrapwidth=0)
    for entry in catalogue.fuzzy_entries():  # what msgmerge takes for a translation of a new text
        entry.msgstr, entry.msgstr_plural = "", {0: ""} if entry.msgid_plural else {}
        entry.flags.remove("fuzzy")
    for entry in catalogue:
        entry.previous_msgid = entry.previous_msgid_plural = entry.previous_msgctxt = None
    add_policy(catalogue, polib.pofile(str(CATALOGUE)) if CATALOGUE.exists() else polib.POFile())
    return catalogue


def policy_sentences() -> set[str]:
    """What the rules say for people; {0} stands for the first thing that a rule puts into its sentence."""
    return {
        text
        for path in (ROOT / "tokenaccess" / "policy").glob("*.py")
        if path.stem not in _NO_RULES
        for text in _texts(ast.parse(path.read_text()))
        if text.endswith(".")
    }


def _texts(tree: ast.Module) -> Iterator[str]:
    """Every text in the code but docstrings."""
    skip = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skip.update(map(id, node.values))
            numbers = itertools.count()
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{next(numbers)}}}" for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skip:
            yield node.value


def add_policy(catalogue: polib.POFile, known: polib.POFile) -> None:
    """What makemessages cannot see: the policy, the history and the services word their sentences without Django."""
    from tokenaccess.explanation import error_wording
    from tokenaccess.explanation.history_wording import HISTORY, SENTENCES
    from tokenaccess.explanation.wording import ACTION, PARTS, REASON
    from tokenaccess.policy import Action

    translations = {(entry.msgctxt, entry.msgid): entry.msgstr for entry in known}
    texts = [(ACTION, str(action)) for action in Action]
    texts += [(REASON, text) for text in sorted(policy_sentences() | set(PARTS))]
    texts += [(HISTORY, text) for text in SENTENCES]
    texts += [(error_wording.ERROR, text) for text in error_wording.SENTENCES]
    for context, text in texts:
        entry = polib.POEntry(msgctxt=context, msgid=text, msgstr=translations.get((context, text), ""))
        entry.occurrences = [("tokenaccess/policy", "")]
        catalogue.append(entry)


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
