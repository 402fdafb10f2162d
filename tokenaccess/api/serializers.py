"""Limits, allowlists and settings of the instance as JSON (job-token.md §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer
from identity.sign_in.users import signed_in_user
from jobs.models import Job
from projects.api.serializers import BasicProjectSerializer
from projects.models import Group, Project
from tokenaccess.access.gate import permitted_ids
from tokenaccess.allowlist.impact.many_trials import MAX_NAMED, MAX_ROWS
from tokenaccess.models import InstanceSettings
from tokenaccess.models.instance import KEPT_WITH_EFFECT
from tokenaccess.policy import Action
from tokenaccess.policy.levels import INBOUND_MODE_NAMES


class JobTokenScopeSerializer(serializers.Serializer[Any]):
    """Both limits as they take effect."""

    inbound_enabled = serializers.BooleanField()
    outbound_enabled = serializers.BooleanField()


class InboundModeSerializer(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(INBOUND_MODE_NAMES, help_text="The project's own.")
    effective_mode = serializers.ChoiceField(
        ["off", *INBOUND_MODE_NAMES],
        help_text="The stricter of the project's and the instance's; off: the instance enforces no limits.",
    )


class InstanceModeSerializer(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(["off", *INBOUND_MODE_NAMES], help_text="Open: each project decides.")


class AddressShareSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(help_text="How far back the figures go.")
    jobs = serializers.IntegerField(help_text="That used their tokens.")
    elsewhere = serializers.IntegerField(help_text="Of those, that used them from elsewhere than where they run.")


class AddressCheckSerializer(AddressShareSerializer):
    mode = serializers.ChoiceField(["off", "trial", "refuse"])


class RunnerNetworksSerializer(AddressShareSerializer):
    networks = serializers.ListField(child=serializers.CharField())


class TrialSourceSerializer(ResponseSerializer):
    project_id = serializers.IntegerField(source="project.pk")
    project_path = serializers.CharField(source="path")
    count = serializers.IntegerField(help_text="Requests.")
    actions = serializers.ListField(child=serializers.CharField(), help_text="What they wanted.")
    last_at = Moment(source="at")


class AddressTrialJobSerializer(ResponseSerializer):
    job_id = serializers.IntegerField()
    project_path = serializers.CharField(help_text="Of the job.")
    count = serializers.IntegerField(help_text="Requests.")
    addresses = serializers.ListField(child=serializers.CharField(), help_text="That its token was used from.")
    last_at = Moment(source="at")


class AddressTrialSerializer(ResponseSerializer):
    mode = serializers.ChoiceField(["off", "trial", "refuse"])
    jobs = serializers.IntegerField(source="share.jobs", help_text="That used their tokens.")
    elsewhere = serializers.IntegerField(source="share.elsewhere", help_text="Those of them that did so elsewhere.")
    would_be_refused = serializers.IntegerField(source="count", help_text="Jobs with requests that the trial recorded.")
    hidden = serializers.IntegerField(help_text="Of those, jobs of projects that you may not see.")
    refused = AddressTrialJobSerializer(many=True, source="listed", help_text="The latest first, 50 at most.")


class TrialSerializer(ResponseSerializer):
    days = serializers.IntegerField()
    sources = serializers.IntegerField(help_text="Projects whose jobs had access.")
    would_be_refused = serializers.IntegerField(source="count", help_text="Of those, without the ignored ones.")
    hidden = serializers.IntegerField(help_text="Of those, projects that you may not see.")
    refused = TrialSourceSerializer(many=True, help_text="The rarest first.")
    ignored = TrialSourceSerializer(many=True)
    began_at = Moment(source="began", allow_null=True, help_text="When the limit went on trial; null: it is on none.")
    addresses = AddressTrialSerializer(help_text="Of tokens used from elsewhere, which have a trial of their own.")


class TrialTargetSerializer(ResponseSerializer):
    id = serializers.IntegerField(source="pk")
    path = serializers.CharField(source="full_path")


class ManyTrialsSourceSerializer(TrialSourceSerializer):
    refused_by = TrialTargetSerializer(many=True, source="targets", help_text=f"At most {MAX_NAMED} of them.")
    refused_by_count = serializers.IntegerField(source="target_count", help_text="Projects that would refuse it.")


class ManyTrialsSerializer(TrialSerializer):
    addresses = None  # type: ignore[assignment] # where tokens are used from is a question of each project
    projects = serializers.IntegerField(help_text="On trial, whoever put them there.")
    refused = ManyTrialsSourceSerializer(many=True, help_text=f"The rarest first, {MAX_ROWS} at most.")
    ignored = ManyTrialsSourceSerializer(many=True, help_text="By the group; the instance ignores none.")
    more = serializers.IntegerField(help_text="Sources that would be refused besides those, more often.")
    is_cut = serializers.BooleanField(help_text="The log has more than was looked at: all figures are at least so.")


class PreflightAnswerSerializer(serializers.Serializer[Any]):
    project = serializers.CharField(help_text="As it was asked for.")
    action = serializers.CharField()
    allowed = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text="Of the answer to such a request; null: no refusal.")
    message = serializers.CharField(allow_null=True)
    trial = serializers.CharField(
        allow_null=True, help_text="Why it would be refused if the project enforced the limit that it tries."
    )
    access_reason = serializers.CharField(allow_null=True, help_text="For maintainers, as X-Access-Reason.")


class StepSerializer(serializers.Serializer[Any]):
    rule = serializers.CharField()
    verdict = serializers.ChoiceField(
        ["passed", "trial", "refused"], help_text="Trial: would refuse if it were enforced."
    )
    sentence = serializers.CharField()


class ExplanationSerializer(ResponseSerializer):
    allowed = serializers.BooleanField()
    trial = serializers.BooleanField(help_text="Allowed only as long as the target tries its limit.")
    source: Any = serializers.CharField(source="source_path")
    target = serializers.CharField(source="target_path", allow_null=True, help_text="Null: none that you can see.")
    username = serializers.CharField(source="user.username")
    action = serializers.CharField(source="action_name")
    steps = StepSerializer(many=True, source="step_rows")
    mode = serializers.ChoiceField(
        ["off", *INBOUND_MODE_NAMES],
        allow_null=True,
        help_text="Of the target's limit as it takes effect. For the target's maintainers.",
    )
    entry = serializers.CharField(
        allow_null=True,
        source="entry_path",
        help_text="The allowlist entry that applies. For the target's maintainers.",
    )
    nearest_entry = serializers.CharField(
        allow_null=True, source="miss_path", help_text="Where none applies, the one nearest to the source."
    )
    groups = serializers.ListField(
        child=serializers.CharField(),
        source="group_sentences",
        help_text="What the groups above the target have to do with it.",
    )
    change = serializers.CharField(allow_null=True, help_text="What would admit the job.")


class HiddenProjectSerializer(serializers.Serializer[Any]):
    """Of a listed project that the reader may not see, the id: enough to take it off the list."""

    id = serializers.IntegerField()
    description = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    name_with_namespace = serializers.CharField(allow_null=True)
    path = serializers.CharField(allow_null=True)
    path_with_namespace = serializers.CharField(allow_null=True)
    web_url = serializers.URLField(allow_null=True)


_HIDDEN = [name for name in HiddenProjectSerializer._declared_fields if name != "id"]


class ListedProjectSerializer(BasicProjectSerializer):
    """A listed project, or what is shown in place of a hidden one."""

    def prepare(self, rows: Sequence[Project]) -> None:
        self.seen = permitted_ids(signed_in_user(self.context["request"]), Action.READ_PROJECT, rows)
        super().prepare([project for project in rows if project.pk in self.seen])

    def to_representation(self, instance: Project) -> dict[str, Any]:
        if instance.pk in self.seen:
            known: dict[str, Any] = super().to_representation(instance)
            return known
        return {"id": instance.pk, **dict.fromkeys(_HIDDEN)}


class ListedGroupSerializer(ResponseSerializer):
    """Of a group that the reader may not see, the id."""

    id = serializers.IntegerField()
    web_url = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[Group]) -> None:
        visible = Group.objects.visible_to(signed_in_user(self.context["request"]))
        self.seen = set(visible.filter(pk__in=[group.pk for group in rows]).values_list("pk", flat=True))

    def get_web_url(self, group: Group) -> str | None:
        return self.absolute_url(f"/groups/{group.full_path}") if group.pk in self.seen else None

    def get_name(self, group: Group) -> str | None:
        return group.name if group.pk in self.seen else None


class AddedProjectSerializer(serializers.Serializer[Any]):
    source_project_id = serializers.IntegerField()
    target_project_id = serializers.IntegerField()


class AddedGroupSerializer(serializers.Serializer[Any]):
    source_project_id = serializers.IntegerField()
    target_group_id = serializers.IntegerField()


class ApplicationSettingsSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    enforce_ci_inbound_job_token_scope_enabled = serializers.BooleanField(source="enforce_inbound")
    ci_job_token_allowlist_limit = serializers.IntegerField(source="allowlist_limit")
    ci_job_token_editor_needs_both = serializers.BooleanField(source="editor_needs_both")
    ci_job_token_unused_entry_days = serializers.IntegerField(source="unused_entry_days")
    ci_job_token_suspend_unused_entries = serializers.BooleanField(source="suspend_unused_entries")
    ci_job_token_access_review_days = serializers.IntegerField(source="access_review_days")
    keep_latest_artifact = serializers.BooleanField()
    git_push_pipeline_limit = serializers.IntegerField()
    file_template_project_id = serializers.IntegerField(allow_null=True)
    ci_remote_include_hosts = serializers.ListField(child=serializers.CharField())
    allow_runner_registration_token = serializers.BooleanField()
    require_two_factor_authentication = serializers.BooleanField(source="require_two_factor")
    allow_local_requests_from_web_hooks_and_services = serializers.BooleanField()
    allow_local_requests_from_system_hooks = serializers.BooleanField()
    updated_at = Moment(allow_null=True, help_text="Null if nobody has changed anything yet.")
    warnings = serializers.ListField(
        child=serializers.CharField(), source="others", help_text="Settings that are kept and have no effect here."
    )

    def to_representation(self, instance: InstanceSettings) -> dict[str, Any]:
        others = instance.others
        idle = sorted(set(others) - KEPT_WITH_EFFECT)
        warnings = [f"{name} is kept and has no effect on this server" for name in idle]
        return {**others, **super().to_representation(instance), "warnings": warnings}


class _WithOtherSettings(OpenApiSerializerExtension):
    """GitLab's settings that are kept, each under its name."""

    target_class = ApplicationSettingsSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": {"x-free-form": "as it was set"}}


