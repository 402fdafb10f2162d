"""Limits, allowlists, instance settings and the access log."""

from tokenaccess.models.addresses import JobAddress
from tokenaccess.models.allowlist import AllowlistEntry, Direction
from tokenaccess.models.autopopulate_run import AutopopulateRun
from tokenaccess.models.bulk_change import BulkChange
from tokenaccess.models.group_rules import GroupAllowlistEntry, GroupRule
from tokenaccess.models.instance import InstanceSettings
from tokenaccess.models.posture import AcceptedFinding
from tokenaccess.models.records import AuthorizationRecord, DailyCount, JobUse, RefusalRecord
from tokenaccess.models.review import AccessReview, ReviewDecision, ReviewedEntry
from tokenaccess.models.rules_file import GroupRulesFile, RulesFile
from tokenaccess.models.settings import TokenAccessSettings
from tokenaccess.models.trial import GroupIgnoredSource, IgnoredSource

__all__ = [
    "AcceptedFinding",
    "AccessReview",
    "AllowlistEntry",
    "AuthorizationRecord",
    "AutopopulateRun",
    "BulkChange",
    "DailyCount",
    "Direction",
    "GroupAllowlistEntry",
    "GroupIgnoredSource",
    "GroupRule",
    "GroupRulesFile",
    "IgnoredSource",
    "InstanceSettings",
    "JobAddress",
    "JobUse",
    "RefusalRecord",
    "ReviewDecision",
    "ReviewedEntry",
    "RulesFile",
    "TokenAccessSettings",
]
