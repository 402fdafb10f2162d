"""What requests may set of groups, projects and members."""

from __future__ import annotations

from typing import Any

from api.input.fields import Boolean, Choice, Day, Integer, Level, NumberChoice, Text, Words
from api.input.parameters import Parameters
from api.serializers import with_fields
from projects.extensions import settings
from tokenaccess.policy.features import FEATURES
from tokenaccess.policy.levels import FeatureLevel, Role, VariablesLevel, Visibility

MAX_NAME = 255
ROLES = {level.value: level for level in Role if level}


def without(names: str, harmless: Any = None) -> dict[str, Any]:
    """Entries of `unsupported`: each name with the value that asks for nothing this server lacks."""
    return dict.fromkeys(names.split(), harmless)


class FeatureSwitch(Boolean):
    """Older clients switch a feature by a yes or no."""

    def to_internal_value(self, data: Any) -> Any:
        return FeatureLevel.ENABLED if super().to_internal_value(data) else FeatureLevel.DISABLED


# --- Groups -----------------------------------------------------------------------------------------------------------

_GROUP_SETTINGS_OF_GITLAB: dict[str, Any] = {
    **without(
        "allow_personal_snippets allowed_email_domains_list default_branch default_branch_protection "
        "default_branch_protection_defaults duo_availability duo_features_enabled enabled_git_access_protocol "
        "extra_shared_runners_minutes_limit file_template_project_id ip_restriction_ranges "
        "math_rendering_limits_enabled max_artifacts_size organization_id project_creation_level "
        "resource_access_token_notify_inherited shared_runners_minutes_limit shared_runners_setting "
        "step_up_auth_required_oauth_provider subgroup_creation_level two_factor_grace_period "
        "unique_project_download_limit unique_project_download_limit_alertlist unique_project_download_limit_allowlist "
        "unique_project_download_limit_interval_in_seconds web_based_commit_signing_enabled wiki_access_level avatar"
    ),
    **without(
        "auto_ban_user_on_excessive_projects_download auto_devops_enabled emails_enabled experiment_features_enabled "
        "lfs_enabled lock_duo_features_enabled lock_math_rendering_limits_enabled lock_shared_runners_enabled "
        "mentions_disabled membership_lock only_allow_merge_if_pipeline_succeeds prevent_forking_outside_group "
        "prevent_sharing_groups_outside_hierarchy remove_dormant_members request_access_enabled "
        "require_two_factor_authentication service_access_tokens_expiration_enforced share_with_group_lock",
        False,
    ),
    "emails_disabled": True,
}


class NewGroup(Parameters):
    name = Text(required=True)
    path = Text(required=True)
    parent_id = Integer()
    visibility = Level(Visibility, default=Visibility.PRIVATE)
    description = Text(allow_blank=True, default="")

    unsupported = _GROUP_SETTINGS_OF_GITLAB


class GroupChanges(Parameters):
    name = Text(refuse_blank=True)
    path = Text()
    visibility = Level(Visibility)
    description = Text(allow_blank=True)

    unsupported = _GROUP_SETTINGS_OF_GITLAB


class GroupReading(Parameters):
    # GitLab adds the first hundred projects unless told not to; lists of them are a page of their own here.
    unsupported = {"with_custom_attributes": False, "with_projects": False}


class GroupDeletion(Parameters):
    unsupported = {"full_path": None, "permanently_remove": True}


# --- Projects ---------------------------------------------------------------------------------------------------------

_PROJECT_SETTINGS_OF_GITLAB: dict[str, Any] = {
    **without(
        "approvals_before_merge auto_devops_deploy_strategy avatar build_coverage_regex "
        "ci_delete_pipelines_in_seconds container_expiration_policy_attributes "
        # How GraphQL calls the limit on access to a project; here PATCH …/job_token_scope sets it.
        "ci_inbound_job_token_scope_enabled "
        "default_branch_protection external_authorization_classification_label import_url issue_branch_template "
        "issues_template max_artifacts_size merge_commit_template merge_requests_template mirror_branch_regex "
        "mirror_user_id protect_merge_request_pipelines repository_object_format repository_storage "
        "resource_group_default_process_mode squash_commit_template suggestion_commit_message tag_list topics"
    ),
    **without(
        "allow_merge_on_skipped_pipeline auto_devops_enabled auto_duo_code_review_enabled autoclose_referenced_issues "
        "ci_allow_fork_pipelines_to_run_in_parent_project ci_forward_deployment_enabled "
        "ci_forward_deployment_rollback_allowed container_registry_enabled emails_enabled "
        "enforce_auth_checks_on_uploads issues_enabled lfs_enabled "
        "merge_pipelines_enabled merge_requests_enabled merge_trains_enabled merge_trains_skip_train_allowed mirror "
        "mirror_overwrites_diverged_branches mirror_trigger_builds mr_default_target_self "
        "only_allow_merge_if_all_discussions_are_resolved only_allow_merge_if_all_status_checks_passed "
        "only_allow_merge_if_pipeline_succeeds only_mirror_protected_branches pre_receive_secret_detection_enabled "
        "prevent_merge_without_jira_issue printing_merge_request_link_enabled "
        "remove_source_branch_after_merge request_access_enabled resolve_outdated_diff_discussions "
        "restrict_merge_to_up_to_date service_desk_enabled show_default_award_emojis show_diff_preview_in_email "
        "snippets_enabled spp_repository_pipeline_access warn_about_potentially_unwanted_characters wiki_enabled",
        False,
    ),
    **without(
        "analytics_access_level container_registry_access_level feature_flags_access_level forking_access_level "
        "infrastructure_access_level issues_access_level merge_requests_access_level model_experiments_access_level "
        "model_registry_access_level monitor_access_level operations_access_level pages_access_level "
        "releases_access_level requirements_access_level security_and_compliance_access_level snippets_access_level "
        "wiki_access_level",
        "disabled",
    ),
    **without("only_allow_merge_if_build_succeeds public wall_enabled", False),
    "builds_enabled": True,
    **without(
        "allow_pipeline_trigger_approve_deployment ci_display_pipeline_variables web_based_commit_signing_enabled",
        False,
    ),
    "ci_restrict_pipeline_cancellation_role": "developer",
    "runner_token_expiration_interval": None,
    "emails_disabled": True,
    "environments_access_level": "enabled",
    "group_runners_enabled": True,
    "merge_method": "merge",
    "squash_option": "never",
}


