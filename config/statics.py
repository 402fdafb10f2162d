"""Collects the static files when they changed, and only then: it takes seconds, and most starts have nothing new."""

from __future__ import annotations

import hashlib
from importlib.metadata import distributions
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

_STAMP = ".collected"
# Of installed packages: pages that nothing leads to, and each of their files is compressed.
_UNUSED = ["rest_framework"]


def collect() -> bool:
    """Whether there was anything to do."""
    root = Path(settings.STATIC_ROOT)
    stamp, now = root / _STAMP, _fingerprint()
    if stamp.exists() and stamp.read_text() == now:
        return False
    call_command("collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=_UNUSED)
    stamp.write_text(now)
    return True


def _fingerprint() -> str:
    """Of our own files by size and time, of the installed packages by version."""
    seen = hashlib.sha256()
    for folder in settings.STATICFILES_DIRS:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file():
                found = path.stat()
                seen.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    for name in sorted(f"{package.name} {package.version}" for package in distributions()):
        seen.update(name.encode())
    return seen.hexdigest()
