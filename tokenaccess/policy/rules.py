"""The rules, each a question with a step for an answer. They only take away: no rule ever grants what another refused.

`person` is `person_of(caller)`, which they all ask about.

Order matters for what a refused caller is told, never for whether they are refused.
"""

from __future__ import annotations

from tokenaccess.policy import passes
from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.callers import (
    Anonymous,
    Caller,
    DeployKey,
    DeployToken,
    InvalidCredential,
    Job,
    Person,
    Upload,
)
from tokenaccess.policy.facts import Entry, EntryState, Facts, Target
from tokenaccess.policy.granular import GranularScope, opens, permissions_for
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, VariablesLevel, Visibility
from tokenaccess.policy.location import located
from tokenaccess.policy.narrowing import VARIABLE
from tokenaccess.policy.needs import Needs
from tokenaccess.policy.permissions import covers
from tokenaccess.policy.protected_refs import ProtectedRefContext
from tokenaccess.policy.reasons import (
    BARRED_BY_CEILING,
    LAPSED_INBOUND,
    LAPSED_OUTBOUND,
    NOT_LISTED_INBOUND,
    NOT_LISTED_OUTBOUND,
    OWN_PROJECT_ONLY,
)
from tokenaccess.policy.steps import Refusal, Step

_NARROWED = f"The job narrowed its token ({VARIABLE})"
_EXECUTING = frozenset({"running", "canceling"})
_ROLE_NAMES = {role: role.name.lower() for role in Role}


def person_of(caller: Caller) -> Person | None:
    """The caller, or the person behind a calling job."""
    if isinstance(caller, Job):
        return caller.person
    return caller if isinstance(caller, Person) else None


def _sees_as_visitor(person: Person | None, target: Target) -> bool:
    """Whether visibility alone shows the target: public to anyone, internal to anyone signed in who is not external."""
    if target.visibility is Visibility.PUBLIC:
        return True
    return target.visibility is Visibility.INTERNAL and person is not None and not person.external


def _open_to_visitor(person: Person | None, needs: Needs, target: Target) -> bool:
    """Whether visibility alone opens the action: it is one for visitors, and its feature serves everyone."""
    if not needs.visitors or not _sees_as_visitor(person, target):
        return False
    if needs.public_jobs and not target.public_jobs:
        return False
    return needs.feature is None or target.features.get(needs.feature) is FeatureLevel.ENABLED


