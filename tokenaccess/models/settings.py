"""Both directions of a project's limit."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models import Project
from tokenaccess.models.group_rules import GroupRule
from tokenaccess.models.instance import INBOUND_MODES, InstanceSettings
from tokenaccess.policy.levels import AddressMode, InboundMode


class TokenAccessSettings(models.Model):
    """A project without a row has the defaults: limited to itself inbound, not limited outbound.

    contract/README.md decision 3.
    """

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="token_access")
    inbound_mode = models.PositiveSmallIntegerField(
        "limit access to this project",
        choices=INBOUND_MODES,
        default=InboundMode.ENFORCED.value,
        help_text=_("Trial: jobs have access as if it were open, and what the limit would refuse is recorded."),
    )
    limits_outbound = models.BooleanField("limit access from this project", default=False)
    takes_job_pushes = models.BooleanField("allow Git pushes by this project's job tokens", default=False)
    takes_cross_project_pushes = models.BooleanField(
        "allow them by job tokens of projects on the allowlist too",
        default=False,
        help_text=_(
            "Only together with the setting above, while access to this project is limited, and while the "
            "instance's switch allow_push_to_allowlisted_projects is on."
        ),
    )
    address_mode = models.PositiveSmallIntegerField(
        "tokens used from elsewhere",
        choices=[
            (AddressMode.OFF.value, _("Off")),
            (AddressMode.TRIAL.value, _("Trial")),
            (AddressMode.REFUSE.value, _("Refuse")),
        ],
        default=AddressMode.OFF.value,
        help_text=_(
            "What is done about a job token that is not used from where its runner took the job: of this "
            "project's jobs anywhere, and of other projects' jobs here."
        ),
    )
    job_pushes_start_pipelines = models.BooleanField("start pipelines for pushes by job tokens", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "token access settings"

    def __str__(self) -> str:
        return gettext("Token Access of %(place)s") % {"place": self.project}

    @cached_property
    def instance(self) -> InstanceSettings:
        return InstanceSettings.current()

    @cached_property
    def group_mode(self) -> InboundMode:
        """The strictest of the groups above the project."""
        group_id = self.project.group_id
        return GroupRule.objects.strictest_modes([group_id]).get(group_id, InboundMode.OPEN)

    @property
    def limits_inbound(self) -> bool:
        """The project's own setting, as clients see it that know on and off only."""
        return self.inbound_mode == InboundMode.ENFORCED

    @property
    def effective_inbound_mode(self) -> InboundMode:
        """The strictest of the project's own mode, those of the groups above it, and the instance's."""
        return max(InboundMode(self.inbound_mode), self.least_inbound_mode)

    @property
    def least_inbound_mode(self) -> InboundMode:
        """What the groups above and the instance have the project do at least."""
        return max(self.group_mode, InboundMode(self.instance.inbound_mode))

    @property
    def inbound_limit_applies(self) -> bool:
        """Whether the inbound limit takes effect: it is enforced, by the project or by the instance."""
        return self.effective_inbound_mode is InboundMode.ENFORCED
