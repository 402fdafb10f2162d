"""The cases of job-token.md §2.4 that facts decide, by their numbers there.

Those about which entry is the nearest, and about what the lists hold (17 to 21, 43, 44), need the database: they are in
tests/tokenaccess/test_lists.py. 30 and 33 are cases 31 and 32 over again for features that come later; 34 is in
tests/jobs/environments/test_api.py.

S is the job's project, T the one it asks for. Where GitLab's versions differ: cases 7 and 12 keep what a visitor may
do (contract/README.md decision 5), 47 follows the documentation of its time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tokenaccess.policy import Action, Entry, Facts, Job, Person, Refusal, Target, decide
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.needs import Needs
from tokenaccess.policy.permissions import Permission, covers
from tokenaccess.policy.rules import permission_sentence

pytestmark = pytest.mark.pure

PRIVATE, INTERNAL, PUBLIC = Visibility
DISABLED, MEMBERS, EVERYONE = FeatureLevel


@dataclass(frozen=True)
class Given:
    """S.out and T.in are on unless said; T is private; the person is an owner there, so that the lists alone decide."""

    same: bool = False
    s_out: bool = True
    t_in: bool = True
    s_lists_t: bool = False
    t_lists_s: Entry | None = None
    visibility: Visibility = PRIVATE
    role: Role = Role.OWNER
    external: bool = False
    level: FeatureLevel = EVERYONE
    switch: bool = True


LISTED = Entry(default_permissions=True)


def answer(given: Given, action: Action) -> tuple[bool, Refusal | None]:
    person = Person(7, "somebody", external=given.external)
    job = Job(70, 1 if given.same else 2, "s", "running", False, False, person)
    features = dict.fromkeys(Feature, given.level)
    facts = Facts(
        target=Target(
            1, "ns/t", given.visibility, features, mode=InboundMode.ENFORCED if given.t_in else InboundMode.OPEN
        ),
        role=given.role,
        switch_on=given.switch,
        entry=given.t_lists_s,
        outbound_limited=given.s_out,
        outbound_listed=given.s_lists_t,
    )
    decision = decide(job, action, facts)
    return decision.allowed, decision.refusal


SCOPE = [
    # number, given, allowed: asked with what only a role gives, so that visibility cannot help
    (1, Given(same=True), True),
    (2, Given(), False),  # that T is in S's own inbound list makes no fact here: direction matters
    (3, Given(), False),
    (4, Given(s_lists_t=True), False),
    (5, Given(t_lists_s=LISTED), False),
    (6, Given(s_lists_t=True, t_lists_s=LISTED), True),
    (7, Given(visibility=PUBLIC), False),
    (8, Given(), False),
    (9, Given(s_out=False, t_lists_s=LISTED), True),
    (10, Given(s_out=False, s_lists_t=True), False),
    (11, Given(s_out=False, s_lists_t=True, t_lists_s=LISTED), True),
    (12, Given(s_out=False, visibility=PUBLIC), False),
    (13, Given(t_in=False, s_lists_t=True), True),
    (14, Given(t_in=False, t_lists_s=LISTED), False),
    (15, Given(t_in=False, visibility=PUBLIC), True),
    (16, Given(t_in=False, s_out=False), True),
    (45, Given(t_in=False, s_out=False), True),
    (46, Given(same=True, role=Role.DEVELOPER), True),
]


@pytest.mark.parametrize(("number", "given", "allowed"), SCOPE)
def test_the_scope_decides_as_the_contract_has_it(number: int, given: Given, allowed: bool):
    assert answer(given, Action.WRITE_PACKAGES)[0] is allowed


READING = [
    # number, given, allowed: may it see code, packages and jobs of T
    (7, Given(visibility=PUBLIC), True),
    (12, Given(s_out=False, visibility=PUBLIC), True),
    (22, Given(same=True, role=Role.REPORTER), True),
    (22, Given(same=True, role=Role.REPORTER, external=True), True),
    (22, Given(same=True, t_in=False, role=Role.REPORTER), True),
    (23, Given(s_out=False, role=Role.REPORTER), False),
    (24, Given(s_out=False, t_in=False, role=Role.REPORTER), True),
    (25, Given(visibility=PUBLIC, role=Role.DEVELOPER), True),
    (25, Given(visibility=INTERNAL, role=Role.OWNER), True),
    (25, Given(visibility=INTERNAL, role=Role.OWNER, t_lists_s=LISTED), True),
    (26, Given(s_out=False, t_lists_s=LISTED, role=Role.DEVELOPER), True),
    (27, Given(s_out=False, role=Role.DEVELOPER), False),
    (27, Given(s_out=False, role=Role.OWNER), False),
    (28, Given(visibility=INTERNAL, external=True, role=Role.NONE), False),
    (28, Given(visibility=INTERNAL, external=True, role=Role.OWNER), False),
    (29, Given(visibility=INTERNAL, role=Role.NONE), True),
    (29, Given(visibility=INTERNAL, role=Role.REPORTER), True),
    (31, Given(visibility=PUBLIC, level=EVERYONE), True),
    (31, Given(visibility=PUBLIC, level=MEMBERS), False),
    (31, Given(visibility=PUBLIC, level=DISABLED), False),
    (47, Given(s_out=True, t_in=False, visibility=PUBLIC, role=Role.NONE), True),
    (48, Given(s_out=True, t_in=False, role=Role.GUEST), False),
]


@pytest.mark.parametrize("action", [Action.DOWNLOAD_CODE, Action.READ_PACKAGES, Action.READ_JOBS])
@pytest.mark.parametrize(("number", "given", "allowed"), READING)
def test_what_a_job_may_read(number: int, given: Given, allowed: bool, action: Action):
    assert answer(given, action)[0] is allowed


GRANTING = [
    # number, given, action, allowed: what the entry permits
    (35, Given(same=True), Action.DELETE_PACKAGES, True),
    (36, Given(s_out=False, t_in=False, t_lists_s=Entry(False)), Action.DELETE_PACKAGES, True),
    (37, Given(s_out=False, t_lists_s=LISTED), Action.DELETE_PACKAGES, True),
    (38, Given(s_out=False, t_lists_s=Entry(False, frozenset({"read_jobs"}))), Action.READ_JOBS, True),
    (38, Given(s_out=False, t_lists_s=Entry(False, frozenset({"read_packages"}))), Action.READ_PACKAGES, True),
    (39, Given(s_out=False, t_lists_s=Entry(False, frozenset({"read_packages"}))), Action.WRITE_PACKAGES, False),
    (40, Given(s_out=False, t_lists_s=Entry(False, frozenset({"admin_packages"}))), Action.READ_PACKAGES, True),
    (40, Given(s_out=False, t_lists_s=Entry(False, frozenset({"admin_packages"}))), Action.WRITE_PACKAGES, True),
    (41, Given(s_out=False, t_lists_s=Entry(False, frozenset({"admin_pipelines"}))), Action.TRIGGER_PIPELINE, False),
    (42, Given(s_out=False), Action.READ_JOBS, False),
]


@pytest.mark.parametrize(("number", "given", "action", "allowed"), GRANTING)
def test_an_entry_grants_what_the_contract_has_it_grant(number: int, given: Given, action: Action, allowed: bool):
    assert answer(given, action)[0] is allowed


def test_a_permission_adds_no_right_to_the_persons_role():
    given = Given(s_out=False, t_lists_s=Entry(False, frozenset({"admin_packages"})), role=Role.REPORTER)
    assert answer(given, Action.READ_PACKAGES)[0]
    assert answer(given, Action.WRITE_PACKAGES) == (False, Refusal.FORBIDDEN)
    assert answer(replace(given, role=Role.NONE), Action.READ_PACKAGES) == (False, Refusal.HIDDEN)


@pytest.mark.parametrize("given", [given for _, given, yes in SCOPE if not yes and given.visibility is PRIVATE])
def test_a_refusal_by_the_lists_looks_like_nothing_is_there(given: Given):
    for action in (Action.WRITE_PACKAGES, Action.DOWNLOAD_CODE, Action.TRIGGER_PIPELINE):
        assert answer(given, action)[1] is Refusal.HIDDEN


@pytest.mark.parametrize("given", [given for _, given, yes in [*SCOPE, *READING] if not yes])
def test_with_the_switch_off_the_lists_refuse_nothing(given: Given):
    person_may_see = answer(replace(given, same=True), Action.READ_PACKAGES)[0]
    assert answer(replace(given, switch=False), Action.READ_PACKAGES)[0] is person_may_see


@pytest.mark.parametrize(
    ("granted", "wanted", "covered"),
    [
        ({"read_jobs"}, "read_jobs", True),
        ({"read_jobs"}, "admin_jobs", False),
        ({"admin_jobs"}, "read_jobs", True),
        ({"admin_jobs"}, "admin_jobs", True),
        ({"admin_packages"}, "read_jobs", False),
        (set(), "read_jobs", False),
    ],
)
def test_a_permission_to_administer_grants_reading(granted: set[str], wanted: str, covered: bool):
    assert covers(frozenset(granted), wanted) is covered


def test_the_sentence_names_what_is_missing():
    """d1 to d3 of job-token.md §1.5: the last segment of the path, and every permission."""
    target = Target(1, "group/sub/library", PRIVATE)

    def sentence(*permissions: Permission) -> str:
        return permission_sentence(
            Needs(TargetKind.PROJECT, Role.DEVELOPER, jobs=True, permissions=permissions), target
        )

    assert sentence() == "This action is unauthorized for CI/CD job tokens."
    assert sentence(Permission.READ_JOBS) == (
        "Insufficient permissions to access this resource in project library. "
        "The following token permission is required: read_jobs."
    )
    assert sentence(Permission.ADMIN_DEPLOYMENTS, Permission.ADMIN_ENVIRONMENTS) == (
        "Insufficient permissions to access this resource in project library. "
        "The following token permissions are required: admin_deployments and admin_environments."
    )
