"""The services behind every face of Token Access: what they change, what they refuse, what they tell."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.allowlist import services
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.policy.levels import Role, Visibility


def refusal_of(code: ErrorCode, call: Any, *args: Any, **kwargs: Any) -> str:
    """The refusal's sentence; fails when the call goes through or is refused for another reason."""
    with pytest.raises(TokenAccessError) as caught:
        call(*args, **kwargs)
    assert caught.value.code is code
    return caught.value.message


def events(project: Project) -> list[tuple[str, str]]:
    """What was told about the project's Token Access, oldest first."""
    changes = AuditEvent.objects.of_project(project.pk).exclude(event__startswith="project_").order_by("id")
    return [(event.event, event.message) for event in changes if not event.event.startswith("member_")]


# --- The limits -------------------------------------------------------------------------------------------------------


def test_a_new_project_is_limited_to_itself_and_its_jobs_may_go_anywhere(cast: Cast) -> None:
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound, settings.takes_job_pushes) == (True, False, False)


def test_limit_access_sets_both_limits_and_audits_real_changes_only(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.maintainer, inbound=True, outbound=True)
    services.limit_access(cast.library, by=cast.maintainer, inbound=False)
    settings = settings_of(cast.library)
    assert (settings.limits_inbound, settings.limits_outbound) == (False, True)
    assert [name for name, _ in events(cast.library)] == [
        "secure_ci_job_token_outbound_enabled",
        "secure_ci_job_token_inbound_disabled",
    ]


def test_the_history_says_who_changed_what(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.maintainer, inbound=False)
    event = AuditEvent.objects.latest("id")
    assert (event.actor_name, event.message) == ("maintainer", "Secure ci_job_token was disabled for inbound")
    assert (event.target_type, event.target_id, event.target_path) == ("project", cast.library.pk, "acme/library")


def test_a_developer_may_not_turn_the_limit(cast: Cast) -> None:
    refusal_of(ErrorCode.FORBIDDEN, services.limit_access, cast.library, by=cast.developer, inbound=False)
    assert settings_of(cast.library).limits_inbound


def test_a_limit_that_the_instance_enforces_stays(cast: Cast) -> None:
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    message = refusal_of(ErrorCode.ENFORCED, services.limit_access, cast.library, by=cast.owner, inbound=False)
    assert message == "Job token scope cannot be disabled for this project because it is enforced for the instance."


def test_a_project_taken_over_from_elsewhere_is_open_both_ways(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.owner, outbound=True)
    services.adopt_existing(cast.library, by=cast.owner)
    settings = settings_of(cast.library)
    assert not settings.limits_inbound
    assert not settings.limits_outbound


def test_set_job_pushes_allows_pushes_by_the_projects_own_jobs(cast: Cast) -> None:
    services.set_job_pushes(cast.library, allowed=True, by=cast.maintainer)
    assert settings_of(cast.library).takes_job_pushes
    assert events(cast.library)[-1][0] == "ci_push_repository_for_job_token_enabled"


# --- Adding -----------------------------------------------------------------------------------------------------------


def test_a_maintainer_of_both_adds_a_project(cast: Cast) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.maintainer)
    assert (entry.added_by, entry.default_permissions, entry.direction) == (cast.maintainer, True, Direction.INBOUND)
    assert events(cast.library) == [
        (
            "secure_ci_job_token_project_added",
            "Project acme/app was added to inbound list of allowed projects for acme/library",
        )
    ]


def test_a_group_is_added_with_chosen_permissions(cast: Cast) -> None:
    wanted = ["read_packages", "admin_jobs"]
    entry = services.add_entry(cast.library, cast.acme, by=cast.owner, default_permissions=False, permissions=wanted)
    assert entry.permissions == ["admin_jobs", "read_packages"]
    assert events(cast.library)[-1] == (
        "secure_ci_job_token_group_added",
        "Group acme was added to list of allowed groups for acme/library, with default permissions: false, "
        "job token policies: admin_jobs, read_packages",
    )


