"""Files that git keeps outside the commits, put in the place of their pointers while git makes an archive."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

SCRIPT = Path(__file__).parent / "filters" / "smudge"
# Larger ones stay pointers: git holds a file that a filter has changed in memory.
MAX_BYTES = 128 * 1024 * 1024


class Smudging:
    """`objects`: oid → file. `config` and `variables` are for git. To be closed."""

    def __init__(self, objects: Mapping[str, Path]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="archive-") if objects else None  # removed in close()
        self.config: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        if self._folder is not None:
            lines = (f"{oid} {path}\n" for oid, path in objects.items())
            (Path(self._folder.name) / "list").write_text("".join(lines))
            self.config = {"filter.lfs.smudge": f"'{SCRIPT}'", "filter.lfs.required": "false"}
            self.variables = {"TOKENACCESS_OBJECTS": self._folder.name}

    def close(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
