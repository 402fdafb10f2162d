"""Files that nobody would write: jobs or sentences, soon, and the merged file means the same. `make fuzz` has more."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.ci_file_fuzz import check
from tests.faults.ci_file_strategies import texts

pytestmark = pytest.mark.pure


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(texts, st.lists(texts, min_size=3, max_size=3))
def test_an_odd_file_is_compiled_or_refused_in_sentences(text: str, included: list[str]) -> None:
    check(text, included)
