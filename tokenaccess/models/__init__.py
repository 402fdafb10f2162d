"""Limits, allowlists, instance settings and the access log."""

from tokenaccess.models.addresses import JobAddress
from tokenaccess.models.allowlist import AllowlistEntry, Direction
from tokenaccess.models.instance import InstanceSettings
from tokenaccess.models.records import AuthorizationRecord, DailyCount, JobUse, RefusalRecord
from tokenaccess.models.rules_file import RulesFile
from tokenaccess.models.settings import TokenAccessSettings
from tokenaccess.models.trial import IgnoredSource

__all__ = [
    "AllowlistEntry",
    "AuthorizationRecord",
    "DailyCount",
    "Direction",
    "IgnoredSource",
    "InstanceSettings",
    "JobAddress",
    "JobUse",
    "RefusalRecord",
    "RulesFile",
    "TokenAccessSettings",
]
