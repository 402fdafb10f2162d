"""Applies a rules file, or tries what applying it would do: everything or nothing, through the services that pages and
API use."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Group, Project
from projects.roles.group_lock import keep_groups_once
from tokenaccess.allowlist import editing_rights, services
from tokenaccess.allowlist.permissions import permission_fields
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.document import PUSHES, EntryRule, RulesDocument
from tokenaccess.rules_file.errors import StalePlanError
from tokenaccess.rules_file.group_apply import apply_to_group
from tokenaccess.rules_file.managed import keep_managed
from tokenaccess.rules_file.plan import Plan, Refusal, make_plan
from tokenaccess.rules_file.rule_set import Change
from tokenaccess.rules_file.rule_terms import rule_terms


@transaction.atomic
@keep_groups_once()
def apply_document(holder: Project | Group, document: RulesDocument, *, by: User | None, plan_hash: str) -> Plan:
    """`plan_hash`: of the plan that was agreed to. Raises StalePlanError if the plan is another one now,
    RulesFileError, and TokenAccessError as the services do, with the path of what it is about."""
    editing_rights.require_maintainer(by, holder)
    lock_holder(holder)
    plan = make_plan(holder, document, by)
    if plan.hash != plan_hash:
        raise StalePlanError
    apply_changes(plan, by=by)
    message = (
        f"Rules file applied to {holder.full_path}: {plan.count('add')} added, "
        f"{plan.count('change')} changed, {plan.count('remove')} removed"
    )
    audit.record("secure_ci_job_token_rules_applied", message, by=by, on=holder, path=holder.full_path)
    keep_managed(holder, plan, by=by)  # last: what is audited after it is drift
    return plan


def try_plan(holder: Project | Group, document: RulesDocument, *, by: User | None) -> Plan:
    """The plan, with what applying it would refuse: each change is made by the service that makes it, and all are taken
    back. Raises as `make_plan`, and TokenAccessError for a holder that is gone."""
    with transaction.atomic(), keep_groups_once():
        lock_holder(holder)
        plan = make_plan(holder, document, by)
        tried = [(change, _try_change(plan, change, by)) for change in plan.changes]
        transaction.set_rollback(True)
    return replace(plan, refusals=tuple(Refusal(change, error) for change, error in tried if error is not None))


def _try_change(plan: Plan, change: Change, by: User | None) -> TokenAccessError | None:
    try:
        with transaction.atomic():
            _apply_change(plan, change, by)
    except TokenAccessError as error:
        return error
    return None


def apply_changes(plan: Plan, *, by: User | None) -> None:
    """In the order of the plan: what goes before what comes, so that a full list has room."""
    for change in plan.changes:
        try:
            _apply_change(plan, change, by)
        except TokenAccessError as error:
            raise TokenAccessError(f"{change.name}: {error.message}", error.code) from error


def _apply_change(plan: Plan, change: Change, by: User | None) -> None:
    if isinstance(plan.holder, Group):
        apply_to_group(plan.holder, change, plan.targets, by)
    elif change.rule is None:
        _apply_setting(plan.holder, change, by)
    else:
        _apply_entry(plan.holder, plan, change, change.rule, by)


def _apply_setting(project: Project, change: Change, by: User | None) -> None:
    section, _, name = change.what.partition(".")
    match section:
        case "mode":
            services.set_inbound_mode(project, InboundMode[change.after.upper()], by=by)
        case "outbound_limit":
            services.limit_access(project, by=by, outbound=change.after)
        case _:
            services.set_job_pushes(project, by=by, **{PUSHES[name]: change.after})


def _apply_entry(project: Project, plan: Plan, change: Change, rule: EntryRule, by: User | None) -> None:
    assert change.key is not None
    target = plan.targets[change.key]
    if change.verb == "remove":
        services.delete_entry(_entry(project, change), by=by)
    elif change.verb == "add":
        terms = rule_terms(rule, project)
        services.add_entry(
            project, target, by=by, direction=change.what, terms=terms, **permission_fields(rule.permissions)
        )
    else:
        if change.before.permissions != rule.permissions:
            services.set_permissions(project, target, by=by, **permission_fields(rule.permissions))
        services.set_terms(_entry(project, change), rule_terms(rule, project), by=by)


def _entry(project: Project, change: Change) -> AllowlistEntry:
    """Also one whose target is marked for deletion, which has no name any more."""
    assert change.key is not None
    kind, pk = change.key
    rows = AllowlistEntry.objects.filter(project=project, direction=change.what, **{f"target_{kind}": pk})
    return rows.select_related("project", "target_project", "target_group").get()
