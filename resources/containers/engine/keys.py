"""The certificates that the registry trusts: a bundle in a file, which it reads when it starts.

The keys are those of `signing`, where one signs and the next one is ready. The next one's certificate is in the bundle
already: a rotation makes it sign, and the running registry accepts its tokens at once. Tokens of the former key stay
good, because its certificate is in the bundle that the registry has read.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils import timezone

from signing import rotation
from signing.keys import PrivateKey, keep
from signing.models import Purpose, SigningKey


def bundle_path() -> Path:
    return _folder() / "trusted.pem"


def ensure_keys() -> None:
    """Makes what is missing, and writes the bundle for the next start of the registry."""
    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    _take_over_files()
    write_bundle()


def write_bundle() -> None:
    certificates = [row.certificate for row in rotation.published_keys(Purpose.REGISTRY)]
    path = bundle_path()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(certificates))
        file.flush()
        os.fsync(descriptor)
    os.replace(temporary, path)


def _take_over_files() -> None:
    """Former versions kept the keys in files, and a registry that is still running trusts those."""
    files = {name: _folder() / f"{name}.pem" for name in ("current", "next")}
    if not all(path.exists() for path in files.values()):
        return
    if not SigningKey.objects.filter(purpose=Purpose.REGISTRY).exists():
        for name, path in files.items():
            pem = path.read_bytes()
            private: PrivateKey = load_pem_private_key(pem, None)  # type: ignore[assignment]
            row = keep(Purpose.REGISTRY, private, x509.load_pem_x509_certificate(pem))
            row.signs_from = timezone.now() if name == "current" else None
            row.save()
    for path in files.values():
        path.unlink()


def _folder() -> Path:
    return Path(settings.REGISTRY_DIR) / "keys"
