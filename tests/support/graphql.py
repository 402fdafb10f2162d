"""A client of GraphQL."""

from __future__ import annotations

from typing import Any

from tests.support.client import Api


class Graph:
    """`graph.ask("query…", path="acme/library")` → the answer's `data`; `graph.errors(…)` → its top-level messages."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def send(self, query: str, **variables: Any) -> Any:
        return self.api.post("/api/graphql", {"query": query, "variables": variables})

    def ask(self, query: str, **variables: Any) -> Any:
        answer = self.send(query, **variables)
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert "errors" not in body, body["errors"]
        return body["data"]

    def errors(self, query: str, **variables: Any) -> list[str]:
        return [error["message"] for error in self.send(query, **variables).json().get("errors", [])]

    def change(self, name: str, asked: str = "", **input_: Any) -> Any:
        """Runs one mutation and returns its payload: `errors` and what is asked for besides."""
        kind = name[0].upper() + name[1:]
        query = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ errors {asked} }} }}"
        return self.ask(query, input=input_)[name]

    def refusal(self, name: str, **input_: Any) -> list[str]:
        """The top-level errors of one mutation that must have no payload."""
        kind = name[0].upper() + name[1:]
        answer = self.send(f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ errors }} }}", input=input_)
        body = answer.json()
        assert answer.status_code == 200, body
        assert body["data"] == {name: None}
        return [error["message"] for error in body["errors"]]
