"""The laws of a limit on trial, held against every situation in which the target enforces none."""

from __future__ import annotations

import pytest

from tests.policy.table import Case, facts, job, persons_verdict, table, verdict
from tests.policy.test_laws import broken
from tokenaccess.policy import explain

pytestmark = pytest.mark.pure


def on_trial() -> list[Case]:
    return [case for case in list(table())[::3] if not case.limited]


def test_a_project_that_tries_its_limit_answers_as_one_that_is_open():
    wrong = [case for case in on_trial() if verdict(case._replace(trial=True)).reason != verdict(case).reason]
    assert not wrong, broken("answered otherwise", wrong)


def test_a_trial_says_of_what_is_allowed_why_the_limit_would_refuse_it():
    found = 0
    for case in on_trial():
        trial, enforced = verdict(case._replace(trial=True)), verdict(case._replace(limited=True))
        assert trial.trial == (enforced.reason if trial.allowed else None), case
        found += trial.trial is not None
    assert found


def test_only_a_trial_says_what_would_be_refused():
    assert not [case for case in list(table())[::7] if verdict(case).trial is not None]


def test_a_trial_is_about_jobs_only():
    wrong = [case for case in on_trial()[::7] if persons_verdict(case._replace(trial=True)).trial is not None]
    assert not wrong, broken("tried on a person", wrong)


def test_an_explanation_s_first_step_on_trial_is_the_decision_s():
    for case in on_trial()[::5]:
        tried = case._replace(trial=True)
        steps, decision = explain(job(tried), tried.action, facts(tried)), verdict(tried)
        assert next((step for step in steps if not step.ok), None) == decision.reason
        if decision.allowed:
            would = next((step for step in steps if step.in_trial), None)
            step_on_trial = decision.trial and (decision.trial.rule, decision.trial.sentence, decision.trial.refusal)
            assert (would and (would.rule, would.sentence, would.in_trial)) == step_on_trial, case
