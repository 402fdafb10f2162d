"""Token Access in the administration. What changes goes through the services, as everywhere."""

from tokenaccess.admin import entries, inlines, instance, records

__all__ = ["entries", "inlines", "instance", "records"]
