"""Why a request of a job was refused, for maintainers of the job's project or of the target.

A maintainer of the job's project who may not see the target does not learn whether it exists, nor from the time taken:
hidden and absent both take one check at the gate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from identity.models import User
from jobs.models import Job
from jobs.policy_caller import caller_of
from projects.models import Project
from tokenaccess.access import gate
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.result import Access
from tokenaccess.access_log.job_facts import facts_of_job
from tokenaccess.allowlist.display.conditions import describe_job
from tokenaccess.explanation.explain import describe_steps
from tokenaccess.explanation.group_words import describe_groups
from tokenaccess.explanation.remedies import advise, find_remedy, step_to_mend
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.explanation.target_lists import TargetLists, read_target_lists
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action, Facts, Step, decide, explain
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.reasons import Reason, reason_of

OWN_JOB_ADVICE = _("Use the token of the job that the request is about.")


@dataclass
class Denial:
    """`rule` refused `action`. `sees_source`, `sees_job`: the reader may see the job's project, its jobs; `at_source`,
    `at_target`: they are a maintainer there. `target`: None for one that they may not see, and for an action on a job,
    whose number is `job_asked_for`. `steps`: every rule as it would decide now; none where the reader is told no more
    than that it was refused. `allowed_now`: the same request would be allowed."""

    reader: User
    job: Job
    action: Action
    rule: str
    sees_source: bool
    sees_job: bool
    at_source: bool
    at_target: bool
    target: Project | None
    sentence: str = ""
    steps: tuple[Step, ...] = ()
    facts: Facts = field(default=NO_FACTS)
    allowed_now: bool = False
    job_asked_for: int = 0

    @property
    def action_name(self) -> str:
        return self.action.name.lower()

    @property
    def source_path(self) -> str | None:
        return self.job.project.full_path if self.sees_source else None

    @property
    def target_path(self) -> str | None:
        return None if self.target is None else self.target.full_path

    @property
    def step_rows(self) -> list[dict[str, str]]:
        return describe_steps(self.steps)

    @property
    def advice(self) -> str | Promise:
        """What would admit the job, in words."""
        if self.allowed_now or not self.steps:
            return ""
        if self.rule == "entitled" and NEEDS[self.action].kind is TargetKind.OWN_JOB:
            return OWN_JOB_ADVICE
        return advise(Step(self.rule, self.sentence))

    @cached_property
    def group_sentences(self) -> list[str]:
        """What the groups above the target have to do with it."""
        return describe_groups(self.facts, self.reader, at_target=self.at_target) if self.steps else []

    @property
    def job_lines(self) -> list[str]:
        """What the job is, where its entry asks more of it; its runner's address for maintainers of its project."""
        if self.facts.job_context is None or not self.sees_job:
            return []
        return describe_job(self.facts.job_context, with_address=self.at_source)

    @cached_property
    def lists(self) -> TargetLists:
        if self.target is None or not self.at_target:
            return TargetLists(None)
        return read_target_lists(self.target, self.job.project, self.facts, self.reader, sees_source=self.sees_source)

    @cached_property
    def remedy(self) -> Remedy | None:
        if self.target is None or self.allowed_now:
            return None
        failed = step_to_mend(self.steps, self.rule)
        return find_remedy(failed, self.job.project, self.target, self.reader)


def find_denial(reader: User, *, job_id: int, target_id: int, action: Action, rule: str) -> Denial | None:
    """None for whom it is not to know, and where the job is gone."""
    job = Job.objects.select_related("project", "user").filter(pk=job_id).first()
    if job is None:
        return None
    on_job = NEEDS[action].kind is TargetKind.OWN_JOB
    asked = ABSENT if on_job else IdOrPath("id", target_id)
    there = gate.check_as_user(reader, Action.READ_TOKEN_ACCESS, asked)
    here = gate.check_as_user(reader, Action.READ_TOKEN_ACCESS, IdOrPath("id", job.project_id))
    if not (here.decision.allowed or there.decision.allowed):
        return None
    denial = Denial(
        reader,
        job,
        action,
        rule,
        sees_source=_may(here, Action.READ_PROJECT),
        sees_job=_may(here, Action.READ_JOBS),
        at_source=here.decision.allowed,
        at_target=there.decision.allowed,
        target=there.project if _may(there, Action.READ_PROJECT) else None,
    )
    return _explain(denial, target_id) if denial.target is not None or on_job else denial


def _may(access: Access, action: Action) -> bool:
    return decide(access.caller, action, access.facts).allowed


def _explain(denial: Denial, target_id: int) -> Denial | None:
    """With the reason, and every rule as it would decide now; None where the job or the target is gone meanwhile."""
    job, target = denial.job, denial.target
    found = (caller_of(job), Facts(job_id=target_id)) if target is None else facts_of_job(job, target)
    if found is None:
        return None
    caller, facts = found
    steps = explain(caller, denial.action, facts)
    records = RefusalRecord.objects.filter(job_id=job.pk, project=target, action=denial.action, rule=denial.rule)
    denial.sentence = records.order_by("-last_at").values_list("sentence", flat=True).first() or next(
        (step.sentence for step in steps if step.rule == denial.rule), ""
    )
    denial.steps, denial.facts = steps, facts
    # The branch or tag is not known any more, only the sentence about it.
    denial.allowed_now = all(step.ok for step in steps) and reason_of(denial.sentence) is not Reason.PROTECTED_REF
    denial.job_asked_for = target_id if target is None else 0
    return denial
