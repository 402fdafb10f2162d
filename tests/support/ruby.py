"""A real Ruby, GitLab's language: what the compiler reads as Ruby does is compared with it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from typing import Any

import pytest

needs_ruby = pytest.mark.skipif(shutil.which("ruby") is None, reason="Ruby is missing: apt-get install ruby")
PREAMBLE = """
require "psych"; require "json"; require "date"
STDIN.each_line do |line|
  input = JSON.parse(line)[0]
  output = begin
    %s
  rescue Psych::DisallowedClass, Psych::BadAlias, ArgumentError
    ["refused", ""]
  end
  puts JSON.generate(output)
end
"""


def ruby(expression: str, inputs: Iterable[Any]) -> list[Any]:
    """The value of a Ruby expression, as JSON knows it, for each `input`; `["refused", ""]` for what Psych refuses."""
    lines = "".join(json.dumps([each]) + "\n" for each in inputs)
    answer = subprocess.run(
        ["ruby", "-e", PREAMBLE % expression], input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.removesuffix("\n").split("\n")]
