"""The settings as an app (its management commands), and Django admin under our own site."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ConfigConfig(AppConfig):
    name = "config"
    default = True


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "config.admin_site.Site"
