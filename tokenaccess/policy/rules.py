"""The rules, each a question with a step for an answer. They only take away: no rule ever grants what another refused.

Order matters for what a refused caller is told, never for whether they are refused.
"""

from __future__ import annotations

from tokenaccess.policy.actions import Action, Kind, Needs
from tokenaccess.policy.callers import Anonymous, Caller, Impostor, Job, Person
from tokenaccess.policy.facts import Facts, Target
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.permissions import covers
from tokenaccess.policy.refs import OnRef
from tokenaccess.policy.steps import Refusal, Step

NOT_LISTED = "Its project is not on the allowlist of the project it asks for."
NOT_SENT_OUT = "Its own project limits where its jobs may go, and does not list this one."

_EXECUTING = frozenset({"running", "canceling"})


def person_of(caller: Caller) -> Person | None:
    if isinstance(caller, Job):
        return caller.person
    return caller if isinstance(caller, Person) else None


def _sees_as_visitor(caller: Caller, target: Target) -> bool:
    """Whether visibility alone shows the target: public to anyone, internal to anyone signed in who is not external."""
    if target.visibility is Visibility.PUBLIC:
        return True
    person = person_of(caller)
    return target.visibility is Visibility.INTERNAL and person is not None and not person.external


def _open_to_visitor(caller: Caller, needs: Needs, target: Target) -> bool:
    """Whether visibility alone opens the action: it is one for visitors, and its feature serves everyone."""
    if not needs.visitors or not _sees_as_visitor(caller, target):
        return False
    if needs.public_jobs and not target.public_jobs:
        return False
    return needs.feature is None or target.features.get(needs.feature) is FeatureLevel.ENABLED


