"""The fixture of the AuthZEN working group's certification scenario, in terms of this product; and who asks it.

The scenario has its own words for what is asked. Here they stand for what decides the same here: records are projects,
to write is to push, an archived record is a branch that maintainers alone may push to, an admin is a maintainer, and to
delete for good is to push over what was there. Words that stand for nothing go as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from projects.models import ProtectedRef
from tests.factories import people, projects
from tests.support.client import Api
from tokenaccess.policy.levels import Role

ONE, MANY, SEARCH = "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/"
TIME = {"time": "2026-02-03T04:05:06Z", "ip": "192.0.2.7"}

TYPES = {"record": "project"}
NAMES = {"record-1": "records/record-1", "record-2": "records/record-2"}
ACTIONS = {"read": "download_code", "write": "push_code", "delete": "push_code"}
PROPERTIES: dict[tuple[str, Any], dict[str, Any]] = {
    ("role", "admin"): {"role": "maintainer"},
    ("role", "manager"): {"role": "developer"},
    ("status", "active"): {"ref": "main"},
    ("status", "archived"): {"ref": "frozen"},
    ("soft", True): {"ref": "main", "force": False},
    ("soft", False): {"ref": "main", "force": True},
}


def make_records() -> None:
    """Alice may read and write both records, bob read the first; the second he maintains, as an admin would."""
    owner, alice, bob = (people.person(name) for name in ("recorder", "alice", "bob"))
    group = projects.group("records", by=owner, visibility=0)
    for name, role_of_bob in (("record-1", Role.REPORTER), ("record-2", Role.MAINTAINER)):
        record = projects.project(name, group=group, by=owner)
        projects.members({alice: Role.DEVELOPER, bob: role_of_bob}, record)
        ProtectedRef.objects.create(project=record, kind="branch", name="frozen", push_level=40, merge_level=40)


class Harness:
    """Asks in the scenario's words, and is answered in them."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def post(self, path: str, body: Any, **more: Any) -> tuple[int, dict[str, Any], Any]:
        """Status, body and the whole answer."""
        answer = self.api.post(path, self._translate(body), **more)
        reply = answer.json()
        if "results" in reply:
            reply["results"] = [_from_ours(one) for one in reply["results"]]
        return answer.status_code, reply, answer

    def decide(self, *asked: Any, path: str = ONE, **more: Any) -> list[bool]:
        """`asked`: as `question`, or a body. One decision, or those of a batch."""
        body = question(*asked) if len(asked) > 1 else asked[0]
        status, reply, _ = self.post(path, {**body, **more})
        assert status == 200, reply
        decisions = [one["decision"] for one in reply.get("evaluations", [reply])]
        assert all(isinstance(one, bool) for one in decisions), reply
        return decisions

    def find(self, what: str, **body: Any) -> list[str]:
        """The ids or names that a search finds."""
        status, reply, _ = self.post(SEARCH + what, body)
        assert status == 200, reply
        kind = body[what]["type"] if what != "action" else None
        assert all(one.get("type") == kind for one in reply["results"]), reply
        return [one["name" if kind is None else "id"] for one in reply["results"]]

    def _translate(self, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        reply = {name: _to_ours(value) if name in _ENTITIES else value for name, value in body.items()}
        if isinstance(body.get("evaluations"), list):
            reply["evaluations"] = [self._translate(one) for one in body["evaluations"]]
        return reply


_ENTITIES = ("subject", "action", "resource")


def _to_ours(entity: Any) -> Any:
    if not isinstance(entity, dict):
        return entity
    words = {"type": TYPES, "id": NAMES, "name": ACTIONS}
    reply: dict[str, Any] = {
        name: words[name].get(value, value) if name in words and isinstance(value, str) else value
        for name, value in entity.items()
    }
    if "properties" in entity:
        reply["properties"] = {}
        for pair in entity["properties"].items():
            reply["properties"] |= PROPERTIES.get(pair, dict([pair]))
    return reply


def _from_ours(entity: dict[str, str]) -> dict[str, str]:
    words = {**TYPES, **NAMES, "read": ACTIONS["read"], "write": ACTIONS["write"]}
    theirs = {ours: word for word, ours in words.items()}
    return {name: theirs.get(value, value) for name, value in entity.items()}


def user(name: str, **properties: Any) -> dict[str, Any]:
    return _with({"type": "user", "id": name}, properties)


def record(number: int, **properties: Any) -> dict[str, Any]:
    return _with({"type": "record", "id": f"record-{number}"}, properties)


def to(name: str, **properties: Any) -> dict[str, Any]:
    return _with({"name": name}, properties)


def question(subject: Any, action: Any, resource: Any) -> dict[str, Any]:
    """Of each the name alone, or the whole."""
    return {
        "subject": user(subject) if isinstance(subject, str) else subject,
        "action": to(action) if isinstance(action, str) else action,
        "resource": record(resource) if isinstance(resource, int) else resource,
    }


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    """The same but for one member."""
    name, *deeper = path
    rest = {other: value for other, value in body.items() if other != name}
    return {**rest, name: without(body[name], *deeper)} if deeper else rest


def _with(entity: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {**entity, "properties": properties} if properties else entity


Case = Callable[[Harness], object]


class Scenario(dict[str, Case]):
    """Cases by the numbers of their sections, for a test to run them all: one that fails is named."""

    def case(self, *sections: str) -> Callable[[Case], Case]:
        def add(check: Case) -> Case:
            self.update(dict.fromkeys(sections, check))
            return check

        return add

    def failures(self, harness: Harness) -> dict[str, str]:
        found = {}
        for section, check in self.items():
            try:
                check(harness)
            except AssertionError as error:
                found[section] = str(error)
        return found
