"""What models and apps are called in the administration, in the reader's language.

The models do not say it themselves: each such name would be a migration.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils import timezone
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _

from config.administration.labels import field_label

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Model → one of them, several.
MODELS: dict[str, tuple[str | StrPromise, str | StrPromise]] = {
    "audit.AuditEvent": (_("audit event"), _("audit events")),
    "axes.AccessAttempt": (_("failed attempt"), _("failed attempts")),
    "axes.AccessFailureLog": (_("failed sign-in"), _("failed sign-ins")),
    "axes.AccessLog": (_("sign-in"), _("sign-ins")),
    "containers.ContainerRepository": (_("image repository"), _("image repositories")),
    "containers.ImageProtection": (_("image protection"), _("image protections")),
    "containers.Tag": (_("image tag"), _("image tags")),
    "hooks.Delivery": (_("delivery"), _("deliveries")),
    "hooks.Hook": (_("webhook"), _("webhooks")),
    "identity.PersonalToken": (_("personal token"), _("personal tokens")),
    "identity.User": (_("person"), _("people")),
    "jobs.CiVariable": (_("CI variable"), _("CI variables")),
    "jobs.CommitStatus": (_("commit status"), _("commit statuses")),
    "jobs.Deployment": (_("deployment"), _("deployments")),
    "jobs.Environment": (_("environment"), _("environments")),
    "jobs.IdTokenPath": (_("path in ID tokens"), _("paths in ID tokens")),
    "jobs.Job": (_("job"), _("jobs")),
    "jobs.JobToken": (_("job token"), _("job tokens")),
    "jobs.JobArtifact": (_("job artifact"), _("job artifacts")),
    "jobs.Pipeline": (_("pipeline"), _("pipelines")),
    "jobs.Runner": (_("runner"), _("runners")),
    "jobs.RunnerManager": (_("machine"), _("machines")),
    "jobs.Schedule": (_("schedule"), _("schedules")),
    "jobs.TriggerToken": (_("trigger token"), _("trigger tokens")),
    "lfs.FileLock": (_("file lock"), _("file locks")),
    "lfs.LfsObject": (_("LFS object"), _("LFS objects")),
    "mfa.Authenticator": (_("second factor"), _("second factors")),
    "oauth.AccessToken": (_("access token"), _("access tokens")),
    "oauth.Application": (_("application"), _("applications")),
    "packages.Package": (_("package"), _("packages")),
    "packages.PackageFile": (_("package file"), _("package files")),
    "packages.PackageProtectionRule": (_("package protection rule"), _("package protection rules")),
    "packages.PackageSettings": (_("package settings"), _("package settings")),
    "packages.TrustedPublisher": (_("trusted publisher"), _("trusted publishers")),
    "projects.Badge": (_("badge"), _("badges")),
    "projects.Group": (_("group"), _("groups")),
    "projects.Membership": (_("membership"), _("memberships")),
    "projects.Project": (_("project"), _("projects")),
    "projects.ProtectedRef": (_("protected branch or tag"), _("protected branches and tags")),
    "releases.Release": (_("release"), _("releases")),
    "releases.ReleaseLink": (_("release link"), _("release links")),
    "secure_files.SecureFile": (_("secure file"), _("secure files")),
    "signing.SigningKey": (_("signing key"), _("signing keys")),
    "socialaccount.SocialAccount": (_("single sign-on account"), _("single sign-on accounts")),
    "ssh_keys.SshKey": (_("SSH key"), _("SSH keys")),
    "terraform_states.TerraformState": (_("Terraform state"), _("Terraform states")),
    "tokenaccess.AcceptedFinding": (_("accepted finding"), _("accepted findings")),
    "tokenaccess.AccessReview": (_("access review"), _("access reviews")),
    "tokenaccess.AllowlistEntry": (_("allowlist entry"), _("allowlist entries")),
    "tokenaccess.AuthorizationRecord": (_("authorization record"), _("authorization records")),
    "tokenaccess.DailyCount": (_("daily count"), _("daily counts")),
    "tokenaccess.GroupAllowlistEntry": (_("group allowlist entry"), _("group allowlist entries")),
    "tokenaccess.GroupRule": (_("group rule"), _("group rules")),
    "tokenaccess.GroupRulesFile": (_("group rules file"), _("group rules files")),
    "tokenaccess.InstanceSettings": (_("instance settings"), _("instance settings")),
    "tokenaccess.JobAddress": (_("job address"), _("job addresses")),
    "tokenaccess.RefusalRecord": (_("refusal"), _("refusals")),
    "tokenaccess.ReviewedEntry": (_("reviewed entry"), _("reviewed entries")),
    "tokenaccess.RulesFile": (_("rules file"), _("rules files")),
    "tokenaccess.TokenAccessSettings": (_("Token Access settings"), _("Token Access settings")),
    "tokens.DeployToken": (_("deploy token"), _("deploy tokens")),
    "waffle.Switch": (_("switch"), _("switches")),
}
APPS: dict[str, str | StrPromise] = {
    "audit": _("Audit"),
    "axes": _("Sign-in"),
    "containers": _("Container registry"),
    "hooks": _("Webhooks"),
    "identity": _("People"),
    "jobs": _("Build"),
    "lfs": _("Git LFS"),
    "mfa": _("Two-factor sign-in"),
    "oauth": _("OAuth"),
    "packages": _("Packages"),
    "projects": _("Projects"),
    "releases": _("Releases"),
    "secure_files": _("Secure files"),
    "signing": _("Signing keys"),
    "socialaccount": _("Single sign-on"),
    "ssh_keys": _("SSH keys"),
    "terraform_states": _("Terraform states"),
    "tokenaccess": _("Token Access"),
    "tokens": _("Tokens"),
    "waffle": _("Feature switches"),
}


def _sign_in_title(row: Any) -> str:
    return f"{row.username}, {localize(timezone.localtime(row.attempt_time))}"


# Of the models of packages → what a row is called, instead of words that are always English.
ROWS: dict[str, Callable[[Any], str]] = {
    "axes.AccessAttempt": _sign_in_title,
    "axes.AccessFailureLog": _sign_in_title,
    "axes.AccessLog": _sign_in_title,
}


def set_names() -> None:
    """Once, before the administration reads them. What migrations compare stays as the models have it."""
    for label, (one, several) in MODELS.items():
        options = apps.get_model(label)._meta
        options.verbose_name, options.verbose_name_plural = one, several
    for label, title in ROWS.items():
        apps.get_model(label).__str__ = title  # type: ignore[assignment]
    for label, name in APPS.items():
        config = apps.get_app_config(label)
        config.verbose_name = name
        for model in config.get_models():
            for field in [*model._meta.fields, *model._meta.many_to_many]:
                field.verbose_name = field_label(field)
