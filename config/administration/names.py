"""What models and apps are called in the administration, in the reader's language.

The models do not say it themselves: each such name would be a migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.contrib.admin.templatetags import admin_list
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from config.administration.labels import field_label
from config.administration.titles import TITLES

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Model → one of them, several.
MODELS: dict[str, tuple[str | StrPromise, str | StrPromise]] = {
    "account.EmailAddress": (_("email address"), _("email addresses")),
    "audit.AuditEvent": (_("audit event"), _("audit events")),
    "axes.AccessAttempt": (_("failed attempt"), _("failed attempts")),
    "axes.AccessFailureLog": (_("failed sign-in"), _("failed sign-ins")),
    "axes.AccessLog": (_("sign-in"), _("sign-ins")),
    "blobs.Blob": (_("stored file"), _("stored files")),
    "containers.ContainerRepository": (_("image repository"), _("image repositories")),
    "containers.ImageProtection": (_("image protection"), _("image protections")),
    "containers.Manifest": (_("image manifest"), _("image manifests")),
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
    "jobs.JobArtifact": (_("job artifact"), _("job artifacts")),
    "jobs.JobToken": (_("job token"), _("job tokens")),
    "jobs.Pipeline": (_("pipeline"), _("pipelines")),
    "jobs.RegistrationToken": (_("registration token of runners"), _("registration tokens of runners")),
    "jobs.ResourceGroupMode": (_("resource group"), _("resource groups")),
    "jobs.Runner": (_("runner"), _("runners")),
    "jobs.RunnerManager": (_("machine"), _("machines")),
    "jobs.Schedule": (_("schedule"), _("schedules")),
    "jobs.TriggerToken": (_("trigger token"), _("trigger tokens")),
    "lfs.FileLock": (_("file lock"), _("file locks")),
    "lfs.LfsObject": (_("LFS object"), _("LFS objects")),
    "mfa.Authenticator": (_("second factor"), _("second factors")),
    "oauth.AccessToken": (_("access token"), _("access tokens")),
    "oauth.Application": (_("application"), _("applications")),
    "oauth.DeviceGrant": (_("sign-in of a device"), _("sign-ins of devices")),
    "oauth.Grant": (_("OAuth code"), _("OAuth codes")),
    "oauth.RefreshToken": (_("refresh token"), _("refresh tokens")),
    "packages.DownloadCount": (_("count of downloads"), _("counts of downloads")),
    "packages.NpmTag": (_("npm tag"), _("npm tags")),
    "packages.NpmVersion": (_("npm version"), _("npm versions")),
    "packages.Package": (_("package"), _("packages")),
    "packages.PackageFile": (_("package file"), _("package files")),
    "packages.PackageProtectionRule": (_("package protection rule"), _("package protection rules")),
    "packages.PackageSettings": (_("package settings"), _("package settings")),
    "packages.PypiFile": (_("PyPI file"), _("PyPI files")),
    "packages.TrustedPublisher": (_("trusted publisher"), _("trusted publishers")),
    "packages.UploadToken": (_("upload token"), _("upload tokens")),
    "packages.Yank": (_("yanked package"), _("yanked packages")),
    "projects.Badge": (_("badge"), _("badges")),
    "projects.FormerPath": (_("former path"), _("former paths")),
    "projects.Group": (_("group"), _("groups")),
    "projects.GroupLink": (_("invited group"), _("invited groups")),
    "projects.Membership": (_("membership"), _("memberships")),
    "projects.Project": (_("project"), _("projects")),
    "projects.ProtectedRef": (_("protected branch or tag"), _("protected branches and tags")),
    "releases.Evidence": (_("evidence of a release"), _("evidence of releases")),
    "releases.Release": (_("release"), _("releases")),
    "releases.ReleaseLink": (_("release link"), _("release links")),
    "secure_files.SecureFile": (_("secure file"), _("secure files")),
    "signing.SigningKey": (_("signing key"), _("signing keys")),
    "socialaccount.SocialAccount": (_("single sign-on account"), _("single sign-on accounts")),
    "socialaccount.SocialToken": (_("token of single sign-on"), _("tokens of single sign-on")),
    "ssh_keys.DeployKeyProject": (_("deploy key of a project"), _("deploy keys of projects")),
    "ssh_keys.SshKey": (_("SSH key"), _("SSH keys")),
    "terraform_states.StateVersion": (_("version of a Terraform state"), _("versions of Terraform states")),
    "terraform_states.TerraformState": (_("Terraform state"), _("Terraform states")),
    "tokenaccess.AcceptedFinding": (_("accepted finding"), _("accepted findings")),
    "tokenaccess.AccessReview": (_("access review"), _("access reviews")),
    "tokenaccess.AllowlistEntry": (_("allowlist entry"), _("allowlist entries")),
    "tokenaccess.AuthorizationRecord": (_("authorization record"), _("authorization records")),
    "tokenaccess.AutopopulateRun": (_("run of auto-populate"), _("runs of auto-populate")),
    "tokenaccess.BulkChange": (_("change of many entries"), _("changes of many entries")),
    "tokenaccess.DailyCount": (_("daily count"), _("daily counts")),
    "tokenaccess.GroupAllowlistEntry": (_("group allowlist entry"), _("group allowlist entries")),
    "tokenaccess.GroupIgnoredSource": (_("source ignored by a group"), _("sources ignored by groups")),
    "tokenaccess.GroupRule": (_("group rule"), _("group rules")),
    "tokenaccess.GroupRulesFile": (_("group rules file"), _("group rules files")),
    "tokenaccess.IgnoredSource": (_("ignored source"), _("ignored sources")),
    "tokenaccess.InstanceSettings": (_("instance settings"), _("instance settings")),
    "tokenaccess.JobAddress": (_("job address"), _("job addresses")),
    "tokenaccess.JobUse": (_("use by a job"), _("uses by jobs")),
    "tokenaccess.RefusalRecord": (_("refusal"), _("refusals")),
    "tokenaccess.ReviewedEntry": (_("reviewed entry"), _("reviewed entries")),
    "tokenaccess.RulesFile": (_("rules file"), _("rules files")),
    "tokenaccess.TokenAccessSettings": (_("Token Access settings"), _("Token Access settings")),
    "tokens.AccessTokenBot": (_("bot of an access token"), _("bots of access tokens")),
    "tokens.DeployToken": (_("deploy token"), _("deploy tokens")),
    "usersessions.UserSession": (_("session"), _("sessions")),
    "waffle.Switch": (_("switch"), _("switches")),
}
# Kept beside the others to answer faster; nobody knows of them.
INTERNAL = frozenset({"projects.GroupAncestor", "projects.GroupEffectiveRole", "projects.ProjectEffectiveRole"})
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


def set_names() -> None:
    """Once, before the administration reads them. What migrations compare stays as the models have it."""
    for label, (one, several) in MODELS.items():
        options = apps.get_model(label)._meta
        options.verbose_name, options.verbose_name_plural = one, several
    for label, title in TITLES.items():
        apps.get_model(label).__str__ = title  # type: ignore[assignment]
    for label, name in APPS.items():
        config = apps.get_app_config(label)
        config.verbose_name = name
        for model in config.get_models():
            for field in [*model._meta.fields, *model._meta.many_to_many]:
                field.verbose_name = field_label(field)
    admin_list._boolean_icon = show_answer  # type: ignore[attr-defined]


def show_answer(answer: bool | None) -> str:
    """Yes, no or unknown as a picture; Django has no words for it but Python's."""
    name, words = {True: ("yes", _("yes")), False: ("no", _("no")), None: ("unknown", _("unknown"))}[answer]
    return format_html('<img src="{}" alt="{}">', static(f"admin/img/icon-{name}.svg"), words)
