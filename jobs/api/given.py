"""Variables that come with a request: an array for pipelines and played jobs, a map for triggers (runner.md §8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from config.params import Params
from config.rest import ApiError

_KEY = re.compile(r"[A-Za-z0-9_]{1,255}\Z")
MOST = 500
LONGEST_VALUE = 65_536


def variables_of(params: Params, name: str = "variables") -> list[dict[str, str]]:
    """`[{"key", "value", "variable_type": "env_var" or "file"}]`; 400 `variables is invalid` for anything else."""
    given = params.raw(name)
    if given in (None, "", {}):
        return []
    if not isinstance(given, list) or len(given) > MOST:
        raise _invalid(name)
    return [_variable(one, name) for one in given]


def refuse_inputs(params: Mapping[str, Any]) -> None:
    """`spec:inputs` are not here; what would run without them is not what was asked for."""
    for name, value in params.items():
        if (name == "inputs" or name.startswith("inputs[")) and value not in (None, "", {}, []):
            raise ApiError(400, {"error": "inputs is not supported here yet"})


def _variable(one: Any, name: str) -> dict[str, str]:
    if not isinstance(one, dict):
        raise _invalid(name)
    key, value, kind = one.get("key"), one.get("value", ""), one.get("variable_type") or "env_var"
    if not is_key(key) or not is_value(value) or kind not in {"env_var", "file"}:
        raise _invalid(name)
    return {"key": key, "value": value, "variable_type": kind}


def is_key(key: Any) -> bool:
    return isinstance(key, str) and _KEY.match(key) is not None


def is_value(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > LONGEST_VALUE or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _invalid(name: str) -> ApiError:
    return ApiError(400, {"error": f"{name} is invalid"})
