"""Keeps files of forms in memory: what people upload on pages is small, and may be a secret that must not be written to
the disk as it is."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler

# Of all files of one request. Of what comes beyond that only the length is kept, so that a form can say what is wrong.
MAX_BYTES = 6 * 1024 * 1024


class MemoryUploadHandler(FileUploadHandler):
    _received = 0  # bytes, of all files so far

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._content = BytesIO()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received <= MAX_BYTES:
            self._content.write(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        self._content.seek(0)
        return InMemoryUploadedFile(
            self._content, self.field_name, self.file_name, self.content_type, file_size, self.charset
        )
