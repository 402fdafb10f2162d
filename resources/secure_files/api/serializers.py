"""Secure files as JSON: all but what is in them."""

from __future__ import annotations

from pathlib import PurePath

from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer
from resources.secure_files.models import SecureFile


class SecureFileSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    checksum = serializers.CharField(source="sha256")
    checksum_algorithm = Constant("sha256")
    created_at = Moment()
    # What GitLab reads out of certificates.
    expires_at = Constant(None)
    metadata = Constant(None)
    file_extension = serializers.SerializerMethodField()

    def get_file_extension(self, file: SecureFile) -> str | None:
        return PurePath(file.name).suffix.removeprefix(".") or None
