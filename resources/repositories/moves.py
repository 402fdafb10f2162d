"""What a push wants to move, heard from the stream on its way to git, and the gate's word on each.

The pack follows its commands in the same body, and git moves refs as soon as the pack is whole. So the verdict is
ready before the end of the body is handed over, and the hook lets nothing pass that has none (pushes.Meeting).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from projects.events import NOTHING
from projects.models import Project
from projects.protection import (
    NO_BRANCH_DELETION,
    NO_NEW_BRANCH,
    NO_NEW_TAG,
    NO_PUSH,
    NO_TAG_DELETION,
    NO_TAG_MOVE,
    Protections,
)
from projects.repository import Repository
from resources.repositories.bodies import TooLarge
from tokenaccess.gate import Access
from tokenaccess.policy import Action, Deed
from tokenaccess.refs import may_touch

ONLY_BY_API = "Protected branches and tags are deleted through the API, or with git once they are protected no longer."
MOST_COMMANDS = 32 * 1024 * 1024
_LINE = re.compile(rb"([0-9a-f]{40}) ([0-9a-f]{40}) ([^\0\n]+)\Z")


@dataclass(frozen=True, slots=True)
class Move:
    """`ref` from commit `old` to `new`; NOTHING stands for "was not" and "is to go"."""

    old: str
    new: str
    ref: str

    @classmethod
    def of_line(cls, line: bytes) -> Move | None:
        found = _LINE.match(line)
        return None if found is None else cls(*(part.decode(errors="surrogateescape") for part in found.groups()))

    @property
    def line(self) -> bytes:
        """As git says it to its hooks."""
        return f"{self.old} {self.new} {self.ref}".encode(errors="surrogateescape")

    @property
    def is_text(self) -> bool:
        return self.ref == self.ref.encode(errors="replace").decode()


class Commands:
    """Listens to the beginning of a push: packets of `<old> <new> <ref>`, the first with more behind a NUL, up to an
    empty one."""

    def __init__(self) -> None:
        self._heard = bytearray()
        self._at = 0
        self._over = False
        self.moves: list[Move] = []

    def listen(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Hands on what it hears. Raises TooLarge when there is no end of commands."""
        for block in blocks:
            if not self._over:
                self._heard += block
                self._read()
            yield block

    def _read(self) -> None:
        """All packets that are whole. What makes no sense ends them: git will not make sense of it either."""
        while not self._over and len(self._heard) >= self._at + 4:
            try:
                length = int(self._heard[self._at : self._at + 4], 16)
            except ValueError:
                length = 0
            if length < 4:
                self._end()
            elif len(self._heard) < self._at + length:
                break
            else:
                self._command(bytes(self._heard[self._at + 4 : self._at + length]))
                self._at += length
        if len(self._heard) > MOST_COMMANDS:
            raise TooLarge("That is too many refs for one push.")

    def _command(self, packet: bytes) -> None:
        move = Move.of_line(packet.partition(b"\0")[0].removesuffix(b"\n"))
        if move is not None:
            self.moves.append(move)

    def _end(self) -> None:
        self._over = True
        self._heard.clear()


@dataclass
class Verdict:
    """`refused`: sentences, each once; with one of them nothing moves. `forward`: those that may pass if no commit is
    lost by it."""

    allowed: list[Move] = field(default_factory=list)
    forward: list[Move] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def judge(access: Access, moves: list[Move]) -> Verdict:
    """One statement."""
    target = access.facts.target
    assert target is not None
    judge = _Judge(access, Protections(target.id))
    verdict = Verdict()
    for move in moves:
        sentence = judge.refusal(move)
        if sentence:
            verdict.refused += [sentence] if sentence not in verdict.refused else []
        elif judge.keeps_history(move):
            verdict.forward.append(move)
        else:
            verdict.allowed.append(move)
    return verdict


@dataclass(frozen=True)
class _Judge:
    access: Access
    protections: Protections

    def refusal(self, move: Move) -> str:
        """Why it must not be; "" when it may, perhaps only forward."""
        kind, name = _kind_and_name(move)
        if not kind or not self.protections.protects(name, tag=kind == "tags"):
            return ""
        return self._of_tag(move, name) if kind == "tags" else self._of_branch(move, name)

    def keeps_history(self, move: Move) -> bool:
        """Whether an update may only add commits."""
        kind, name = _kind_and_name(move)
        update = kind == "heads" and NOTHING not in {move.old, move.new}
        return update and self.protections.protects(name) and not self._may(Deed.FORCE, name)

    def _of_branch(self, move: Move, name: str) -> str:
        if move.new == NOTHING:
            return ONLY_BY_API if self._may(Deed.DELETE, name) else NO_BRANCH_DELETION
        if self._may(Deed.PUSH, name):
            return ""
        return NO_NEW_BRANCH if move.old == NOTHING and not self._is_empty else NO_PUSH

    def _of_tag(self, move: Move, name: str) -> str:
        if move.new == NOTHING:
            return ONLY_BY_API if self._may(Deed.DELETE, name, tag=True) else NO_TAG_DELETION
        if move.old != NOTHING:
            return NO_TAG_MOVE
        return "" if self._may(Deed.PUSH, name, tag=True) else NO_NEW_TAG

    def _may(self, deed: Deed, name: str, *, tag: bool = False) -> bool:
        return may_touch(self.access, Action.PUSH_CODE, self.protections.on(name, deed=deed, tag=tag))

    @cached_property
    def _is_empty(self) -> bool:
        """Asked once however many moves are refused: all branches are looked at."""
        return Repository(Project(pk=self.protections.project_id).repository_path).is_empty()


def _kind_and_name(move: Move) -> tuple[str, str]:
    """`heads` or `tags` and the short name; "" for any other ref."""
    kind, _, name = move.ref.removeprefix("refs/").partition("/")
    return (kind, name) if move.ref.startswith("refs/") and kind in {"heads", "tags"} else ("", "")
