"""Settings of the whole instance."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identity.encryption import DecryptionError, decrypt, encrypt
from projects.models import Project
from tokenaccess.policy.levels import InboundMode

# Settings that are kept among the others, and have an effect all the same: whether webhooks of projects and groups, and
# those of the instance, may go to addresses that are none of the internet's.
LOCAL_REQUESTS = "allow_local_requests_from_web_hooks_and_services"
LOCAL_REQUESTS_OF_INSTANCE = "allow_local_requests_from_system_hooks"
KEPT_WITH_EFFECT = frozenset({LOCAL_REQUESTS, LOCAL_REQUESTS_OF_INSTANCE})
INBOUND_MODES = [
    (InboundMode.OPEN.value, _("Open")),
    (InboundMode.TRIAL.value, _("Trial")),
    (InboundMode.ENFORCED.value, _("Enforced")),
]


class _SealedSwitch:
    """A setting that is kept among the others: off until it is set, and while it cannot be read."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: InstanceSettings, owner: type | None = None) -> bool:
        try:
            return instance.others.get(self.name) in {True, "true", "1"}
        except DecryptionError:
            return False

    def __set__(self, instance: InstanceSettings, value: bool) -> None:
        instance.sealed_others = encrypt(json.dumps({**instance.others, self.name: value}))


class InstanceSettings(models.Model):
    """One row, or none while all are at their defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    inbound_mode = models.PositiveSmallIntegerField(
        "limit access to all projects",
        choices=INBOUND_MODES,
        default=InboundMode.OPEN.value,
        help_text=_(
            "Open: each project decides. Trial: what the limit would refuse is recorded in every project that "
            "does not enforce it. Enforced: every project is limited to itself and its list, whatever its own setting "
            "says."
        ),
    )
    allowlist_limit = models.PositiveIntegerField(
        "entries per list", default=200, help_text=_("So many projects and so many groups a list may hold.")
    )
    editor_needs_both = models.BooleanField(
        "an editor is maintainer on both sides",
        default=True,
        help_text=_("Off: to add an entry it is enough to be able to read what is added."),
    )
    unused_entry_days = models.PositiveIntegerField(
        "days until an entry counts as unused",
        default=90,
        help_text=_("An allowlist entry that admitted nobody for so long is shown as unused; 0: none ever is."),
    )
    suspend_unused_entries = models.BooleanField(
        "suspend unused entries",
        default=False,
        help_text=_("They stay on the list, admit nobody, and are restored with one press of a button."),
    )
    access_review_days = models.PositiveIntegerField(
        "days between access reviews",
        default=0,
        help_text=_("A project with entries is due for a review so long after the last one was signed off; 0: never."),
    )
    keep_latest_artifact = models.BooleanField(
        "keep the latest artifacts",
        default=True,
        help_text=_("Off: in every project artifacts go when their time is over, whatever its own setting says."),
    )
    git_push_pipeline_limit = models.PositiveIntegerField(
        "pipelines per push",
        default=4,
        help_text=_("So many branches and tags of one push get a pipeline; 0: all of them."),
    )
    file_template_project = models.ForeignKey(
        Project,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name="project with CI templates",
        help_text=_("Where include: template finds files, for those who may clone it. None: there are no templates."),
    )
    ci_remote_include_hosts = models.JSONField(
        "hosts for include: remote",
        default=list,
        blank=True,
        help_text=_('Whose files CI files may include by https: ["ci.example.org"]. None: files of no other server.'),
    )
    allow_runner_registration_token = models.BooleanField(
        "registration tokens",
        default=False,
        help_text=_(
            "Whoever holds one may add runners for good. Off: runners are created first, and register with a "
            "token of their own."
        ),
    )
    require_two_factor = models.BooleanField(
        "two-factor sign-in for everybody",
        default=False,
        help_text=_(
            "Who signs in without a second factor sets one up before anything else. Passwords open no repository."
        ),
    )
    sealed_others = models.TextField(
        blank=True,
        default="",
        editable=False,
        help_text=_("GitLab's settings that have no effect here, name → value, as JSON and encrypted."),
    )
    updated_at = models.DateTimeField(auto_now=True)

    allow_local_requests_from_web_hooks_and_services = _SealedSwitch(LOCAL_REQUESTS)
    allow_local_requests_from_system_hooks = _SealedSwitch(LOCAL_REQUESTS_OF_INSTANCE)

    class Meta:
        verbose_name = verbose_name_plural = "instance settings"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_instance_settings")]

    def __str__(self) -> str:
        return gettext("Instance settings")

    @property
    def enforce_inbound(self) -> bool:
        return self.inbound_mode == InboundMode.ENFORCED

    @property
    def others(self) -> dict[str, Any]:
        """Raises identity.encryption.DecryptionError."""
        return dict(json.loads(decrypt(self.sealed_others))) if self.sealed_others else {}

    @classmethod
    def current(cls) -> InstanceSettings:
        return cls.objects.filter(pk=1).first() or cls(pk=1)
