"""CI files as nobody would write them, for the fuzz program and the property tests.

`texts()` are files of a few jobs, in flow style, whose keywords hold what they should in one case and anything at all
in another; with anchors, merges, tags and references in odd places, and now and then cut or garbled.
"""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import strategies as st

CASES = Path(__file__).parent.parent / "ci_config" / "cases"
JOB_NAMES = ["build", "test", "deploy", ".base", ".odd", "'unit 1/2'", "unit", "é", "'on'", "'1'", "'build: [a]'"]
PATHS = ["a.yml", "ci/b.yml", "ci/c.yaml", "'ci/*.yml'", "'**/*.yml'", "'ci/**.yml'", "'$FILE'", "'$SECRET.yml'"]
VARIABLES = ["A", "B", "C", "FILE", "CI", "CI_COMMIT_BRANCH", "A-B", "1A", "a b"]
PLAIN_WORDS = [
    *(
        "x",
        "y",
        "main",
        "'$A'",
        "'$A/$B'",
        "'$SECRET'",
        "'x y'",
        "'text: more'",
        "1 hour",
        "on_success",
        "always",
        "true",
    ),
    *("'12:30'", "'012'", "'1,000'", "'yes'", "'2024-01-02'", "':a'", "'~'", "' padded '", '"two\\nlines"'),
    *('"\\ttab\\n"', "a/b.txt", "'*.py'", "https://a.example.org"),
]
WORDS = [
    *("x", "main", "true", "no", "~", "''", "012", "0o17", "0x1f", "1_000", "1.50", "12:30", ".inf", "-.nan", "1e3"),
    *("2024-01-02", "2024-01-02 10:00:00", ":symbol", "'$A'", "'${B}'", "'%C%'", "'$$A'", "'$A/$B'", "'/^a.*/i'"),
    *("'/(/'", "'//'", "'**/*.py'", "'src/{a,b}'", "'{a'", "'[a-'", "1 hour", "'90'", "never", "https://a.example.org"),
    *("90", "-1", "1000000000000000000000", "[]", "{}", "[[]]", "!reference [.base, script]", "!reference [.odd]"),
    *(
        "'$[[ inputs.x ]]'",
        "'a $[[ inputs.l[0] | truncate(0,2) ]]'",
        "'$[[ inputs.m | expand_vars ]]'",
        "'$[[ matrix.A ]]'",
    ),
    *("!odd x", "!!float 1", "!!binary eA==", "*one", "*two", '"\\u0000"', '"\\uD800"', "'<<'", "a: b", "{<<: *one}"),
]
TOKENS = [
    *("$A", "$B", "$CI", '"text"', "'x'", "null", "==", "!=", "=~", "!~", "&&", "||", "(", ")", "/ab/", "/^(a+)+$/i"),
    *("true", "false", "/a/", "$", '"', "/(/", "!", "${A}"),
]
GARBAGE = [
    "\t", "\n", "\n  ", "- ", ": ", "{", "}", "[", "]", ",", "&one ", "*one", "!x ", "<<: *one", "#", "'", '"', "|\n",
    ">\n ", "---\n", "...\n", "? ", "\0", "\ud800", "\ufeff", "\x85", "é",
]  # fmt: skip


def mostly(common: st.SearchStrategy[str], rare: st.SearchStrategy[str], of: int) -> st.SearchStrategy[str]:
    """The second one once in `of` cases."""
    return st.integers(1, of).flatmap(lambda number: rare if number == of else common)


names = st.sampled_from(JOB_NAMES)
plain_words = st.sampled_from(PLAIN_WORDS)
words = mostly(plain_words, st.sampled_from(WORDS), of=25)
paths = st.sampled_from(PATHS)
free_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(json.dumps)


def flow_list(items: st.SearchStrategy[str], max_size: int = 3) -> st.SearchStrategy[str]:
    return st.lists(items, max_size=max_size).map(lambda found: f"[{', '.join(found)}]")


def flow_map(entries: dict[str, st.SearchStrategy[str]], max_size: int = 4) -> st.SearchStrategy[str]:
    """A map of some of these keys, in any order, a key perhaps twice."""
    pairs = st.sampled_from(sorted(entries)).flatmap(lambda key: entries[key].map(lambda value: f"{key}: {value}"))
    return st.lists(pairs, max_size=max_size).map(lambda found: f"{{{', '.join(found)}}}")


