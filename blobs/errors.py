"""Why an upload fails, for every route that takes one. `api.rest` answers REST clients with `status` and `text`."""

from __future__ import annotations


class UploadError(Exception):
    """`status` is the HTTP status that says so; `text` the reason as a sentence, "" where the status says it all."""

    status = 400

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.text = text


class TooLarge(UploadError):
    """More bytes than allowed."""

    status = 413


class Truncated(UploadError):
    """The body ended before the length that its headers promised, or before its last part."""

    def __init__(self, text: str = "The request ended too early") -> None:
        super().__init__(text)


class InvalidBody(UploadError):
    """The body is not what its content type says."""


class FileMissing(InvalidBody):
    """The form has no part of the file's name, or the body is no form at all."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is missing")
