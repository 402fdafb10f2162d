"""What npm packages, versions and dist-tags may be called (resources.md §2.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.packages.formats.npm import names

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("name", ["demo", "@acme/demo", "Demo_1.x-y+z", "@a.b-c/d", "a" * 214])
def test_names_that_npm_takes_are_names_of_packages(name: str):
    assert names.is_package_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "@acme/..", "@acme/", "@/demo", "a/b", "a b", "@a/b/c", "dé", "a\n", "a" * 215]
)
def test_other_text_is_no_name_of_a_package(name: str):
    assert not names.is_package_name(name)


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "01.0.0", " 1.0.0", "1.0.0\n", "1.0.0-", "", "1" * 300 + ".0.0"])
def test_text_that_is_not_semantic_is_no_version(version: str):
    assert not names.is_version(version)


@pytest.mark.parametrize("tag", ["latest", "next", "beta-1", "1st"])
def test_words_that_are_no_version_are_tags(tag: str):
    assert names.is_tag(tag)


@pytest.mark.parametrize("tag", ["", "1.0.0", "1", "v2", "^1.0", "x", "*", ">=1", "a/b", "a\0b", "t" * 256])
def test_what_could_be_a_version_is_no_tag(tag: str):
    assert not names.is_tag(tag)


@given(st.text(max_size=20) | st.from_regex(r"[v0-9x*.^~<>=|\s-]{0,12}", fullmatch=True))
def test_any_text_is_a_name_or_not_and_breaks_nothing(text: str):
    for judge in (names.is_package_name, names.is_version, names.is_tag):
        assert judge(text) in {True, False}


def test_the_newest_is_the_highest_release():
    assert names.newest(["1.9.0", "1.10.0", "2.0.0-rc.1"]) == "1.10.0"
    assert names.newest(["2.0.0-rc.1", "2.0.0-rc.2"]) == "2.0.0-rc.2"
    assert names.newest([]) is None
