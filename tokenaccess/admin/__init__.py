"""Token Access in the admin site, which writes through the services."""

from tokenaccess.admin import entries, group_rules, inlines, instance, records

__all__ = ["entries", "group_rules", "inlines", "instance", "records"]
