"""Wheels and source archives of Python packages, made in memory."""

from __future__ import annotations

import io
import tarfile
import zipfile
from dataclasses import dataclass

TAG = "py3-none-any"


@dataclass(frozen=True)
class Built:
    file_name: str
    content: bytes


def metadata(name: str, version: str, *more: str) -> bytes:
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", "Summary: A greeting", *more]
    return "\n".join([*lines, "", "Hello.", ""]).encode()


def wheel(name: str = "My.Pkg", version: str = "1.0", *more: str, written: bytes | None = None) -> Built:
    """`more`: lines of its metadata; `written`: other metadata altogether. It installs one module that greets."""
    module = name.lower().replace(".", "_").replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": f"GREETING = 'hello from {name} {version}'\n".encode(),
        f"{info}/METADATA": metadata(name, version, *more) if written is None else written,
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {TAG}\n".encode(),
    }
    record = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
    return Built(f"{module}-{version}-{TAG}.whl", _zip(files | {f"{info}/RECORD": record.encode()}))


def source_archive(name: str = "my_pkg", version: str = "1.0", *more: str) -> Built:
    folder = f"{name}-{version}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for file, content in {
            "PKG-INFO": metadata(name, version, *more),
            f"{name}.py": b"GREETING = 'hello'\n",
        }.items():
            entry = tarfile.TarInfo(f"{folder}/{file}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return Built(f"{folder}.tar.gz", buffer.getvalue())


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content)  # the same bytes at any time
    return buffer.getvalue()