def alive(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """A job's token works while its job runs; nothing works for a blocked person. job-token.md §1.2."""
    if isinstance(caller, InvalidCredential):
        return Step("alive", "The credential is not valid.", Refusal.UNAUTHENTICATED)
    if isinstance(caller, Job):
        if caller.status not in _EXECUTING:
            return Step("alive", "The job is not running.", Refusal.UNAUTHENTICATED)
        if caller.stopped:
            return Step("alive", "The job's token was stopped.", Refusal.UNAUTHENTICATED)
        if caller.erased:
            return Step("alive", "The job has been erased.", Refusal.UNAUTHENTICATED)
        if caller.project_gone:
            return Step("alive", "The job's project is deleted, or its CI/CD is turned off.", Refusal.UNAUTHENTICATED)
        if person is None:
            return Step("alive", "The user of the job has been deleted.", Refusal.UNAUTHENTICATED)
        if caller.upload is not None and caller.upload.expired:
            return Step("alive", "The upload token has expired.", Refusal.UNAUTHENTICATED)
    if person is not None and not person.active:
        return Step("alive", f"The account of {person.username} is blocked.", Refusal.BLOCKED)
    return passes.ALIVE


def reachable(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """This kind of credential may ever ask for this."""
    if isinstance(caller, Person) and caller.bot and not needs.bots:
        return Step("reachable", f"A project or group access token can never {action}.", Refusal.FORBIDDEN)
    if isinstance(caller, DeployToken) and needs.deploy_scopes:
        return Step("reachable", "A deploy token may ask for it.")
    if isinstance(caller, DeployKey) and needs.deploy_keys:
        return Step("reachable", "A deploy key may ask for it.")
    if isinstance(caller, Person) and caller.only_project and not _is_target(caller.only_project, facts):
        return Step("reachable", "The token is for another project.", Refusal.HIDDEN)
    if isinstance(caller, Anonymous | Person) and needs.kind is not TargetKind.OWN_JOB:
        return passes.CALLER_MAY_ASK
    if isinstance(caller, Job) and caller.upload is not None and not needs.uploads:
        return Step("reachable", f"An upload token can never {action}.", Refusal.HIDDEN)
    if isinstance(caller, Job) and needs.jobs:
        # Whether there is such a project is not looked at: the answer is the same.
        if needs.own_project and (facts.target is None or facts.target.id != caller.project_id):
            return Step("reachable", OWN_PROJECT_ONLY, Refusal.OWN_PROJECT)
        return passes.JOB_MAY_ASK
    if isinstance(caller, Anonymous):
        return Step("reachable", "Only a job may ask for it.", Refusal.SIGN_IN)
    return Step("reachable", f"This kind of credential can never {action}.", Refusal.HIDDEN)


def scoped(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The scopes of a personal or deploy token reach. tokens.md §3."""
    if isinstance(caller, DeployToken) and not (caller.scopes & needs.deploy_scopes):
        return Step("scoped", _scope_sentence(needs.deploy_scopes), Refusal.SCOPE)
    if isinstance(caller, Person) and caller.granular is not None:
        return _scoped_granular(caller.granular, action, needs, facts)
    if isinstance(caller, Person) and caller.scopes is not None and not (caller.scopes & needs.scopes):
        return Step("scoped", _scope_sentence(needs.scopes), Refusal.SCOPE)
    if isinstance(caller, DeployKey) and needs.changes and _is_enabled(caller, facts) and not _pushes(caller, facts):
        return Step("scoped", "The deploy key may only read there.", Refusal.SCOPE)
    return passes.IN_SCOPE


def _is_target(project_id: int, facts: Facts) -> bool:
    return facts.target is not None and facts.target.id == project_id


def _is_enabled(key: DeployKey, facts: Facts) -> bool:
    return facts.target is not None and facts.target.id in key.projects


def _pushes(key: DeployKey, facts: Facts) -> bool:
    return facts.target is not None and facts.target.id in key.pushes_to


def _scoped_granular(scopes: tuple[GranularScope, ...], action: Action, needs: Needs, facts: Facts) -> Step:
    """A fine-grained token has the permission there. What is not there is refused as what it does not reach."""
    placeless = needs.kind is TargetKind.INSTANCE
    if (placeless or facts.place is not None) and opens(scopes, action, None if placeless else facts.place):
        return Step("scoped", "The token's permissions suffice.")
    names = " or ".join(permissions_for(action)) or "that no fine-grained token can have"
    return Step("scoped", f"The token needs the permission {names} there.", Refusal.SCOPE)


def _scope_sentence(scopes: frozenset[str]) -> str:
    return f"The token needs the scope {' or '.join(sorted(scopes))}."


def admitted(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The job's project may come in, and may go out. job-token.md §2; contract/README.md decisions 2 and 5."""
    target = facts.target
    if needs.kind is not TargetKind.PROJECT or not isinstance(caller, Job):
        return passes.NOT_LIMITED
    if target is None:
        return Step("admitted", "There is no such project.", Refusal.HIDDEN)
    if caller.upload is not None and not caller.upload.is_for(target.id):
        return Step("admitted", "The upload token is for another project.", Refusal.HIDDEN)
    if target.id == caller.project_id:
        return passes.OWN_PROJECT
    if not facts.switch_on:
        return Step("admitted", "The instance does not enforce limits (ci_scoped_job_token is off).")
    # The outbound limit is about private targets only.
    goes_out = not facts.outbound_limited or target.visibility is not Visibility.PRIVATE or facts.outbound_listed
    # A trusted publisher names the job's project, as an entry does, for one package.
    is_free = target.mode is not InboundMode.ENFORCED or caller.upload is not None
    not_in = "" if is_free else _inbound_refusal(facts)
    if goes_out and not not_in:
        return passes.ADMITTED
    if _open_to_visitor(person, needs, target):
        return Step("admitted", "The project is visible to everyone, and any visitor may do this.")
    why = not_in if goes_out else _outbound_refusal(facts.outbound_lapse)
    return Step("admitted", why, Refusal.FORBIDDEN if _sees_as_visitor(person, target) else Refusal.HIDDEN)


def _inbound_refusal(facts: Facts) -> str:
    """Why the list does not admit the job, "" if it does."""
    entry = facts.entry
    if entry is None:
        return BARRED_BY_CEILING if facts.barred_by else NOT_LISTED_INBOUND
    if entry.state is not EntryState.ACTIVE:
        return LAPSED_INBOUND[entry.state]
    for asked in entry.conditions:
        if unmet := asked.refusal(facts.job_context):
            return unmet
    return ""


def _outbound_refusal(lapse: EntryState | None) -> str:
    return NOT_LISTED_OUTBOUND if lapse is None else LAPSED_OUTBOUND[lapse]


def visible(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The caller may know that the target exists."""
    if needs.kind in {TargetKind.INSTANCE, TargetKind.OWN_JOB}:
        return passes.NOTHING_HIDDEN
    if isinstance(caller, Job) and caller.upload and facts.target and caller.upload.is_for(facts.target.id):
        return Step("visible", "The upload token is for it.")
    if facts.target is not None and (facts.role >= Role.GUEST or _sees_as_visitor(person, facts.target)):
        return passes.VISIBLE
    if isinstance(caller, DeployKey) and _is_enabled(caller, facts):
        return Step("visible", "The deploy key is enabled there.")
    if facts.target is not None and isinstance(caller, DeployToken) and facts.is_home:
        return Step("visible", "It is where the deploy token belongs.")
    sentence = "There is no target of that name." if facts.target is None else "The person may not see it."
    if isinstance(caller, Anonymous) and not needs.visitors:
        return Step("visible", sentence, Refusal.SIGN_IN)
    return Step("visible", sentence, Refusal.HIDDEN)


def declared(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The job did not give it up when it narrowed its token. job-token.md §2.5. No visibility makes up for it."""
    if not isinstance(caller, Job) or caller.narrowing is None:
        return passes.NOT_NARROWED
    target = facts.target
    if target is None or needs.kind is not TargetKind.PROJECT:
        return Step("declared", "A narrowing is about projects.")
    if (needs.prepares or facts.in_own_run) and target.id == caller.project_id:
        return Step("declared", "The runner needs it for the job itself.")
    name = target.path.rpartition("/")[2]
    if not caller.narrowing.reaches(target.path):
        return Step("declared", f"{_NARROWED} and did not name the project {name}.", Refusal.PERMISSION)
    if not caller.narrowing.grants(needs.permissions):
        what = " and ".join(needs.permissions) or "an action that no permission grants"
        return Step("declared", f"{_NARROWED} and did not ask for {what} in project {name}.", Refusal.PERMISSION)
    return passes.DECLARED


def permitted(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The allowlist entry grants what the action needs. job-token.md §2.3; pushing: §8."""
    target = facts.target
    if not isinstance(caller, Job) or target is None or needs.kind is not TargetKind.PROJECT:
        return passes.NO_ENTRY_APPLIES
    if caller.upload is not None:
        return Step("permitted", "A trusted publisher says what may be done.")
    own = target.id == caller.project_id
    if action is Action.PUSH_CODE and (why := _push_refusal(own, needs, facts, target)):
        return Step("permitted", why, Refusal.FORBIDDEN)
    entry = facts.entry
    is_free = own or not facts.switch_on or target.mode is not InboundMode.ENFORCED
    if is_free or entry is None or entry.default_permissions:
        return passes.NOT_RESTRICTED
    if _open_to_visitor(person, needs, target):
        return Step("permitted", "Any visitor may do it.")
    if _grants(entry, needs):
        return Step("permitted", "The entry grants it.")
    return Step("permitted", permission_sentence(needs, target), Refusal.PERMISSION)


def _push_refusal(own: bool, needs: Needs, facts: Facts, target: Target) -> str:
    """Why a job may not push, "" if it may. Another project's job has to pass every gate; only a project that limits
    access has a list of those it trusts so far."""
    entry = facts.entry
    if not target.takes_job_pushes:
        return "The project does not allow pushes with job tokens."
    if own:
        return ""
    if not target.takes_cross_project_pushes:
        return "The project allows pushes with the tokens of its own jobs only."
    if not facts.cross_project_pushes:
        return "The instance lets no job push to another project (allow_push_to_allowlisted_projects is off)."
    if not facts.switch_on or target.mode is not InboundMode.ENFORCED:
        return "The project does not limit access, so no other project's job may push to it."
    if entry is None or not grants(entry, needs):
        return "The entry of the job's project does not grant admin_repositories."
    return ""


def grants(entry: Entry, needs: Needs) -> bool:
    """Whether the entry, where it applies, lets a job do it."""
    return entry.default_permissions or _grants(entry, needs)


def _grants(entry: Entry, needs: Needs) -> bool:
    return bool(needs.permissions) and all(covers(entry.permissions, wanted) for wanted in needs.permissions)


def permission_sentence(needs: Needs, target: Target) -> str:
    """Sentences d1–d3 of job-token.md §1.5; the path is the last segment."""
    if not needs.permissions:
        return "This action is unauthorized for CI/CD job tokens."
    many = len(needs.permissions) > 1
    return (
        f"Insufficient permissions to access this resource in project {target.path.rpartition('/')[2]}. "
        f"The following token permission{'s are' if many else ' is'} required: {' and '.join(needs.permissions)}."
    )


def enabled(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The feature is not switched off, and the project is not archived for changes."""
    target = facts.target
    if target is None or needs.kind is not TargetKind.PROJECT:
        return passes.NO_FEATURE
    if needs.feature and target.features.get(needs.feature, FeatureLevel.DISABLED) is FeatureLevel.DISABLED:
        return Step("enabled", f"The project has {needs.feature} turned off.", Refusal.FORBIDDEN)
    if needs.changes and target.archived:
        return Step("enabled", "The project is archived.", Refusal.FORBIDDEN)
    return passes.ENABLED


def entitled(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """The person has the role it takes, also for the branch or tag it touches, or any visitor may do it."""
    if needs.kind is TargetKind.OWN_JOB:
        return _entitled_to_own_job(caller, facts)
    if isinstance(caller, Job) and caller.upload is not None:
        return _entitled_to_upload(caller.upload, facts)
    if needs.visitors and needs.kind is TargetKind.INSTANCE:
        return Step("entitled", "Anybody may do it.")
    if needs.visitors and facts.target is not None and _open_to_visitor(person, needs, facts.target):
        return Step("entitled", "Any visitor may do it.")
    if isinstance(caller, DeployToken):
        return _entitled_deploy_token(needs, facts)
    if isinstance(caller, DeployKey):
        return _entitled_deploy_key(caller, needs, facts)
    if person is None:
        return Step("entitled", "Only somebody signed in may do it.", Refusal.SIGN_IN)
    return _entitled_person(person, needs, facts)


def _entitled_person(person: Person, needs: Needs, facts: Facts) -> Step:
    if needs.kind is TargetKind.INSTANCE:
        if needs.role is Role.NONE or person.admin:
            return Step("entitled", "The person may do it.")
        return Step("entitled", "Only an administrator may do it.", Refusal.FORBIDDEN)
    hides_jobs = needs.public_jobs and facts.target is not None and not facts.target.public_jobs
    least = max(Role.REPORTER if hides_jobs else needs.role, facts.min_role)
    if facts.target is not None and facts.role >= least:
        if facts.ref is not None and not facts.ref.allows(facts.role):
            return Step("entitled", _protected_ref_sentence(person, facts.role, facts.ref), Refusal.FORBIDDEN)
        return Step("entitled", f"{person.username} is {_ROLE_NAMES[facts.role]} there.")
    has = f"is {_ROLE_NAMES[facts.role]}" if facts.role else "has no role"
    takes = "that is left to no one" if least is VariablesLevel.NO_ONE_ALLOWED else f"it takes {least.name.lower()}"
    return Step("entitled", f"{person.username} {has} there; {takes}.", Refusal.FORBIDDEN)


def _entitled_deploy_token(needs: Needs, facts: Facts) -> Step:
    """At home it may do what its scopes say, except what a protection reserves for more than developers."""
    if needs.kind is TargetKind.INSTANCE and needs.role is Role.NONE:
        return Step("entitled", "The deploy token may do it.")
    if not facts.is_home:
        return Step("entitled", "The deploy token belongs elsewhere.", Refusal.FORBIDDEN)
    if facts.min_role > Role.DEVELOPER or (facts.ref is not None and not facts.ref.allows(Role.DEVELOPER)):
        return Step("entitled", "A protection reserves it for more than a deploy token.", Refusal.FORBIDDEN)
    return Step("entitled", "The deploy token may do it there.")


def _entitled_deploy_key(key: DeployKey, needs: Needs, facts: Facts) -> Step:
    """Where it is enabled it reads. It pushes what whoever let it may push themselves: nothing, once they are gone."""
    if not _is_enabled(key, facts):
        return Step("entitled", "The deploy key is not enabled there.", Refusal.FORBIDDEN)
    if not needs.changes:
        return Step("entitled", "The deploy key is enabled there.")
    if not _pushes(key, facts) or facts.role < max(needs.role, facts.min_role):
        return Step("entitled", "Whoever let the deploy key push may not push there.", Refusal.FORBIDDEN)
    if facts.ref is not None and not facts.ref.allows(facts.role):
        return Step("entitled", "A protection reserves it for more than the deploy key.", Refusal.FORBIDDEN)
    return Step("entitled", "The deploy key may push there.")


def _entitled_to_own_job(caller: Caller, facts: Facts) -> Step:
    if isinstance(caller, Job) and facts.job_id in {0, caller.id}:
        return passes.JOB_ITSELF
    return Step("entitled", "A job's token serves for that job only.", Refusal.FORBIDDEN)


def _entitled_to_upload(upload: Upload, facts: Facts) -> Step:
    """A trusted publisher is made by a maintainer of the target, and may do there what a maintainer may."""
    if facts.target is None or facts.min_role > Role.MAINTAINER:
        return Step("entitled", "The package is protected: a trusted publisher may not publish it.", Refusal.FORBIDDEN)
    if facts.package is not None and (facts.target.id, *facts.package) not in upload.packages:
        return Step("entitled", f"The upload token is not for the package {facts.package[1]}.", Refusal.FORBIDDEN)
    return Step("entitled", "A trusted publisher may publish it.")


def _protected_ref_sentence(person: Person, role: Role, on: ProtectedRefContext) -> str:
    kind = "tag" if on.tag else "branch"
    return (
        f"The {kind} {on.name} is protected: {person.username}, {role.name.lower()} there, may not {on.operation} it."
    )


RULES = (alive, reachable, scoped, admitted, visible, declared, permitted, enabled, entitled, located)