class Either(Choice):
    """Yes or no in two words of GitLab's."""

    def __init__(self, yes: str, no: str, **options: Any) -> None:
        self.yes = yes
        super().__init__([yes, no], **options)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data) == self.yes


def _feature_parameters() -> dict[str, Any]:
    """Where both name a feature, its level counts more than its switch."""
    switches = {row.switch: FeatureSwitch(source=row.column) for row in FEATURES if row.switch}
    return {**switches, **{row.column: Level(FeatureLevel) for row in FEATURES}}


@with_fields(_feature_parameters())
class _ProjectFields(Parameters):
    """Model field → value of what the request names. Given empty, texts are emptied."""

    name = Text()
    path = Text()
    description = Text(allow_blank=True)
    default_branch = Text(max_length=MAX_NAME)
    visibility = Level(Visibility)
    lfs_enabled = Boolean()
    public_builds = Boolean(source="public_jobs")
    public_jobs = Boolean()
    shared_runners_enabled = Boolean()
    keep_latest_artifact = Boolean()
    # What older clients say instead of a role. Where both are named, the role counts.
    restrict_user_defined_variables = Boolean()
    ci_pipeline_variables_minimum_override_role = Level(VariablesLevel, source="pipeline_variables_level")
    auto_cancel_pending_pipelines = Either("enabled", "disabled", source="auto_cancel_pipelines")
    build_git_strategy = Either("fetch", "clone", source="fetches_code")
    ci_separated_caches = Boolean(source="separate_caches")
    ci_id_token_sub_claim_components = Words(source="id_token_subject", allow_empty=False)
    ci_config_path = Text(max_length=MAX_NAME, allow_blank=True)
    build_timeout = Integer(min_value=0)
    ci_default_git_depth = Integer(source="git_depth", min_value=0)


class NewProject(_ProjectFields):
    initialize_with_readme = Boolean(default=False)

    at_least_one_of = ("name", "path")
    unsupported = {
        **_PROJECT_SETTINGS_OF_GITLAB,
        **without("group_with_project_templates_id template_name template_project_id use_custom_template"),
        "use_custom_template": False,
    }


class NewOwnProject(NewProject):
    namespace_id = Text(max_length=1024)


class ProjectChanges(_ProjectFields):
    """With the settings that other apps keep (projects.extensions.settings)."""

    name = Text(refuse_blank=True)

    unsupported = _PROJECT_SETTINGS_OF_GITLAB

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), **{extra.name: Boolean() for extra in settings.EXTENSIONS}}

    @classmethod
    def reader(cls) -> ProjectChanges:
        """A new one each time: apps add their settings while Django starts."""
        return cls()


class ProjectReading(Parameters):
    unsupported = without("license statistics with_custom_attributes", False)


class ProjectDeletion(Parameters):
    unsupported = {"full_path": None, "permanently_remove": True}


# --- Members ----------------------------------------------------------------------------------------------------------


class UserIdInAddress(Parameters):
    user_id = Integer(required=True)


class MemberChanges(Parameters):
    access_level = NumberChoice(ROLES, required=True, source="role")
    expires_at = Day(allow_null=True)

    unsupported = {"member_role_id": None}


class NewMember(MemberChanges):
    user_id = Integer()
    username = Text(max_length=MAX_NAME)

    exactly_one_of = ("user_id", "username")
    unsupported = {"member_role_id": None, "tasks_project_id": None, "tasks_to_be_done": None}


class NewGroupLink(Parameters):
    group_id = Integer(required=True, min_value=1)
    group_access = NumberChoice(ROLES, required=True, source="role")
    expires_at = Day()

    unsupported = {"member_role_id": None}


class GroupTransfer(Parameters):
    """Without a group: to the top."""

    group_id = Integer(min_value=1)


class ProjectTransfer(Parameters):
    """The number or path of a group, or somebody's username."""

    namespace = Text(required=True, max_length=1024)


class NewFork(Parameters):
    name = Text(max_length=MAX_NAME, refuse_blank=True)
    path = Text(max_length=MAX_NAME, refuse_blank=True)
    namespace = Text(max_length=1024)
    namespace_id = Integer(min_value=1)
    namespace_path = Text(max_length=1024)
    description = Text(allow_blank=True)
    visibility = Level(Visibility)

    mutually_exclusive = ("namespace_id", "namespace_path")
    unsupported = {"branches": None, "mr_default_target_self": False}


class MemberRemoval(Parameters):
    unsupported = {"skip_subresources": False, "unassign_issuables": False}
