"""A document as YAML: anew, or onto a file that exists, whose comments, order and quoting are kept."""

from __future__ import annotations

from datetime import date
from io import StringIO
from textwrap import indent
from typing import Any

import yaml
from django.utils.translation import gettext as _
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from text.yaml_loader import DUMPER
from tokenaccess.rules_file.document import LISTS, RulesDocument, document_to_data
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.reader import read_document

COMMAND = ".venv/bin/python manage.py tokenaccess"
WIDTH = 120
INDENT = 2  # of a list
HEAD = f"# Token Access rules. Apply with: {COMMAND} plan FILE, then {COMMAND} apply FILE --plan HASH\n"


def export_document(document: RulesDocument) -> str:
    return HEAD + "".join(_fresh(key, value) for key, value in document_to_data(document).items())


class _Dumper(DUMPER):
    """Writes a list of names in one line."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        return super().represent_sequence(tag, sequence, flow_style=not isinstance(next(iter(sequence), None), dict))


def _fresh(key: str, value: Any) -> str:
    """As `_dump` writes it, by the writer that keeps no comments, which is several times as fast."""

    def write(data: Any, width: int = WIDTH) -> str:
        return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=width))

    if key in LISTS and value:
        entries = [{name: _as_yaml_type(name, one) for name, one in entry.items()} for entry in value]
        return f"{key}:\n{indent(write(entries, WIDTH - INDENT), ' ' * INDENT)}"
    return write({key: value})


def export_onto(text: str, document: RulesDocument) -> str:
    """`text` with what it says brought up to date, and what it leaves out left out. Raises RulesFileError if it is no
    rules file."""
    read_document(text)  # also bounds its size and depth
    writer = _yaml()
    top = _load(writer, text)
    data = document_to_data(document)
    for key in list(top):
        if key not in data:
            continue
        if key in LISTS:
            _update_list(top, key, data[key])
        elif isinstance(data[key], dict):
            _update(top[key], {name: data[key][name] for name in top[key]})
        else:
            _update(top, {key: data[key]}, only=True)
    return _dump(writer, top)


def _load(reader: Any, text: str) -> CommentedMap:
    """The loader that keeps comments also turns words into dates and numbers, and stumbles over those that only look
    like some (2027-02-30), and over what other versions of YAML allow."""
    try:
        return reader.load(text)
    except (YAMLError, ValueError, LookupError, ArithmeticError, TypeError) as error:
        mark = getattr(error, "problem_mark", None)
        message = _("comments of this file cannot be kept. Put words that look like a date or a number into quotes.")
        raise RulesFileError(message, 0 if mark is None else mark.line + 1) from error


def _update_list(top: CommentedMap, key: str, wanted: list[dict[str, Any]]) -> None:
    """Entries stay where they are; those that go take their comments with them; new ones come last."""
    items = top[key]
    if not items:
        top[key] = _as_commented(wanted)
        return
    by_name = {_name(entry): entry for entry in wanted}
    for index in reversed(range(len(items))):
        entry = by_name.pop(_name(items[index]), None)
        if entry is None:
            del items[index]
        else:
            _update(items[index], entry)
    items.extend(_as_commented([entry for entry in wanted if _name(entry) in by_name]))


def _name(entry: dict[str, Any]) -> tuple[str, str]:
    kind = "group" if "group" in entry else "project"
    return kind, str(entry[kind]).strip().strip("/").lower()


def _update(found: CommentedMap, wanted: dict[str, Any], *, only: bool = False) -> None:
    """What is as it should be is not touched. `only`: other keys stay."""
    if not only:
        for key in [key for key in found if key not in wanted and not _is_default(key, found[key])]:
            del found[key]
    for key, value in wanted.items():
        if key not in found or _plain(found[key]) != _plain(value):
            found[key] = _as_commented(_as_yaml_type(key, value))


def _is_default(key: str, value: Any) -> bool:
    """`permissions: default` says what leaving it out says."""
    return key == "permissions" and value == "default"


def _plain(value: Any) -> Any:
    """The order of a list of names does not matter."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return sorted(map(str, value)) if isinstance(value, list) else str(value)


def _as_yaml_type(key: str, value: Any) -> Any:
    """A day needs no quotes."""
    return date.fromisoformat(value) if key == "expires_at" else value


def _as_commented(value: Any) -> Any:
    if isinstance(value, dict):
        return CommentedMap({key: _as_commented(_as_yaml_type(key, one)) for key, one in value.items()})
    if isinstance(value, (list, tuple)):
        found = CommentedSeq(map(_as_commented, value))
        if all(not isinstance(one, dict) for one in value):
            found.fa.set_flow_style()
        return found
    return value


def _yaml() -> Any:
    found = YAML()  # the round-trip kind
    found.indent(mapping=2, sequence=4, offset=2)
    found.width = WIDTH
    found.preserve_quotes = True
    return found


def _dump(writer: Any, value: Any) -> str:
    out = StringIO()
    writer.dump(value, out)
    return out.getvalue()
