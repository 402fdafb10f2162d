"""What AuthZEN's questions are made of. Members that the specification does not name are ignored, as it demands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from api.input.faults import parameter_faults
from api.input.fields import Anything
from api.input.parameters import OwnParameters, Parameters
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.api.authzen.properties import (
    ActionProperties,
    Name,
    ResourceProperties,
    SubjectProperties,
    Word,
    read_properties,
)
from tokenaccess.api.params import JOB_ACTION_NAMES, MAX_PATH, MAX_QUESTIONS
from tokenaccess.explanation.subjects import Question, SubjectKind
from tokenaccess.policy import Action

_AUTHZEN = "the specification demands that members it does not name are ignored"
# Where a question of several brings its own subject, action or resource, these are taken over from the one for all.
_IDENTIFIERS = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id"), "context": ()}


@extend_schema_field({"type": "object", "x-free-form": "whatever the caller wants to say; it decides nothing"})
class Remarks(serializers.DictField):
    pass


@extend_schema_field({"type": "object", "x-free-form": "as in a single question; any part may be missing"})
class Defaults(serializers.DictField):
    pass


@extend_schema_field({"type": "object", "x-free-form": "a question; what is wrong with it is said in its own answer"})
class OneOfSeveral(Anything):
    pass


class Part(OwnParameters):
    """Of a question."""

    lenient = _AUTHZEN


class AnyQuestion(Parameters):
    context: Any = Remarks(required=False)

    lenient = _AUTHZEN


class EvaluationSubject(Part):
    """A job by its number, a user by the username, or a project by id or full path: a job of it that you started."""

    type = Word(choices=list(SubjectKind), required=True)
    id = Name(required=True, max_length=MAX_PATH)
    properties = SubjectProperties(required=False)


class EvaluationAction(Part):
    name: Any = Word(choices=JOB_ACTION_NAMES, required=True)
    properties = ActionProperties(required=False)


class EvaluationResource(Part):
    """A project by id or full path."""

    type = Word(choices=["project"], required=True)
    id = Name(required=True, max_length=MAX_PATH)
    properties = ResourceProperties(required=False)


class Evaluation(AnyQuestion):
    """May the subject do it there? `context` does not change the answer; of `properties`, those that are named."""

    subject = EvaluationSubject(required=True)
    action = EvaluationAction(required=True)
    resource = EvaluationResource(required=True)


class EvaluationOptions(OwnParameters):
    evaluations_semantic = Word(
        choices=["execute_all", "deny_on_first_deny", "permit_on_first_permit"], default="execute_all"
    )

    lenient = _AUTHZEN


class Evaluations(AnyQuestion):
    """Several questions; what they leave out is taken from the top. Without any, the top is the question."""

    subject = Defaults(required=False)
    action = Defaults(required=False)
    resource = Defaults(required=False)
    evaluations = serializers.ListField(child=OneOfSeveral(), required=False, max_length=MAX_QUESTIONS)
    options = EvaluationOptions(required=False)


def read_question(values: Mapping[str, Any]) -> Question:
    """`values`: as `Evaluation` reads them."""
    subject, action = values["subject"], Action[values["action"]["name"].upper()]
    return Question(
        SubjectKind(subject["type"]),
        subject["id"],
        action,
        IdOrPath.parse(values["resource"]["id"]),
        read_properties(values, action),
    )


def read_questions(values: Mapping[str, Any]) -> Iterator[Question | str]:
    """Each of the questions, or what is wrong with it."""
    for given in values["evaluations"]:
        try:
            yield read_question(Evaluation.read_values(_with_defaults(given, values)))
        except ValidationError as error:
            yield parameter_faults(error.detail)


def _with_defaults(given: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    own: dict[str, Any] = given if isinstance(given, dict) else {}
    return {
        name: _complete(own.get(name), defaults.get(name), identifiers)
        for name, identifiers in _IDENTIFIERS.items()
        if name in own or name in defaults
    }


def _complete(own: Any, default: Any, identifiers: tuple[str, ...]) -> Any:
    if own is None:
        return default
    if not isinstance(own, dict) or not isinstance(default, dict):
        return own
    return {name: default[name] for name in identifiers if name in default} | own
