"""`$NAME` in text and in values."""

import pytest

from ci_config.jobs.expansion import RawText, expand, expand_known, expand_nested, find_cycle, resolve
from tests.support.ci_file import jobs_of, mistakes_in

pytestmark = pytest.mark.pure
KNOWN = {"A": "a", "B": "b", "C3": "c"}


@pytest.mark.parametrize(
    ("text", "once", "known"),
    [
        ("$A/${B}/%A%", "a/b/a", "a/b/a"),
        ("$A$B", "ab", "ab"),
        ("$NONE-${NONE}-%NONE%", "--", "$NONE-${NONE}-%NONE%"),
        ("$$A ${A $1 % %A %1%", "$$A ${A $1 % %A %1%", "$$A ${A $1 % %A %1%"),
        ("$Aé", "aé", "aé"),
        ("%C3%A4", "cA4", "cA4"),
    ],
)
def test_names_are_replaced_by_values(text: str, once: str, known: str):
    assert expand(text, KNOWN) == once
    assert expand_known(text, KNOWN) == known


def test_values_that_name_others_are_filled_in():
    variables = {"A": "$B/$C", "B": "%D%", "C": RawText("$D"), "D": "d", "E": "$E", "F": "$$D $NONE"}
    assert resolve(variables) == {"A": "d/$D", "B": "d", "C": "$D", "D": "d", "E": "$E", "F": "$$D $NONE"}
    assert expand_nested("$B", variables) == {"B": "d", "D": "d"}


def test_values_that_double_with_each_step_end_somewhere():
    variables = {f"V{number}": f"$V{number + 1}$V{number + 1}" for number in range(60)} | {"V60": "x"}
    assert max(len(value) for value in resolve(variables).values()) <= 64 * 1024


def test_a_long_chain_of_values_is_followed():
    variables = {f"V{number}": f"$V{number + 1}" for number in range(5_000)} | {"V5000": "end"}
    assert resolve(variables)["V0"] == "end"
    assert find_cycle(variables) == []


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"A": "$B", "B": "$A"}, {"A", "B"}),
        ({"A": "x$B", "B": "${C}", "C": "%A%", "D": "$A"}, {"A", "B", "C"}),
        ({"A": "$A"}, set()),
        ({"A": "$B", "B": RawText("$A")}, set()),
        ({"A": "$$B", "B": "$A"}, set()),
    ],
)
def test_variables_that_name_each_other_are_found(variables: dict[str, str], names: set[str]):
    assert set(find_cycle(variables)) == names


def test_a_circle_is_refused_for_the_jobs_that_have_it_wherever_its_parts_are():
    text = """
        variables: {UP: $DOWN}
        a: {script: x, variables: {DOWN: $UP}}
        b: {script: x, variables: {DOWN: {value: $UP, expand: false}}}
        c: {script: x, rules: [{if: $CI, variables: {DOWN: $AROUND}}]}
        d: {script: x, rules: [{if: $NONE}], variables: {DOWN: $UP}}
    """
    messages = mistakes_in(text, predefined={"CI": "true"}, variables={"AROUND": "$UP"})
    assert [message.split(", ")[1].partition(":")[0] for message in messages] == ["job “a”", "job “c”"]


def test_a_pattern_of_files_names_variables_that_name_others():
    text = """
        variables: {TOP: app, SOURCE: $TOP/src}
        a: {script: x, rules: [{exists: [$SOURCE/*]}]}
        b: {script: x, rules: [{exists: ['$NONE*.txt']}]}
    """
    assert set(jobs_of(text, list_files=lambda: ["app/src/one.txt", "two.txt"])) == {"a"}
