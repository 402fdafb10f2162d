"""Form bodies as nested parameters (api.input.nested_form). Bodies are small: uploads have readers of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from api.input.nested_form import nest


def read_limited(stream: Any) -> bytes:
    """The whole body. Raises RequestDataTooBig."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise RequestDataTooBig
    return body


def query_pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of `a=1&b=2`, in order. Raises TooManyFieldsSent."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS)
    except ValueError as error:
        raise TooManyFieldsSent from error


class UrlEncodedParser(BaseParser):
    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        return nest(query_pairs(read_limited(stream).decode(errors="replace")))


class MultipartParser(BaseParser):
    """A part with a file name is bytes, which no text parameter takes: nothing is mistaken for what it is not."""

    media_type = "multipart/form-data"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        _, options = parse_options_header(media_type)
        pairs: list[tuple[str, Any]] = []

        def on_field(field: Field) -> None:
            pairs.append(((field.field_name or b"").decode(errors="replace"), _text(field.value)))

        def on_file(file: File) -> None:
            file.file_object.seek(0)
            pairs.append(((file.field_name or b"").decode(errors="replace"), file.file_object.read()))

        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        config = {"MAX_MEMORY_FILE_SIZE": limit, "MAX_BODY_SIZE": limit}
        ended: list[bool] = []
        try:
            parser = FormParser(
                self.media_type, on_field, on_file, lambda: ended.append(True), options.get(b"boundary"), config=config
            )
            parser.write(read_limited(stream))
            parser.finalize()
        except FormParserError as error:
            raise ParseError("The body is not valid multipart/form-data") from error
        if not ended:
            raise ParseError("The body ended early")
        if len(pairs) > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
            raise TooManyFieldsSent
        return nest(pairs)


def _text(value: bytes | None) -> str:
    return (value or b"").decode(errors="replace")
