"""GitLab is Ruby: what its Psych makes of YAML and its File.fnmatch of file names, the compiler makes of them too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from ci_config.conditions.globs import FileNames
from ci_config.document.scalars import as_text
from tests.ci_config.test_psych_rules import entries, read_map, scalars, yaml_of
from tests.support import psych_rules
from tests.support.ruby import needs_ruby, ruby

pytestmark = [pytest.mark.contract, pytest.mark.pure, needs_ruby]

SCALAR = """
    loader = Psych::ClassLoader::Restricted.new(["Symbol"], [])
    value = Psych::ScalarScanner.new(loader).tokenize(input)
    [value.is_a?(Symbol) ? "String" : value.class.to_s, value.to_s]
"""
MAP = 'Psych.safe_load(input, aliases: true)["map"] || {}'
GLOB = """
    flags = File::FNM_PATHNAME | File::FNM_DOTMATCH | File::FNM_EXTGLOB
    input[1].select { |name| File.fnmatch?(input[0], name, flags) }
"""
CLASSES = {str: "String", int: "Integer", float: "Float", type(None): "NilClass"}
GLOB_PIECES = [
    *"abc*?/[]{},\\-.!^é", "**", "**/", "[ab]", "[!a]", "[^b]", "[a-c]", "[b-a]", "[a/b]", "[]a]", "[a", "{a,b}",
    "{a", "{a,{b,c}}", "{,a}", "\\*", "\\{",
]  # fmt: skip
names = st.lists(st.text("ab.-{},c[]*\\é", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)
globs = st.lists(st.sampled_from(GLOB_PIECES), max_size=6).map("".join)
questions = st.tuples(globs, st.lists(names, min_size=1, max_size=5, unique=True).map(sorted))
# Each asks Ruby for many, so that there is no need to make them few when one fails.
few = settings(max_examples=10, phases=[Phase.generate])


def class_and_text(value: Any) -> list[str]:
    if value is psych_rules.REFUSED:
        return ["refused", ""]
    name = f"{value}Class" if isinstance(value, bool) else CLASSES[type(value)]
    return [name, as_text(value)]


@few
@given(st.lists(scalars, min_size=150, max_size=200))
def test_the_rules_for_scalars_are_those_of_psych(texts: list[str]) -> None:
    for text, answer in zip(texts, ruby(SCALAR, texts), strict=True):
        assert class_and_text(psych_rules.scalar(text)) == answer, text


@few
@given(st.lists(entries, min_size=100, max_size=100))
def test_the_rules_for_maps_are_those_of_psych(maps: list[list[tuple[str, Any]]]) -> None:
    for pairs, answer in zip(maps, ruby(MAP, [yaml_of(pairs) for pairs in maps]), strict=True):
        assert list(psych_rules.mapping(pairs).items()) == list(answer.items())
        assert list(read_map(pairs).items()) == list(answer.items())


@few
@given(st.lists(questions, min_size=100, max_size=100))
def test_globs_match_what_ruby_matches(asked: list[tuple[str, list[str]]]) -> None:
    for (glob, paths), answer in zip(asked, ruby(GLOB, asked), strict=True):
        assert FileNames(paths, lambda characters: None).match(glob) == answer, glob
