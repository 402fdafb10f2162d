"""The one change that would admit a job: in words, and as a button for who may make it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, Match
from tokenaccess.allowlist.group_rules.lack import Lack
from tokenaccess.explanation.list_remedies import Case, add_remedy, find_list_remedies, revive_remedy
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.models import AllowlistEntry, InstanceSettings
from tokenaccess.policy import Step
from tokenaccess.policy.reasons import Reason

# By the rule that refused: what to change so that the job is admitted.
ADVICE: dict[str, str | Promise] = {
    "alive": gettext_lazy("The token is valid only while its job runs. Run the job again."),
    "reachable": gettext_lazy("Job tokens never have access to this."),
    "admitted": gettext_lazy(
        "Add the job's project, or a group above it, to the allowlist of the target project; where the ceiling of a "
        "group above the target leaves it out, to the list of that group."
    ),
    "visible": gettext_lazy("Give the user who started the job a role in the target project."),
    "declared": gettext_lazy("Add what is missing to TOKEN_ACCESS of the job in the CI file, and run it again."),
    "permitted": gettext_lazy(
        "Give the allowlist entry of the job's project more permissions, or those of the user's role."
    ),
    "enabled": gettext_lazy("Enable the feature in the target project, or unarchive it."),
    "entitled": gettext_lazy("Give the user who started the job a higher role in the target project."),
    "located": gettext_lazy(
        "If the job does run there, add the network to the runner's networks. If not, somebody else has its token: "
        "stop the token."
    ),
}
_RENEW, _RESTORE = gettext_lazy("Renew the entry."), gettext_lazy("Restore the entry that is suspended.")
# By the reason, where the rule alone does not say enough.
ADVICE_FOR: dict[Reason, str | Promise] = {
    Reason.EXPIRED: _RENEW,
    Reason.EXPIRED_OUTBOUND: _RENEW,
    Reason.SUSPENDED: _RESTORE,
    Reason.SUSPENDED_OUTBOUND: _RESTORE,
    Reason.CONDITION: gettext_lazy("Let the job meet the condition of the entry, or change the condition."),
    Reason.NOT_LISTED_OUTBOUND: gettext_lazy("Add the target project to the outbound list of the job's project."),
    Reason.BARRED: gettext_lazy(
        "Add the job's project, or a group above it, to the list of the group whose ceiling leaves it out."
    ),
    Reason.PROTECTED_REF: gettext_lazy(
        "Let the role of the user who started the job run pipelines on the branch or tag, or protect it no more."
    ),
    Reason.OWN_PROJECT: gettext_lazy(
        "Let a job of the target project do it: no allowlist entry gives this to another project's job."
    ),
}


def advise(step: Step) -> str | Promise:
    return ADVICE_FOR.get(step.reason) or ADVICE.get(step.rule, "")


def step_to_mend(steps: Iterable[Step], refused_by: str) -> Step | None:
    """The first that would refuse the same request now; that the job has ended meanwhile is not what keeps the next one
    out. `refused_by`: the rule that refused it."""
    ended = "" if refused_by == "alive" else "alive"
    return next((step for step in steps if not step.ok and step.rule != ended), None)


def find_remedy(step: Step | None, source: Project, target: Project, reader: User) -> Remedy | None:
    """For who may press it; None for anybody else, and for what no single change here mends."""
    if step is None or step.rule not in {"admitted", "permitted"}:
        return None
    match step.reason:
        case Reason.NOT_LISTED_OUTBOUND:
            return _list_outbound(source, target, reader)
        case Reason.EXPIRED_OUTBOUND | Reason.SUSPENDED_OUTBOUND:
            own = AllowlistEntry.objects.outbound().filter(project=source, target_project=target)
            return _revive_outbound(own.select_related("project", "target_project").first(), reader)
    match = match_of(target, source)
    case = Case(source.pk, source.group_id, source.full_path, match, _lack_of(step))
    return find_list_remedies(target, [case], reader)[0]


def _lack_of(step: Step) -> Lack:
    if step.rule == "permitted":
        return Lack.PERMISSION
    lacks = {Reason.EXPIRED: Lack.LAPSED, Reason.SUSPENDED: Lack.LAPSED, Reason.CONDITION: Lack.CONDITION}
    return lacks.get(step.reason, Lack.ENTRY)


def _list_outbound(source: Project, target: Project, reader: User) -> Remedy | None:
    if not editing_rights.is_maintainer(reader, source):
        return None
    if not editing_rights.can_add(reader, target, InstanceSettings.current()):
        return None
    return add_remedy("project_token_access_add_outbound", source, target.full_path, is_elsewhere=False)


def _revive_outbound(entry: AllowlistEntry | None, reader: User) -> Remedy | None:
    if entry is None or not editing_rights.is_maintainer(reader, entry.holder):
        return None
    if not editing_rights.can_add(reader, entry.target, InstanceSettings.current()):
        return None
    return revive_remedy(entry, entry.holder, entry.target.full_path)


def match_of(target: Project, source: Project) -> Match:
    """What the lists of the target, own and inherited, say of the source; entries with what they name."""
    return InboundMatcher(target, source=source, named=True).matches([source])[source.pk]


def matching_entry(target: Project, source: Project) -> AnyEntry | None:
    """The nearest, also if it has lapsed, own or inherited."""
    return match_of(target, source).entry
