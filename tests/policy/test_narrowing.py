"""What a job leaves of its own token: its words, and the laws of the rule `declared`."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy.table import OTHER, OWN, Case, narrowed_table, verdict
from tokenaccess.policy import Action, Decision, Facts, Job, Person, Refusal, Target, decide
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.callers import Upload
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.narrowing import NOTHING, PERMISSIONS, BadNarrowing, Narrowing, narrowing_of
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.permissions import Permission

pytestmark = pytest.mark.pure

JOB = Job(70, OTHER, "acme/app", "running", False, False, Person(7, "developer"))
LIBRARY = Target(
    OWN, "acme/library", Visibility.PUBLIC, dict.fromkeys(Feature, FeatureLevel.ENABLED), mode=InboundMode.OPEN
)
words = st.lists(st.sampled_from([*sorted(PERMISSIONS), "acme/app", "Acme/Library", "a/b/c"]), min_size=1, max_size=6)
narrowings = words.map(" ".join).map(Narrowing.parse)


@cache
def _whole(case: Case) -> Decision:
    return verdict(case)


def whole(case: Case) -> Decision:
    """The verdict on the same job with its whole token."""
    return _whole(case._replace(left="all"))


def is_for_the_runner(case: Case) -> bool:
    """What its runner fetches of the job's own project before the script starts."""
    return case.own and NEEDS[case.action].prepares


# --- The laws ---------------------------------------------------------------------------------------------------------


def test_a_narrowing_never_gives_what_the_whole_token_does_not():
    assert any(narrowed_table().values())
    assert not [case for case, yes in narrowed_table().items() if yes and not whole(case).allowed]


def test_nothing_is_left_of_a_token_that_gave_up_everything_but_what_its_runner_needs():
    left = {case.action for case, yes in narrowed_table().items() if yes and case.left == "nothing"}
    assert left == {Action.DOWNLOAD_CODE, Action.PULL_IMAGES}
    assert all(is_for_the_runner(case) for case, yes in narrowed_table().items() if yes and case.left == "nothing")


def test_whoever_asked_for_what_is_needed_there_loses_nothing():
    for case, yes in narrowed_table().items():
        named = case.left == "here" or (NEEDS[case.action].permissions and case.left in {"needed", "needed here"})
        if named or is_for_the_runner(case):
            assert yes == whole(case).allowed, case


def test_whoever_did_not_is_refused_in_the_own_project_too_and_for_all_that_visitors_may():
    for case, yes in narrowed_table().items():
        if case.left in {"nothing", "unneeded", "elsewhere"} and not is_for_the_runner(case):
            assert not yes, case
    refused = [case for case, yes in narrowed_table().items() if not yes and case.left == "elsewhere"]
    assert any(case.own and whole(case).allowed for case in refused)
    assert any(case.visibility is Visibility.PUBLIC and whole(case).allowed for case in refused)


def test_what_no_permission_grants_is_left_only_with_all_of_them():
    for case, yes in narrowed_table().items():
        if not NEEDS[case.action].permissions and case.left in {"needed", "unneeded", "needed here"}:
            assert not yes or is_for_the_runner(case), case


def test_a_narrowing_tells_nothing_of_what_is_hidden():
    for case, yes in narrowed_table().items():
        if not yes and (before := whole(case)).hides:
            assert verdict(case) == before, case


def test_what_belongs_to_the_own_run_is_left_in_the_own_project_alone():
    own, other = LIBRARY._replace(id=OTHER, path="acme/app"), LIBRARY
    job = JOB._replace(narrowing=NOTHING)
    for target, allowed in ((own, True), (other, False)):
        facts = Facts(target, Role.OWNER, in_own_run=True)
        assert decide(job, Action.READ_JOBS, facts).allowed is allowed
        assert not decide(job, Action.READ_JOBS, facts._replace(in_own_run=False)).allowed
    nobody = Facts(own._replace(visibility=Visibility.PRIVATE), Role.NONE, in_own_run=True)
    assert not decide(job, Action.READ_JOBS, nobody).allowed


