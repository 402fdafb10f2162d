"""A push over SSH lasts longer than any request: what the portal has to know of it again is in a ticket that it signs,
in the folder where it meets the hooks."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from django.conf import settings
from django.core import signing

_SALT = "resources.repositories.ssh.tickets"
_MAX_AGE = 86400 * 2  # seconds; no push takes longer


@dataclass(frozen=True, slots=True)
class Ticket:
    key_id: int
    project_id: int
    folder: str
    address: str | None = None

    @classmethod
    def issue(cls, *, key_id: int, project_id: int, address: str | None) -> Self:
        pushes = _pushes()
        pushes.mkdir(parents=True, exist_ok=True, mode=0o700)
        ticket = cls(key_id, project_id, tempfile.mkdtemp(dir=pushes), address)
        descriptor = os.open(Path(ticket.folder) / "ticket", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(signing.dumps(asdict(ticket), salt=_SALT))
        return ticket

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None for one that is not ours, or whose push has ended."""
        try:
            ticket = cls(**signing.loads(text, salt=_SALT, max_age=_MAX_AGE))
        except signing.BadSignature:
            return None
        return ticket if Path(ticket.folder).is_dir() else None

    @property
    def path(self) -> Path:
        return Path(self.folder)

    def write_pusher(self, user_id: int) -> None:
        (self.path / "pusher").write_text(str(user_id))

    def read_pusher(self) -> int:
        """The user whose push it is; 0 before it was judged."""
        path = self.path / "pusher"
        return int(path.read_text()) if path.exists() else 0

    def claim_announcement(self) -> bool:
        """Whether nobody has announced this push yet."""
        try:
            (self.path / "announced").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def list_tickets() -> list[Ticket]:
    """Removes the folders of those that are too old."""
    found = []
    for folder in _pushes().glob("*"):
        path = folder / "ticket"
        ticket = Ticket.read(path.read_text()) if path.exists() else None
        if ticket is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            found.append(ticket)
    return found


def _pushes() -> Path:
    return Path(settings.SSH_DIR) / "pushes"