def one_of(*strategies: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One of them, or now and then anything."""
    return mostly(st.one_of(*strategies), anything, of=40)


anything = st.recursive(
    st.one_of(words, names, free_text),
    lambda inner: st.one_of(
        flow_list(inner),
        flow_map(dict.fromkeys(["script", "a", "<<", "'1'", "variables", "rules", "[x]", "1"], inner)),
        inner.map(lambda value: f"&one {value}"),
    ),
    max_leaves=6,
)
booleans = mostly(st.sampled_from(["true", "false", "yes", "off"]), words, of=20)
durations = mostly(st.sampled_from(["1 hour", "1h 30m", "'90'", "2 days"]), words, of=20)
numbers = mostly(st.sampled_from(["0", "1", "2"]), words, of=20)
conditions = st.lists(st.sampled_from(TOKENS), max_size=8).map(lambda tokens: json.dumps(" ".join(tokens)))
variables = flow_map(dict.fromkeys([f"'{name}'" for name in VARIABLES], words))
globs = flow_list(words)
need = st.one_of(
    names,
    flow_map({
        "job": names,
        "optional": st.just("true"),
        "artifacts": st.just("false"),
        "parallel": st.just("{matrix: [{A: [x]}]}"),
    }),
)  # fmt: skip
far_need = flow_map({"project": words, "ref": words, "pipeline": words, "job": names, "artifacts": booleans})
needs = one_of(flow_list(st.one_of(need, need, far_need, st.just("null"))), need, far_need)
rule = flow_map({
    "if": conditions,
    "changes": st.one_of(globs, flow_map({"paths": globs, "compare_to": words})),
    "exists": st.one_of(globs, flow_map({"paths": globs, "project": words})),
    "when": st.sampled_from(["never", "always", "manual", "on_success", "delayed, start_in: 1 hour", "delayed"]),
    "allow_failure": booleans,
    "variables": variables,
    "needs": needs,
    "interruptible": booleans,
})  # fmt: skip
rules = one_of(flow_list(st.one_of(rule, flow_list(rule), st.just("!reference [.base, rules]"))))
matrix = flow_list(flow_map(dict.fromkeys(["A", "B", "'A-B'"], st.one_of(words, flow_list(words)))))
cache = flow_map({
    "key": st.one_of(words, flow_map({"files": flow_list(paths), "files_commits": flow_list(paths), "prefix": words})),
    "paths": globs, "policy": words, "fallback_keys": globs,
})  # fmt: skip
container = st.one_of(words, flow_map({"name": words, "entrypoint": globs, "alias": words, "variables": variables}))
trigger = flow_map({
    "project": words, "branch": words, "strategy": st.just("mirror"), "include": st.one_of(paths, flow_list(paths)),
    "forward": anything, "inputs": flow_map({"x": words}),
})  # fmt: skip
environment = st.one_of(
    words,
    flow_map(
        {
            "name": words,
            "url": words,
            "on_stop": names,
            "action": words,
            "auto_stop_in": words,
            "kubernetes": anything,
        }
    ),
)
stages = st.sampled_from(["build", "test", "deploy", ".pre", ".post"])
artifacts = flow_map({
    "paths": globs, "exclude": globs, "expire_in": durations, "when": st.just("always"), "untracked": booleans,
    "reports": flow_map({"junit": words, "dotenv": globs}), "expose_as": words, "name": words,
})  # fmt: skip
release = flow_map({
    "tag_name": words, "description": words, "name": words, "ref": words, "milestones": globs, "released_at": words,
    "assets": flow_map({"links": flow_list(flow_map({"name": words, "url": words, "link_type": words}))}),
}, max_size=7)  # fmt: skip
secret = flow_map({"vault": words, "gitlab_secrets_manager": anything, "file": booleans, "token": words})
# `when` brings its `start_in` along.
KEYWORDS: dict[str, st.SearchStrategy[str]] = {
    "script": one_of(words, flow_list(st.one_of(words, flow_list(words)))),
    "before_script": one_of(flow_list(flow_list(words))),
    "after_script": one_of(flow_list(words)),
    "stage": one_of(stages),
    "extends": one_of(names, flow_list(names)),
    "variables": one_of(variables),
    "rules": rules,
    "only": one_of(flow_list(words), flow_map({"refs": globs, "variables": flow_list(conditions), "changes": globs})),
    "except": one_of(flow_list(words)),
    "when": one_of(st.sampled_from(["manual", "on_failure", "always", "delayed, start_in: 1 hour"])),
    "allow_failure": one_of(booleans, numbers.map(lambda number: f"{{exit_codes: [{number}]}}")),
    "needs": needs,
    "dependencies": one_of(flow_list(names)),
    "parallel": one_of(numbers, matrix.map(lambda rows: f"{{matrix: {rows}}}")),
    "tags": one_of(flow_list(words)),
    "artifacts": one_of(artifacts),
    "cache": one_of(cache, flow_list(st.one_of(cache, flow_list(cache)))),
    "image": one_of(container),
    "services": one_of(flow_list(st.one_of(container, flow_list(container)))),
    "environment": one_of(environment),
    "timeout": durations,
    "retry": one_of(numbers, flow_map({"max": numbers, "when": st.just("script_failure"), "exit_codes": numbers})),
    "coverage": st.sampled_from(["'/a/'", "'/^TOTAL.*$/i'", "'/(/'"]),
    "interruptible": booleans,
    "resource_group": words,
    "pages": one_of(booleans, flow_map({"publish": words, "path_prefix": words, "expire_in": durations})),
    "publish": one_of(words),
    "release": one_of(release),
    "hooks": one_of(flow_map({"pre_get_sources_script": st.one_of(words, flow_list(words))})),
    "manual_confirmation": one_of(words),
    "secrets": one_of(flow_map({"A": secret, "B": secret})),
    "id_tokens": one_of(flow_map({"A": flow_map({"aud": st.one_of(words, globs)})})),
    "run": anything,
    "inherit": one_of(flow_map({"default": st.one_of(booleans, st.just("[image]")), "variables": booleans})),
    "<<": st.sampled_from(["*one", "*two", "[*one, *two]", "{script: x}"]),
}  # fmt: skip
BRIDGE: dict[str, st.SearchStrategy[str]] = {
    "trigger": one_of(trigger),
    **{key: KEYWORDS[key] for key in ("stage", "variables", "rules", "needs", "allow_failure", "environment", "when")},
}
ENTRY: dict[str, st.SearchStrategy[str]] = {
    "local": paths, "project": words, "file": paths, "rules": rules, "component": words, "remote": words,
    "template": paths, "inputs": flow_map({"x": words, "l": globs}), "cache": st.one_of(booleans, durations),
}  # fmt: skip
TOP: dict[str, st.SearchStrategy[str]] = {
    "stages": one_of(flow_list(st.sampled_from(["build", "test", "deploy", ".pre"]))),
    "variables": one_of(variables, flow_map({"A": flow_map({"value": words, "options": globs, "expand": words})})),
    "default": one_of(flow_map(KEYWORDS)),
    "workflow": one_of(flow_map({"name": words, "rules": rules, "auto_cancel": anything})),
    "include": one_of(
        paths,
        flow_list(st.one_of(paths, flow_map(ENTRY))),
    ),
    "image": container,
    "spec": anything,
}  # fmt: skip


@st.composite
def job(draw: st.DrawFn) -> str:
    anchor = draw(st.sampled_from(["", "", "&one ", "&two "]))
    kind = draw(st.sampled_from(["script", "script", "script", "trigger", ""]))
    body = draw(flow_map(BRIDGE if kind == "trigger" else KEYWORDS, max_size=5))[1:]
    start = {"script": "script: x, ", "trigger": "trigger: group/project, "}.get(kind, "")
    return f"{draw(names)}: {anchor}{{{start}{body}"


top = st.sampled_from(sorted(TOP)).flatmap(lambda key: TOP[key].map(lambda value: f"{key}: {value}"))
HEADER = ".base: &one {script: [x], rules: [{when: always}], needs: []}\n.odd: &two {image: b, variables: {A: one}}\n"
bodies = st.lists(st.one_of(job(), job(), job(), top), max_size=8).map(lambda found: HEADER + "\n".join(found))
input_spec = flow_map({
    "type": st.sampled_from(["string", "number", "boolean", "array"]), "default": one_of(words, flow_list(words)),
    "options": flow_list(words), "regex": words, "description": words,
    "rules": flow_list(flow_map({"if": conditions, "options": globs, "default": words})),
})  # fmt: skip
input_specs = flow_map(dict.fromkeys(["x", "l", "m"], one_of(input_spec, st.just("{default: a}"))))
headers = st.one_of(
    st.just("spec: {inputs: {x: {default: a}, l: {type: array, default: [a, b]}, m: {default: '$A %B%'}}}\n---\n"),
    input_specs.map(lambda specs: f"spec: {{inputs: {specs}, component: [name]}}\n---\n"),
)
files = st.tuples(mostly(st.just(""), headers, of=3), bodies).map("".join)
known_files = st.sampled_from(sorted(CASES.rglob("*.yml"))).map(Path.read_text)


@st.composite
def garbled_files(draw: st.DrawFn, files: st.SearchStrategy[str]) -> str:
    """A file with pieces put in, cut out, or written again somewhere else."""
    text = draw(files)
    for _ in range(draw(st.integers(1, 4))):
        start, end = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        put = draw(st.one_of(st.sampled_from(GARBAGE), words, st.just(text[start:end]), st.just("")))
        text = draw(st.sampled_from([text[:start] + put + text[end:], text[:start] + put + text[start:]]))
    return text


odd_texts = st.one_of(garbled_files(files), known_files, garbled_files(known_files), st.text(max_size=60))
texts = mostly(files, odd_texts, of=3)
