"""What git-lfs writes, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import orjson

from resources.lfs.pointers import MAX_SIZE, is_oid

MAX_BYTES = 1024 * 1024  # of a request
MAX_OBJECTS = 1000  # git-lfs asks for a hundred at a time
UPLOAD, DOWNLOAD = "upload", "download"


class InvalidDocument(Exception):
    """The reason, as a sentence. `status`: of the answer."""

    def __init__(self, text: str, status: int = 422) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class BatchObject:
    """An object that a batch names. `fault`: why it is none, "" if it is one."""

    oid: Any
    size: Any

    @property
    def fault(self) -> str:
        if not is_oid(self.oid):
            return "oid is invalid: it must be a SHA-256 in lower case"
        if type(self.size) is not int or not 0 <= self.size <= MAX_SIZE:
            return "size is invalid: it must be a number of bytes"
        return ""


@dataclass(frozen=True, slots=True)
class Batch:
    operation: str
    objects: list[BatchObject]

    @classmethod
    def parse(cls, document: dict[str, Any]) -> Self:
        """Raises InvalidDocument."""
        operation, objects = document.get("operation"), document.get("objects")
        if operation not in (UPLOAD, DOWNLOAD):
            raise InvalidDocument("operation is invalid: it must be upload or download")
        if document.get("hash_algo", "sha256") != "sha256":
            raise InvalidDocument("hash_algo is invalid: only sha256 is known here", 409)
        transfers = document.get("transfers") or ["basic"]
        if not isinstance(transfers, list) or "basic" not in transfers:
            raise InvalidDocument("transfers is invalid: only basic is known here")
        if not objects:
            raise InvalidDocument("Not found.", 404)
        if not isinstance(objects, list) or not all(isinstance(one, dict) for one in objects):
            raise InvalidDocument("objects is invalid: it must be a list of objects with oid and size")
        if len(objects) > MAX_OBJECTS:
            raise InvalidDocument(f"objects is invalid: at most {MAX_OBJECTS} can be asked for at a time", 413)
        return cls(operation, [BatchObject(one.get("oid"), one.get("size")) for one in objects])


def parse_object(content: bytes) -> dict[str, Any]:
    """Raises InvalidDocument."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidDocument("The body is not valid JSON", 400) from error
    if not isinstance(document, dict):
        raise InvalidDocument("The body is not a JSON object", 400)
    return document
