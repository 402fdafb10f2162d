"""`/access/v1`: the OpenID AuthZEN Authorization API 1.0, over the answers of `/token_access/explain` and `preflight`.

Questions are neither uses nor refusals in the log, and nothing but the policy answers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from api.rest import bad_request
from identity.models import User
from tokenaccess.adapters.drf import GatedView
from tokenaccess.api.authzen.params import Evaluation, Evaluations, read_question, read_questions
from tokenaccess.api.authzen.serializers import DecisionSerializer, DecisionsSerializer
from tokenaccess.api.explain import describe_answer
from tokenaccess.explanation.details import Properties
from tokenaccess.explanation.explain import describe_steps
from tokenaccess.explanation.own_answers import OwnAnswer, check_own
from tokenaccess.explanation.subjects import Question, SubjectKind, Verdict, judge_subjects
from tokenaccess.policy import Action, Job

JSON = "application/json"
# To whoever may not ask, and of whatever is not there.
UNANSWERED = "There is no such subject or resource, or it is not for you to ask."
# The decision that ends the row of questions.
LAST = {"execute_all": None, "deny_on_first_deny": False, "permit_on_first_permit": True}

Answer = dict[str, Any]


class EvaluationView(GatedView):
    """By a running job's token about that job; by people, about what `/token_access/explain` tells them."""

    actions = {"POST": Action.EVALUATE_ACCESS}
    job_actions: ClassVar[dict[str, Action]] = actions

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and (request.content_type or "").partition(";")[0].strip().lower() != JSON:
            raise bad_request(f"The content type must be {JSON}")

    def answer(self, questions: Sequence[Question | str]) -> Iterator[Answer]:
        if self.access.job is not None:
            return _answer_job(self.access.job, questions)
        return _answer_person(self.current_user, questions)


class AccessEvaluation(EvaluationView):
    @operation(Evaluation, returns=DecisionSerializer, status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Answer:
        return next(self.answer([read_question(params)]))


class AccessEvaluations(EvaluationView):
    @operation(Evaluations, returns=(DecisionsSerializer, DecisionSerializer), status=200)
    def post(self, request: Request, params: dict[str, Any]) -> Response:
        if not params.get("evaluations"):
            question = read_question(Evaluation.read_values(params))
            return Response(next(self.answer([question])))
        answers = self.answer(list(read_questions(params)))
        last = LAST[params.get("options", {}).get("evaluations_semantic", "execute_all")]
        return Response({"evaluations": list(_up_to(last, answers))})


def _up_to(last: bool | None, answers: Iterable[Answer]) -> Iterator[Answer]:
    for answer in answers:
        yield answer
        if answer["decision"] is last:
            return


def _answer_job(job: Job, questions: Sequence[Question | str]) -> Iterator[Answer]:
    """About the job itself, in the words of the request itself: its steps would tell a hidden project from none."""
    own = [one for one in questions if isinstance(one, Question) and _is_about(job, one)]
    wanted = [(one.target, one.action, one.properties.details) for one in own]
    known = iter(check_own(job, wanted) if own else ())
    for question in questions:
        if isinstance(question, str):
            yield _fault(question)
        elif _is_about(job, question):
            yield _decide_for_job(question, next(known))
        else:
            yield _decision(question, False, reason=UNANSWERED)


def _is_about(job: Job, question: Question) -> bool:
    """As it is: what it could with another role is not for it to ask."""
    return question.kind is SubjectKind.JOB and question.name == str(job.id) and question.properties.role is None


def _decide_for_job(question: Question, answer: OwnAnswer) -> Answer:
    known = describe_answer(answer.access)
    if answer.refused_by is not None:
        known |= {"message": answer.refused_by.message, "status": answer.refused_by.status}
    return _decision(question, known.pop("allowed"), reason=known.pop("message"), **known)


def _answer_person(reader: User, questions: Sequence[Question | str]) -> Iterator[Answer]:
    verdicts = iter(judge_subjects(reader, [one for one in questions if isinstance(one, Question)]))
    for question in questions:
        yield _fault(question) if isinstance(question, str) else _tell_person(question, next(verdicts))


def _tell_person(question: Question, verdict: Verdict | None) -> Answer:
    if verdict is None:
        return _decision(question, False, reason=UNANSWERED)
    decision, steps = verdict
    return _decision(
        question,
        decision.allowed,
        reason=None if decision.reason is None else decision.reason.sentence,
        trial=None if decision.trial is None else decision.trial.sentence,
        steps=describe_steps(steps),
    )


def _fault(message: str) -> Answer:
    return _decision(None, False, reason=message, error={"status": 400, "message": message})


def _decision(question: Question | None, allowed: bool, **context: Any) -> Answer:
    ignored = {} if question is None else describe_ignored(question.properties)
    return {"decision": allowed, "context": {"trial": None, "steps": [], **context, **ignored}}


def describe_ignored(properties: Properties) -> dict[str, Any]:
    """As a part of an answer's context; nothing where there are none."""
    return {"ignored_properties": list(properties.ignored)} if properties.ignored else {}