def alive(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """A job's token works while its job runs; nothing works for a blocked person. job-token.md §1.2."""
    person = person_of(caller)
    if isinstance(caller, Impostor):
        return Step("alive", "Nobody holds this credential.", Refusal.DEAD)
    if isinstance(caller, Job):
        if caller.status not in _EXECUTING:
            return Step("alive", "The job is not running.", Refusal.DEAD)
        if caller.erased:
            return Step("alive", "The job has been erased.", Refusal.DEAD)
        if caller.project_gone:
            return Step("alive", "The job's project is gone, or has CI/CD switched off.", Refusal.DEAD)
        if person is None:
            return Step("alive", "The account behind the job is gone.", Refusal.DEAD)
    if person is not None and not person.active:
        return Step("alive", f"The account of {person.username} is blocked.", Refusal.BLOCKED)
    return Step("alive", "The credential is alive.")


def reachable(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """This kind of credential may ever ask for this."""
    if isinstance(caller, Anonymous | Person) and needs.kind is not Kind.OWN_JOB:
        return Step("reachable", "This kind of caller may ask for it.")
    if isinstance(caller, Job) and needs.jobs:
        return Step("reachable", "A job token may ask for it.")
    if isinstance(caller, Anonymous):
        return Step("reachable", "Only a job may ask for it.", Refusal.SIGN_IN)
    return Step("reachable", f"This kind of credential never serves to {action}.", Refusal.HIDDEN)


def scoped(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """A personal token's scopes reach. tokens.md §3."""
    if isinstance(caller, Person) and caller.scopes is not None and not (caller.scopes & needs.scopes):
        wanted = " or ".join(sorted(needs.scopes))
        return Step("scoped", f"The token needs the scope {wanted}.", Refusal.SCOPE)
    return Step("scoped", "The credential's scopes reach.")


def admitted(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """The job's project may come in, and may go out. job-token.md §2; README decisions 2 and 5."""
    target = facts.target
    if needs.kind is not Kind.PROJECT or not isinstance(caller, Job):
        return Step("admitted", "The limits concern jobs that reach for a project.")
    if target is None:
        return Step("admitted", "There is no such project.", Refusal.HIDDEN)
    if target.id == caller.project_id:
        return Step("admitted", "It is the job's own project.")
    if not facts.enforced:
        return Step("admitted", "The instance does not enforce limits (ci_scoped_job_token is off).")
    # The outbound limit is about private targets only.
    goes_out = not facts.outbound_limited or target.visibility is not Visibility.PRIVATE or facts.outbound_listed
    comes_in = not target.limited or facts.entry is not None
    if goes_out and comes_in:
        return Step("admitted", "The job's project is let in.")
    if _open_to_visitor(caller, needs, target):
        return Step("admitted", "The project is open to visitors, and this is something any visitor may do.")
    why = NOT_LISTED if goes_out else NOT_SENT_OUT
    return Step("admitted", why, Refusal.FORBIDDEN if _sees_as_visitor(caller, target) else Refusal.HIDDEN)


def visible(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """The caller may know that the target exists."""
    if needs.kind in {Kind.INSTANCE, Kind.OWN_JOB}:
        return Step("visible", "There is nothing to hide.")
    if facts.target is not None and (facts.role >= Role.GUEST or _sees_as_visitor(caller, facts.target)):
        return Step("visible", "The person may see it.")
    sentence = "There is none of that name." if facts.target is None else "The person may not see it."
    if isinstance(caller, Anonymous) and not needs.visitors:
        return Step("visible", sentence, Refusal.SIGN_IN)
    return Step("visible", sentence, Refusal.HIDDEN)


def permitted(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """The allowlist entry grants what the action needs. job-token.md §2.3; pushing: §8."""
    target = facts.target
    if not isinstance(caller, Job) or target is None or needs.kind is not Kind.PROJECT:
        return Step("permitted", "Entries concern jobs only.")
    own = target.id == caller.project_id
    if action is Action.PUSH_CODE and not (own and target.takes_job_pushes):
        return Step("permitted", "The project does not take pushes by this job's token.", Refusal.FORBIDDEN)
    entry = facts.entry
    if own or not facts.enforced or not target.limited or entry is None or entry.default_permissions:
        return Step("permitted", "No entry narrows what the token may do.")
    if _open_to_visitor(caller, needs, target):
        return Step("permitted", "Any visitor may do it.")
    if needs.permissions and all(covers(entry.permissions, wanted) for wanted in needs.permissions):
        return Step("permitted", "The entry grants it.")
    return Step("permitted", permission_sentence(needs, target), Refusal.PERMISSION)


def permission_sentence(needs: Needs, target: Target) -> str:
    """Sentences d1–d3 of job-token.md §1.5; the path is the last segment."""
    if not needs.permissions:
        return "This action is unauthorized for CI/CD job tokens."
    many = len(needs.permissions) > 1
    return (
        f"Insufficient permissions to access this resource in project {target.path.rpartition('/')[2]}. "
        f"The following token permission{'s are' if many else ' is'} required: {' and '.join(needs.permissions)}."
    )


def enabled(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """The feature is not switched off, and the project is not archived for changes."""
    target = facts.target
    if target is None or needs.kind is not Kind.PROJECT:
        return Step("enabled", "No feature is involved.")
    if needs.feature and target.features.get(needs.feature, FeatureLevel.DISABLED) is FeatureLevel.DISABLED:
        return Step("enabled", f"The project has {needs.feature} switched off.", Refusal.FORBIDDEN)
    if needs.changes and target.archived:
        return Step("enabled", "The project is archived.", Refusal.FORBIDDEN)
    return Step("enabled", "The feature is on.")


def entitled(caller: Caller, action: Action, needs: Needs, facts: Facts) -> Step:
    """The person has the role it takes, also for the branch or tag it touches, or any visitor may do it."""
    if needs.kind is Kind.OWN_JOB:
        return Step("entitled", "A job may always see itself.")
    person = person_of(caller)
    if facts.target is not None and _open_to_visitor(caller, needs, facts.target):
        return Step("entitled", "Any visitor may do it.")
    if needs.kind is Kind.INSTANCE and needs.visitors:
        return Step("entitled", "Anybody may do it.")
    if person is None:
        return Step("entitled", "Only somebody signed in may do it.", Refusal.SIGN_IN)
    if needs.kind is Kind.INSTANCE:
        if needs.role is Role.NONE or person.admin:
            return Step("entitled", "The person may do it.")
        return Step("entitled", "Only an administrator may do it.", Refusal.FORBIDDEN)
    least = _least_role(needs, facts)
    if facts.target is not None and facts.role >= least:
        if facts.on_ref is not None and not facts.on_ref.open_to(facts.role):
            return Step("entitled", _guarded(person, facts.role, facts.on_ref), Refusal.FORBIDDEN)
        return Step("entitled", f"{person.username} is {facts.role.name.lower()} there.")
    has = f"is {facts.role.name.lower()}" if facts.role else "has no role"
    return Step("entitled", f"{person.username} {has} there; it takes {least.name.lower()}.", Refusal.FORBIDDEN)


def _guarded(person: Person, role: Role, on: OnRef) -> str:
    kind = "tag" if on.tag else "branch"
    return f"The {kind} {on.name} is protected: {person.username}, {role.name.lower()} there, may not {on.deed} it."


def _least_role(needs: Needs, facts: Facts) -> Role:
    if needs.public_jobs and facts.target is not None and not facts.target.public_jobs:
        return Role.REPORTER
    return needs.role


RULES = (alive, reachable, scoped, admitted, visible, permitted, enabled, entitled)
