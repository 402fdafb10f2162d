"""Limits, allowlists, instance settings and the access log."""

from tokenaccess.models.allowlist import AllowlistEntry, Direction
from tokenaccess.models.instance import InstanceSettings
from tokenaccess.models.records import AuthorizationRecord, JobUse, RefusalRecord
from tokenaccess.models.settings import TokenAccessSettings

__all__ = [
    "AllowlistEntry",
    "AuthorizationRecord",
    "Direction",
    "InstanceSettings",
    "JobUse",
    "RefusalRecord",
    "TokenAccessSettings",
]
