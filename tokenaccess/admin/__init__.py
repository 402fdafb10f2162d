"""Token Access in the admin site, which writes through the services."""

from tokenaccess.admin import audit_events, entries, group_rules, inlines, instance, records

__all__ = ["audit_events", "entries", "group_rules", "inlines", "instance", "records"]
