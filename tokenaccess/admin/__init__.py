"""Token Access in the admin site, which writes through the services."""

from tokenaccess.admin import entries, inlines, instance, records

__all__ = ["entries", "inlines", "instance", "records"]
