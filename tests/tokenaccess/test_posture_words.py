"""What the posture report says: plain words, never the name of a check."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Project
from tests.factories.cast import Cast
from tests.support.browsing import browser
from tests.support.token_access import text
from tokenaccess.posture.checks import BY_NAME, CHECKS
from tokens.models import DeployToken

PAGE = "/acme/library/-/settings/ci_cd/token_access/posture"


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_a_check_speaks_in_plain_words(check: Any) -> None:
    words = [str(text) for text in (check.title, check.why, check.fix_label, check.fix_question)]
    assert not any("_" in text or name in text for text in words for name in BY_NAME)
    assert "%(subject)s" not in words[-1] or check.model is Project  # a path, which stands in a sentence as it is


def test_the_question_before_a_change_stands_apart_from_what_it_is_about(cast: Cast) -> None:
    token = DeployToken.objects.create(project=cast.library, name="reader", username="reader", scopes=["read_api"])
    asked = text(browser(cast.maintainer).post(f"{PAGE}/fix", {"check": "endless_deploy_token", "subject": token.pk}))
    assert "Revoke this deploy token?" in asked
    assert "Deploy token “reader” of acme/library. Whoever gets a copy can still use it in years." in asked
