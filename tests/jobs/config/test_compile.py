"""The compiler as its callers meet it."""

import pytest

from jobs import config

pytestmark = pytest.mark.pure


def test_it_compiles_three_stages_in_order():
    compiled = config.compile(
        "ship:\n  stage: deploy\n  script: ./ship\nmake:\n  stage: build\n  script: [make, make check]\n"
    )
    assert [(job.name, job.stage, job.script) for job in compiled.jobs] == [
        ("make", "build", ("make", "make check")),
        ("ship", "deploy", ("./ship",)),
    ]


def test_it_names_a_keyword_it_does_not_have():
    with pytest.raises(config.ConfigError) as error:
        config.compile("make:\n  script: make\n  frobnicate: yes\n")
    assert "frobnicate" in error.value.messages[0]
