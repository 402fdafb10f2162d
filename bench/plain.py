"""What the plain server does with a file: a WSGI application that stores one body and hands it out again. No database,
no check, no digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

BLOCK = 1024 * 1024


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    file = Path(os.environ["TOKENACCESS_DATA_DIR"]) / "plain"
    if environ["REQUEST_METHOD"] == "POST":
        # A new file each time, as any server does that keeps the old one until the new one is whole.
        draft = file.with_suffix(".new")
        with draft.open("xb") as output:
            while block := environ["wsgi.input"].read(BLOCK):
                output.write(block)
        draft.replace(file)
        start_response("201 Created", [("Content-Length", "0")])
        return []
    if not file.exists():
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    start_response("200 OK", [("Content-Length", str(file.stat().st_size))])
    return _blocks(file)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as source:
        while block := source.read(BLOCK):
            yield block
