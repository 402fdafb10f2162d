"""The settings as an app (its management commands), Django admin under our own site, and names for apps from elsewhere
that say what they do here."""

from __future__ import annotations

from allauth.account.apps import AccountConfig
from allauth.mfa.apps import MFAConfig
from allauth.socialaccount.apps import SocialAccountConfig
from allauth.usersessions.apps import UserSessionsConfig
from axes.apps import AppConfig as Axes
from django.apps import AppConfig
from django.contrib.admin import apps as admin
from waffle.apps import WaffleConfig


class ConfigConfig(AppConfig):
    name = "config"
    default = True


class AdminConfig(admin.AdminConfig):
    default = False
    default_site = "config.administration.site.Site"

    def ready(self) -> None:
        from config.administration.names import set_names  # needs the apps, which are not loaded before

        set_names()
        super().ready()


class SignInConfig(Axes):
    default = False
    verbose_name = "Sign-in"


class SwitchesConfig(WaffleConfig):
    default = False
    verbose_name = "Feature switches"


class AccountsConfig(AccountConfig):
    default = False
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        """Without the demand for a middleware: `identity.sign_in.flow` does its work around the few views that need it,
        so that no other request pays for it."""
        from allauth.account import checks  # noqa: F401


class TwoFactorConfig(MFAConfig):
    default = False
    verbose_name = "Two-factor sign-in"


class SingleSignOnConfig(SocialAccountConfig):
    default = False
    verbose_name = "Single sign-on"


class SessionsConfig(UserSessionsConfig):
    default = False
    verbose_name = "Sessions"
