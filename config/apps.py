"""The settings as an app (its management commands), Django admin under our own site, and names for apps from elsewhere
that say what they do here."""

from __future__ import annotations

from axes.apps import AppConfig as Axes
from django.apps import AppConfig
from django.contrib.admin import apps as admin
from waffle.apps import WaffleConfig


class ConfigConfig(AppConfig):
    name = "config"
    default = True


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "config.admin_site.Site"


class SignInConfig(Axes):
    default = False
    verbose_name = "Sign-in"


class SwitchesConfig(WaffleConfig):
    default = False
    verbose_name = "Feature switches"