def test_maintainer_of_one_side_is_not_enough(cast: Cast) -> None:
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    projects.member(half, cast.app, Role.DEVELOPER)
    message = refusal_of(ErrorCode.FORBIDDEN, services.add_entry, cast.library, cast.app, by=half)
    assert "both projects" in message
    refusal_of(ErrorCode.FORBIDDEN, services.add_entry, cast.app, cast.library, by=half)
    assert "in the group" in refusal_of(ErrorCode.FORBIDDEN, services.add_entry, cast.library, cast.acme, by=half)
    assert not AllowlistEntry.objects.exists()


def test_the_instance_may_content_itself_with_reading_on_the_other_side(cast: Cast) -> None:
    services.change_instance_settings(by=cast.admin, editor_needs_both=False)
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    refusal_of(ErrorCode.HIDDEN, services.add_entry, cast.library, cast.app, by=half)
    projects.member(half, cast.app, Role.GUEST)
    assert services.add_entry(cast.library, cast.app, by=half)


def test_a_target_one_may_not_see_looks_like_none(cast: Cast) -> None:
    secret = projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
    message = refusal_of(ErrorCode.HIDDEN, services.add_entry, cast.library, secret, by=cast.maintainer)
    assert message.endswith("does not exist or you don't have permission to perform this action")
    refusal_of(ErrorCode.HIDDEN, services.add_entry, cast.library, secret.group, by=cast.maintainer)


def test_a_persons_own_namespace_is_no_group(cast: Cast) -> None:
    from projects.services import create_namespace

    own = create_namespace(cast.maintainer)
    refusal_of(ErrorCode.HIDDEN, services.add_entry, cast.library, own, by=cast.maintainer)


def test_a_project_is_not_listed_twice_nor_with_itself(cast: Cast) -> None:
    services.add_entry(cast.library, cast.app, by=cast.maintainer)
    message = refusal_of(ErrorCode.ALREADY_LISTED, services.add_entry, cast.library, cast.app, by=cast.maintainer)
    assert message == "This project is already in the job token allowlist."
    refusal_of(ErrorCode.SELF, services.add_entry, cast.library, cast.library, by=cast.maintainer)


def test_each_direction_has_its_own_list(cast: Cast) -> None:
    services.add_entry(cast.library, cast.app, by=cast.maintainer)
    entry = services.add_entry(cast.library, cast.app, by=cast.maintainer, direction=Direction.OUTBOUND)
    assert (entry.default_permissions, entry.permissions) == (True, [])


def test_an_outbound_entry_takes_no_permissions(cast: Cast) -> None:
    narrow: dict[str, Any] = {"default_permissions": False, "permissions": ["read_jobs"]}
    outbound = {"by": cast.maintainer, "direction": Direction.OUTBOUND, **narrow}
    refusal_of(ErrorCode.INVALID, services.add_entry, cast.library, cast.app, **outbound)
    assert not cast.library.allowlist.exists()


@pytest.mark.parametrize("wrong", [{"permissions": ["fly"]}, {"direction": "sideways"}])
def test_an_unknown_permission_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    refusal_of(ErrorCode.INVALID, services.add_entry, cast.library, cast.app, by=cast.maintainer, **wrong)


def test_a_list_holds_as_many_of_each_kind_and_direction_as_the_instance_says(cast: Cast) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    third = projects.project("third", group=cast.acme, by=cast.owner)
    below = projects.group("below", parent=cast.acme, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner, direction=Direction.OUTBOUND)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    for direction in Direction.values:
        refusal_of(
            ErrorCode.LIMIT_REACHED,
            services.add_entry,
            cast.library,
            third,
            by=cast.owner,
            direction=direction,
        )
    refusal_of(ErrorCode.LIMIT_REACHED, services.add_entry, cast.library, below, by=cast.owner)


# --- Widening and narrowing -------------------------------------------------------------------------------------------


def narrow(cast: Cast) -> AllowlistEntry:
    return services.add_entry(
        cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["admin_packages"]
    )


