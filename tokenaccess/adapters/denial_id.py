"""The opaque id in `X-Access-Reason`: what was refused and why, encrypted so that only this server can read it.

contract/README.md decision 2.

Nothing is stored for it, and the header of an absent project's refusal is as long as any other's.
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct
import time
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from tokenaccess.access.result import Access
from tokenaccess.policy import Action
from tokenaccess.policy.callers import Job
from tokenaccess.policy.rules import RULES

HEADER = "X-Access-Reason"
_PACKED = struct.Struct(">QQIHI")  # job, target, action, rule, seconds since 1970: no padding in base 64
_MAX_ID = 2**64 - 1  # an address may name any number
_NONCE = 12


def _code(name: str) -> int:
    """Of an action or a rule: the same in every version, wherever it stands among the others."""
    return zlib.crc32(name.encode())


def _short_code(name: str) -> int:
    return _code(name) % 2**16


_ACTIONS = {_code(action.name): action for action in Action}
_RULES = {_short_code(rule.__name__): rule.__name__ for rule in RULES}
_FIRST_RULE = RULES[0].__name__
_ACTION_NAMES = {str(action): action for action in Action}  # as the log has them


class LoggedRefusal(Protocol):
    """A row of a list of refusals (tokenaccess.access_log.tables.RefusalRow)."""

    @property
    def job_id(self) -> int: ...
    @property
    def target_id(self) -> int: ...
    @property
    def action(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def job_is_gone(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class DenialDetails:
    """`job_id`: the caller's, 0 for any other caller. `target_id`: the project's or group's, or the job's for an action
    on one; 0 where there was none. `at` is in seconds since 1970."""

    job_id: int
    target_id: int
    action: Action
    rule: str
    at: int

    @property
    def question(self) -> dict[str, Any]:
        """What was asked, and the rule that refused it: for `tokenaccess.explanation.denials.find_denial`."""
        return {"job_id": self.job_id, "target_id": self.target_id, "action": self.action, "rule": self.rule}


@lru_cache(maxsize=8)
def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"access reason " + key.encode()).digest())


def encode(access: Access) -> str:
    job_id = access.caller.id if isinstance(access.caller, Job) else 0
    target_id = access.facts.target.id if access.facts.target else access.facts.job_id
    rule = access.decision.reason.rule if access.decision.reason else _FIRST_RULE
    return encode_details(DenialDetails(job_id, target_id, access.action, rule, int(time.time())))


def encode_details(denial: DenialDetails) -> str:
    rule = _short_code(denial.rule)
    if rule not in _RULES:
        rule = _short_code(_FIRST_RULE)
    target_id = min(denial.target_id, _MAX_ID)
    packed = _PACKED.pack(denial.job_id, target_id, _code(denial.action.name), rule, denial.at)
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + _cipher(settings.SECRET_KEY).encrypt(nonce, packed, None)).decode()


def action_of(row: LoggedRefusal) -> Action | None:
    """Of a row of the log; None for one that this version does not know."""
    return _ACTION_NAMES.get(row.action)


def encode_row(row: LoggedRefusal) -> str:
    """ "" where the reader may not know the target (an id is new each time, and would tell one row from another), and
    where the job is gone, of which nothing can be explained."""
    action = action_of(row)
    if not row.sentence or action is None or row.job_is_gone:
        return ""
    return encode_details(DenialDetails(row.job_id, row.target_id, action, row.rule, int(row.at.timestamp())))


def decode(text: str) -> DenialDetails | None:
    """None for anything that `encode` did not make."""
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii"))
    except (ValueError, UnicodeEncodeError):
        return None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            packed = _PACKED.unpack(_cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], None))
        except (InvalidTag, ValueError, struct.error):
            continue
        job_id, target_id, action, rule, at = packed
        if action in _ACTIONS and rule in _RULES:
            return DenialDetails(job_id, target_id, _ACTIONS[action], _RULES[rule], at)
    return None
