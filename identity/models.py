"""People, and the tokens they make for themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as DjangoUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from identity.querysets import PersonalTokenQuerySet
from tokenaccess.policy.staff import StaffRole

# A username is also a path: letters, digits, `_`, `-`, `.`, starting with a letter, a digit or `_`.
username_validator = RegexValidator(
    r"^[A-Za-z0-9_][A-Za-z0-9_.-]*\Z",
    "can contain only letters, digits, '_', '-' and '.', and cannot start with '-' or '.'",
)


# Texts that are kept of a person and shown to anyone signed in; nothing here depends on them.
PROFILE_FIELDS = (
    "bio", "discord", "github", "job_title", "linkedin", "location", "organization", "pronouns", "public_email",
    "twitter", "website_url",
)  # fmt: skip


_STAFF_ROLES = {
    StaffRole.VIEWER: gettext_lazy("Viewer: sees every list"),
    StaffRole.OPERATOR: gettext_lazy("Operator: also pauses runners, cancels jobs, deletes packages and locks"),
    StaffRole.SECURITY: gettext_lazy("Security: also revokes tokens and keys, blocks people, rotates signing keys"),
}


class UserManager(DjangoUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)


class User(AbstractUser):
    """A person. `is_active` false means blocked: nothing that acts as this person works any longer."""

    username = models.CharField(
        max_length=150,
        unique=True,
        validators=[username_validator],
        error_messages={"unique": "has already been taken"},
    )
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("display name", max_length=255, blank=True)
    email = models.EmailField(blank=True)
    is_external = models.BooleanField(
        "external", default=False, help_text=_("An external person sees internal projects only as a member.")
    )
    profile = models.JSONField(
        default=dict, blank=True, editable=False, help_text="What people are told besides: PROFILE_FIELDS → text."
    )
    staff_role = models.CharField(
        "role in the administration",
        max_length=16,
        blank=True,
        choices=[(role.value, label) for role, label in _STAFF_ROLES.items()],
        help_text=_("For people who are no administrators. It counts in the administration alone."),
    )
    is_bot = models.BooleanField(
        "bot",
        default=False,
        editable=False,
        help_text="Stands for a project or group access token: nobody signs in as it, and it belongs there only.",
    )

    objects = UserManager()  # type: ignore[misc]

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("username"), name="user_name_ignores_case")]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.name or self.username

    def get_short_name(self) -> str:
        return self.username

    @property
    def state(self) -> str:
        return "active" if self.is_active else "blocked"


class Scope(models.TextChoices):
    """What a personal token may be used for (tokens.md §3); never more than its person may do."""

    API = "api", gettext_lazy("Everything the API offers, packages, and Git read and write")
    READ_API = "read_api", gettext_lazy("Read the API, read packages, Git read")
    READ_USER = "read_user", gettext_lazy("Read your own profile and other people's public one")
    READ_REPOSITORY = "read_repository", gettext_lazy("Clone and fetch over Git, read repository files")
    WRITE_REPOSITORY = "write_repository", gettext_lazy("Clone, fetch and push over Git")
    READ_REGISTRY = "read_registry", gettext_lazy("Pull container images")
    WRITE_REGISTRY = "write_registry", gettext_lazy("Push container images")
    CREATE_RUNNER = "create_runner", gettext_lazy("Create runners")
    MANAGE_RUNNER = "manage_runner", gettext_lazy("Manage runners")
    SUDO = "sudo", gettext_lazy("Act as any person in the API, for administrators; only together with another scope")
    SELF_ROTATE = "self_rotate", gettext_lazy("Replace itself by a new token before it expires")


class HashedToken(models.Model):
    """A secret of which only the keyed digest is kept (identity.secrets)."""

    digest = models.CharField(max_length=64, unique=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def for_authentication(cls) -> models.QuerySet[Any]:
        """The rows that a presented secret may find, with what its use needs (identity.credentials.lookup)."""
        return cls._default_manager.all()


class UsedCredential(models.Model):
    """Knows when it was used last, and the last addresses that used it (identity.credentials.usage)."""

    last_used_at = models.DateTimeField(null=True, editable=False)
    last_used_addresses = models.JSONField(
        default=list, editable=False, help_text=_("`{address, at}` of the last addresses, the newest first.")
    )

    class Meta:
        abstract = True

    @property
    def last_used_ips(self) -> list[str]:
        return [use["address"] for use in self.last_used_addresses]


class UsedToken(UsedCredential, HashedToken):
    """A token that knows its last uses."""

    class Meta:
        abstract = True


class PersonalToken(UsedToken):
    """Acts as its person, within its scopes. Ends on revocation or when `expires_at` (a UTC day) is over.

    A project or group access token is one of a bot (`User.is_bot`). With `impersonation` an administrator made it, and
    its person does not see it.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="personal_tokens")
    name = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateField(null=True, blank=True)
    revoked = models.BooleanField(default=False)
    impersonation = models.BooleanField(default=False, editable=False)
    warned_days = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="So many days before its end its people were last told of it by mail."
    )
    granular_scopes = models.JSONField(
        null=True,
        editable=False,
        help_text="Of a fine-grained token: `{access, permissions, project_ids, group_ids}` each. Empty for others.",
    )
    family = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The first token of the line this one was rotated from; empty for that first one.",
    )

    objects = PersonalTokenQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return gettext("%(token)s of %(person)s") % {"token": self.name, "person": self.user}

    @classmethod
    def for_authentication(cls) -> PersonalTokenQuerySet:
        """Revoked and expired ones too: the answer says which of the two it is."""
        return cls.objects.select_related("user")

    @property
    def expired(self) -> bool:
        """A token is usable until its day ends."""
        return self.expires_at is not None and self.expires_at < today()

    @property
    def active(self) -> bool:
        return not self.revoked and not self.expired

    @property
    def expires_soon(self) -> bool:
        return self.active and self.expires_at is not None and self.expires_at < today() + timedelta(days=7)


def today() -> date:
    return timezone.now().date()
