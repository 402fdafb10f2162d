"""The ref updates of a push, parsed from the stream on its way to git, and the gate's decision about each.

The pack follows its commands in the same body, and git updates refs as soon as the pack is complete. So the verdict is
written before the end of the body is passed on, and the hook rejects what has none (hook_channel.HookChannel).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from projects.extensions.events import NULL_SHA
from projects.models import Project
from projects.protection import (
    NO_BRANCH_DELETION,
    NO_ID_AS_BRANCH,
    NO_ID_AS_TAG,
    NO_NEW_BRANCH,
    NO_NEW_TAG,
    NO_PUSH,
    NO_TAG_DELETION,
    NO_TAG_MOVE,
    Protections,
)
from projects.repository import Repository, looks_like_id
from resources.repositories.request_body import BodyTooLarge
from tokenaccess.access.gate import is_allowed_on_ref
from tokenaccess.access.result import Access
from tokenaccess.policy import Action, RefOperation

ONLY_BY_API = "Protected branches and tags are deleted through the API, or with git once they are protected no longer."
MAX_COMMAND_BYTES = 32 * 1024 * 1024
_LINE = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)\Z")


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """`ref` from commit `old` to `new`; NULL_SHA as `old` creates it, as `new` deletes it."""

    old: str
    new: str
    ref: str

    @classmethod
    def parse(cls, line: bytes) -> RefUpdate | None:
        found = _LINE.match(line)
        return None if found is None else cls(*(part.decode(errors="surrogateescape") for part in found.groups()))

    @property
    def line(self) -> bytes:
        """As git says it to its hooks."""
        return f"{self.old} {self.new} {self.ref}".encode(errors="surrogateescape")

    @property
    def is_text(self) -> bool:
        return self.ref == self.ref.encode(errors="replace").decode()


class ReceivePackParser:
    """Parses the beginning of a push: packets of `<old> <new> <ref>`, the first with more behind a NUL, up to an empty
    one."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._position = 0
        self._is_complete = False
        self.updates: list[RefUpdate] = []
        self.has_side_band = False  # the client shows what the server says beside the result

    def parse(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the blocks on unchanged. Raises BodyTooLarge if the commands do not end."""
        for block in blocks:
            if not self._is_complete:
                self._buffer += block
                self._read()
            yield block

    def _read(self) -> None:
        """All packets that are whole. What makes no sense ends them: git will not make sense of it either."""
        while not self._is_complete and len(self._buffer) >= self._position + 4:
            try:
                length = int(self._buffer[self._position : self._position + 4], 16)
            except ValueError:
                length = 0
            if length < 4:
                self._end()
            elif len(self._buffer) < self._position + length:
                break
            else:
                self._command(bytes(self._buffer[self._position + 4 : self._position + length]))
                self._position += length
        if len(self._buffer) > MAX_COMMAND_BYTES:
            raise BodyTooLarge("That is too many refs for one push.")

    def _command(self, packet: bytes) -> None:
        command, _, capabilities = packet.partition(b"\0")
        self.has_side_band |= b"side-band-64k" in capabilities.split()
        move = RefUpdate.parse(command.removesuffix(b"\n"))
        if move is not None:
            self.updates.append(move)

    def _end(self) -> None:
        self._is_complete = True
        self._buffer.clear()


@dataclass
class Verdict:
    """`refused`: sentences, each once; with one of them nothing moves. `forward`: those that may pass if no commit is
    lost by it."""

    allowed: list[RefUpdate] = field(default_factory=list)
    fast_forward_only: list[RefUpdate] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def authorize_updates(access: Access, moves: list[RefUpdate]) -> Verdict:
    """One statement."""
    target = access.facts.target
    assert target is not None
    judge = _UpdateRules(access, Protections(target.id))
    verdict = Verdict()
    for move in moves:
        sentence = judge.refusal(move)
        if sentence:
            verdict.refusals += [sentence] if sentence not in verdict.refusals else []
        elif judge.keeps_history(move):
            verdict.fast_forward_only.append(move)
        else:
            verdict.allowed.append(move)
    return verdict


@dataclass(frozen=True)
class _UpdateRules:
    access: Access
    protections: Protections

    def refusal(self, move: RefUpdate) -> str:
        """Why it must not be; "" when it may, perhaps only forward."""
        kind, name = _kind_and_name(move)
        if kind and move.new != NULL_SHA and looks_like_id(name):
            return NO_ID_AS_TAG if kind == "tags" else NO_ID_AS_BRANCH
        if not kind or not self.protections.protects(name, tag=kind == "tags"):
            return ""
        return self._of_tag(move, name) if kind == "tags" else self._of_branch(move, name)

    def keeps_history(self, move: RefUpdate) -> bool:
        """Whether an update may only add commits."""
        kind, name = _kind_and_name(move)
        update = kind == "heads" and NULL_SHA not in {move.old, move.new}
        return update and self.protections.protects(name) and not self._may(RefOperation.FORCE_PUSH, name)

    def _of_branch(self, move: RefUpdate, name: str) -> str:
        if move.new == NULL_SHA:
            return ONLY_BY_API if self._may(RefOperation.DELETE, name) else NO_BRANCH_DELETION
        if self._may(RefOperation.PUSH, name):
            return ""
        return NO_NEW_BRANCH if move.old == NULL_SHA and not self._is_empty else NO_PUSH

    def _of_tag(self, move: RefUpdate, name: str) -> str:
        if move.new == NULL_SHA:
            return ONLY_BY_API if self._may(RefOperation.DELETE, name, tag=True) else NO_TAG_DELETION
        if move.old != NULL_SHA:
            return NO_TAG_MOVE
        return "" if self._may(RefOperation.PUSH, name, tag=True) else NO_NEW_TAG

    def _may(self, operation: RefOperation, name: str, *, tag: bool = False) -> bool:
        return is_allowed_on_ref(
            self.access, Action.PUSH_CODE, self.protections.context(name, operation=operation, tag=tag)
        )

    @cached_property
    def _is_empty(self) -> bool:
        """Asked once however many moves are refused: all branches are looked at."""
        return Repository(Project(pk=self.protections.project_id).repository_path).is_empty()


def _kind_and_name(move: RefUpdate) -> tuple[str, str]:
    """`heads` or `tags` and the short name; "" for any other ref."""
    kind, _, name = move.ref.removeprefix("refs/").partition("/")
    return (kind, name) if move.ref.startswith("refs/") and kind in {"heads", "tags"} else ("", "")
