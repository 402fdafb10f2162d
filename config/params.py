"""Reads parameters of an API request and words their faults as the original does (resources.md §0.2).

Values arrive as JSON or as form text; each reader takes either. A missing one is `{"error":"name is missing"}`, a blank
one `is empty`, one of the wrong kind `is invalid`, one outside its choices `does not have a valid value`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

from config.rest import ApiError

MOST_TEXT = 65_536
BIGINT = 2**63 - 1


def _error(text: str) -> ApiError:
    return ApiError(400, {"error": text})


class Params:
    """Parameters of one request: body first, then query (`Params(request.data, request.query_params)`)."""

    def __init__(self, *sources: Any) -> None:
        # A JSON body may be a list or a number; it then carries no parameters.
        self.sources = [source for source in sources if hasattr(source, "get")]

    @classmethod
    def of(cls, request: Any) -> Params:
        return cls(request.data if request.method not in {"GET", "HEAD"} else None, request.query_params)

    def __contains__(self, name: str) -> bool:
        return any(name in source for source in self.sources)

    def raw(self, name: str) -> Any:
        for source in self.sources:
            if name in source:
                return source.get(name)
        return None

    def require(self, *names: str) -> None:
        """Names every missing parameter at once: `a is missing, b is missing`."""
        missing = [name for name in names if name not in self and f"{name}[]" not in self]
        if missing:
            raise _error(", ".join(f"{name} is missing" for name in missing))

    def _present(self, name: str, required: bool) -> Any:
        if name not in self:
            if required:
                raise _error(f"{name} is missing")
            return None
        value = self.raw(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                raise _error(f"{name} is empty")
            return None
        return value

    def text(self, name: str, *, required: bool = False, most: int = MOST_TEXT) -> str | None:
        value = self._present(name, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise _error(f"{name} is invalid")
        value = str(value)
        if "\0" in value or len(value) > most or not _encodable(value):
            raise _error(f"{name} is invalid")
        return value

    def integer(self, name: str, *, required: bool = False, least: int = -BIGINT) -> int | None:
        value = self._present(name, required)
        if value is None:
            return None
        if isinstance(value, str) and len(value) < 20 and value.strip().lstrip("-").isdecimal() and value.isascii():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= BIGINT:
            raise _error(f"{name} is invalid")
        return value

    def boolean(self, name: str, *, required: bool = False) -> bool | None:
        value = self._present(name, required)
        if value is None or isinstance(value, bool):
            return value
        known = {"true": True, "1": True, "t": True, "on": True, "false": False, "0": False, "f": False, "off": False}
        if isinstance(value, str) and value.lower() in known:
            return known[value.lower()]
        raise _error(f"{name} is invalid")

    def choice(self, name: str, choices: Collection[str], *, required: bool = False) -> str | None:
        value = self.text(name, required=required)
        if value is not None and value not in choices:
            raise _error(f"{name} does not have a valid value")
        return value

    def day(self, name: str) -> date | None:
        value = self.text(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value[:10])
        except ValueError:
            raise _error(f"{name} is invalid") from None

    def moment(self, name: str, *, required: bool = False) -> datetime | None:
        """A point in time by ISO 8601, or a day, which means its beginning; without a zone in UTC."""
        value = self.text(name, required=required, most=64)
        if value is None:
            return None
        try:
            # A "+" that was not encoded arrives as a space.
            found = datetime.fromisoformat(value.strip().replace(" ", "+") if "T" in value else value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _error(f"{name} is invalid") from None

    def words(self, name: str, *, required: bool = False) -> list[str] | None:
        """A JSON array, a comma-separated string, or repeated `name[]=` form fields."""
        value: Any = None
        for source in self.sources:
            if hasattr(source, "getlist"):
                value = source.getlist(f"{name}[]") or (source.getlist(name) if name in source else None)
            elif name in source or f"{name}[]" in source:
                value = source.get(name, source.get(f"{name}[]"))
            if value is not None:
                break
        if value is None:
            if required:
                raise _error(f"{name} is missing")
            return None
        parts = [value] if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) and "\0" not in part for part in parts):
            raise _error(f"{name} is invalid")
        return [word.strip() for part in parts for word in part.split(",") if word.strip()]


def _encodable(value: str) -> bool:
    """A lone surrogate is legal JSON and no legal text."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