def test_a_refusal_by_it_names_what_was_not_asked_for():
    here = Facts(LIBRARY, Role.OWNER)
    refused = decide(JOB._replace(narrowing=Narrowing.parse("read_jobs")), Action.WRITE_PACKAGES, here)
    assert (refused.refusal, refused.reason and refused.reason.sentence) == (
        Refusal.PERMISSION,
        "The job narrowed its token (TOKEN_ACCESS) and did not ask for admin_packages in project library.",
    )
    elsewhere = decide(JOB._replace(narrowing=Narrowing.parse("acme/tools")), Action.READ_PACKAGES, here)
    assert elsewhere.reason is not None
    assert elsewhere.reason.sentence.endswith("and did not name the project library.")


@settings(max_examples=150)
@given(narrowings, narrowings)
def test_two_narrowings_leave_what_both_leave(one: Narrowing, other: Narrowing):
    both = one.intersect(other)
    for action, needs in NEEDS.items():
        if needs.jobs and needs.kind is TargetKind.PROJECT:
            allowed = [
                decide(JOB._replace(narrowing=left), action, Facts(LIBRARY, Role.OWNER)).allowed
                for left in (one, other, both)
            ]
            assert allowed[2] == (allowed[0] and allowed[1]), (action, str(both))


def test_the_job_itself_is_reported_and_asked_about_whatever_is_left():
    for action in (action for action, needs in NEEDS.items() if needs.kind is TargetKind.OWN_JOB):
        assert decide(JOB._replace(narrowing=NOTHING), action, Facts(job_id=JOB.id)).allowed


def test_an_upload_token_is_not_more_than_the_token_of_its_job():
    upload = Upload(frozenset({(OWN, "pypi", "greeting")}))
    for narrowing, allowed in ((None, True), (NOTHING, False), (Narrowing.parse("admin_packages"), True)):
        job = JOB._replace(upload=upload, narrowing=narrowing)
        assert decide(job, Action.UPLOAD_PACKAGE, Facts(LIBRARY)).allowed is allowed


# --- The words --------------------------------------------------------------------------------------------------------


@settings(max_examples=150)
@given(narrowings)
def test_the_words_of_a_narrowing_make_it_again(narrowing: Narrowing):
    text = str(narrowing)
    again = narrowing_of(text)
    assert again is not None
    assert str(again) == text
    assert all(again.grants((one,)) == narrowing.grants((one,)) for one in Permission)
    assert again.projects == narrowing.projects


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("none", "none"),
        ("read_jobs,\n read_jobs admin_packages read_packages", "read_jobs admin_packages"),
        ("Acme/Library read_packages", "read_packages acme/library"),
        ("$CI_PROJECT_PATH ${CI_PROJECT_PATH}", "acme/app"),
    ],
)
def test_words_are_put_in_order(text: str, words: str):
    assert str(Narrowing.parse(text, "Acme/App")) == words


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", ""), ("  ", ""), ("none read_jobs", "none"), ("read_package", "read_package"), ("READ_JOBS", "READ_JOBS"),
        ("library", "library"), ("acme/*", "acme/*"), ("acme//x", "acme//x"), ("acme/ä", "acme/ä"),
        ("$PROJECT", "$PROJECT"), ("$CI_PROJECT_PATH/x", "$CI_PROJECT_PATH/x"),
        (" ".join(f"a/b{number}" for number in range(201)), ""), ("a/" + "b" * 20_000, ""),
    ],
)  # fmt: skip
def test_a_wrong_word_is_named(text: str, word: str):
    with pytest.raises(BadNarrowing) as refused:
        Narrowing.parse(text)
    assert refused.value.word == word


def test_what_is_stored_and_cannot_be_read_leaves_nothing():
    assert narrowing_of("") is None
    assert narrowing_of("fly") is NOTHING


def test_projects_that_have_nothing_in_common_leave_nothing():
    assert str(Narrowing.parse("a/b read_jobs").intersect(Narrowing.parse("a/c"))) == "none"
    assert str(Narrowing.parse("admin_packages").intersect(Narrowing.parse("read_packages a/b"))) == "read_packages a/b"