@pytest.mark.parametrize(
    ("default", "names", "widens"),
    [
        (False, [], False),
        (False, ["read_packages"], False),
        (False, ["admin_packages", "read_packages"], False),
        (False, ["read_jobs"], True),
        (True, [], True),
    ],
)
def test_widening_takes_both_and_narrowing_one(cast: Cast, default: bool, names: list[str], widens: bool) -> None:
    narrow(cast)
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    projects.member(half, cast.app, Role.REPORTER)
    change: dict[str, Any] = {"target": cast.app, "default_permissions": default, "permissions": names}
    if widens:
        refusal_of(ErrorCode.FORBIDDEN, services.set_permissions, cast.library, by=half, **change)
    else:
        services.set_permissions(cast.library, by=half, **change)
    entry = services.set_permissions(cast.library, by=cast.maintainer, **change)
    assert (entry.default_permissions, set(entry.permissions)) == (default, set(names))


def test_set_permissions_audits_the_new_permissions(cast: Cast) -> None:
    narrow(cast)
    services.set_permissions(
        cast.library, cast.app, default_permissions=False, permissions=["read_jobs"], by=cast.maintainer
    )
    assert events(cast.library)[-1] == (
        "secure_ci_job_token_policies_updated",
        "CI job token updated to default permissions: false, policies: read_jobs",
    )


def test_permissions_of_what_is_not_listed_cannot_be_set(cast: Cast) -> None:
    change: dict[str, Any] = {"target": cast.app, "default_permissions": True, "permissions": []}
    refusal_of(ErrorCode.NOT_LISTED, services.set_permissions, cast.library, by=cast.maintainer, **change)


# --- Removing ---------------------------------------------------------------------------------------------------------


def test_removing_takes_a_maintainer_of_the_list_only(cast: Cast) -> None:
    services.add_entry(cast.library, cast.app, by=cast.maintainer)
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    refusal_of(ErrorCode.FORBIDDEN, services.remove_entry, cast.library, cast.app, by=cast.developer)
    entry = services.remove_entry(cast.library, cast.app, by=half)
    assert entry.target == cast.app
    assert not AllowlistEntry.objects.exists()
    assert events(cast.library)[-1] == (
        "secure_ci_job_token_project_removed",
        "Project acme/app was removed from inbound list of allowed projects for acme/library",
    )


def test_an_entry_for_what_one_may_no_longer_see_can_be_removed(cast: Cast) -> None:
    entry = services.add_entry(cast.library, cast.acme, by=cast.owner)
    half = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    services.delete_entry(entry, by=half)
    services.delete_entry(entry, by=half)
    assert not AllowlistEntry.objects.exists()


def test_an_unlisted_target_differs_from_an_absent_one_only_where_visible(cast: Cast) -> None:
    secret = projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
    refusal_of(ErrorCode.NOT_LISTED, services.remove_entry, cast.library, cast.app, by=cast.maintainer)
    refusal_of(ErrorCode.HIDDEN, services.remove_entry, cast.library, secret, by=cast.maintainer)
    refusal_of(ErrorCode.SELF, services.remove_entry, cast.library, cast.library, by=cast.maintainer)


# --- The instance -----------------------------------------------------------------------------------------------------


def test_instance_settings_are_changed_and_audited(cast: Cast) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=7, enforce_inbound=True)
    services.change_instance_settings(by=cast.admin, allowlist_limit=7)
    current = InstanceSettings.current()
    assert (current.allowlist_limit, current.enforce_inbound) == (7, True)
    messages = AuditEvent.objects.filter(event="instance_settings_updated").values_list("message", flat=True)
    assert list(messages) == ["Instance settings changed: allowlist_limit: 7, inbound_mode: enforced"]


@pytest.mark.parametrize("wrong", [{"nonsense": True}, {"enforce_inbound": 1}, {"allowlist_limit": -1}])
def test_invalid_instance_settings_are_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    refusal_of(ErrorCode.INVALID, services.change_instance_settings, by=cast.admin, **wrong)


def test_the_feature_switch_can_be_turned_off_on_and_back_to_its_default(cast: Cast) -> None:
    services.set_feature_switch("ci_scoped_job_token", active=False, by=cast.admin)
    assert not is_switch_on()
    services.reset_feature_switch("ci_scoped_job_token", by=cast.admin)
    assert is_switch_on()
    texts = AuditEvent.objects.filter(event="feature_switch_changed").order_by("id").values_list("message", flat=True)
    assert [message.rpartition(" ")[2] for message in texts] == ["off", "on"]