class ReachedSerializer(ResponseSerializer):
    project_path = serializers.CharField(source="path", help_text="Empty for a project that you may not see.")
    origin_path = serializers.CharField(help_text="The project whose jobs it was.")
    used = serializers.DictField(child=serializers.CharField(), help_text="What for, each with its last moment.")
    last_authorized_at = Moment(source="at")


class StoppedJobSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    project_id = serializers.IntegerField()
    project_path = serializers.CharField(source="project.full_path")


class JobTokenStopSerializer(ResponseSerializer):
    stopped_at = Moment(source="at")
    since = Moment()
    jobs = StoppedJobSerializer(many=True, help_text="The jobs whose token was stopped.")
    reached = ReachedSerializer(many=True, help_text="What jobs of the same projects reached since then.")


class OwnJobSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    stage = serializers.CharField()
    status = serializers.CharField()
    ref = serializers.CharField(source="pipeline.ref")
    pipeline_id = serializers.IntegerField()
    web_url = serializers.SerializerMethodField()

    def get_web_url(self, job: Job) -> str:
        return self.absolute_url(f"/{job.project.full_path}/-/jobs/{job.pk}")


class OwnProjectSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    path_with_namespace = serializers.CharField(source="full_path")


class JobPersonSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    username = serializers.CharField()


class OwnTokenSerializer(ResponseSerializer):
    job = OwnJobSerializer()
    project = OwnProjectSerializer(source="job.project")
    user = JobPersonSerializer(source="job.user", help_text="Who the job acts as.")
    token_access = serializers.CharField(allow_null=True, help_text="What is left, in words; null: everything.")
    permissions = serializers.ListField(
        child=serializers.CharField(), allow_null=True, help_text="Null: all, also what no permission grants."
    )
    projects = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="Null: all.")
    expires_at = Moment(allow_null=True, help_text="It ends with its job, at the latest then.")


class FeatureGateSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    value = serializers.BooleanField()


class FeatureSerializer(serializers.Serializer[Any]):
    """A state, and the one gate there is."""

    name = serializers.CharField()
    state = serializers.ChoiceField(["on", "off"])
    gates = FeatureGateSerializer(many=True)
    definition = Constant(None)
