"""What one may not see takes the very statements of what there is not: their number, their order, their tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blobs.store import collect_garbage
from jobs.pipelines import plan
from projects.services import create_namespace, move_project
from resources.packages.models import Package, PackageFile
from tests.factories import artifacts, jobs, projects
from tests.factories.artifacts import zip_bytes
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.policy.levels import Visibility

LITERAL = re.compile(r"'(?:[^']|'')*'")
SAVEPOINT = re.compile(r'"s\d+_x\d+"')
NUMBER = re.compile(r"\b\d+\b")


@pytest.fixture
def far(cast: Cast) -> Any:
    """A private group of somebody else's, with a private project in it."""
    group = projects.group("faraway", by=cast.owner, visibility=Visibility.PRIVATE)
    return projects.project("secret", group=group, by=cast.owner)


def work(do: Callable[[], object]) -> list[str]:
    """The statements, without the values in them."""
    with CaptureQueriesContext(connection) as asked:
        do()
    return [NUMBER.sub("0", SAVEPOINT.sub("savepoint", LITERAL.sub("·", one["sql"]))) for one in asked]


def same_work(ask: Callable[[str], object], *names: str) -> list[str]:
    """Asks for each, and hands back the statements that all of them took."""
    for name in names:
        ask(name)  # what is read once per process and kept is read now
    first, *others = (work(partial(ask, name)) for name in names)
    for other in others:
        assert other == first
    return first


def asked_about(kind: str, statements: list[str]) -> int:
    """How many of them are a person's check on a project, or on a group."""
    return sum(f"person_{kind}_by" in one or f"projects_{kind}effectiverole effective" in one for one in statements)


def page(person: Any) -> Client:
    client = Client()
    if person is not None:
        client.force_login(person)
    return client


# --- Included files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_project", [True, False])
def test_a_file_with_many_includes_looks_a_hidden_project_up_once_as_an_absent_one(cast: Cast, far: Any, by_project):
    speaker = Api(token=token_for(cast.developer))
    address = f"/projects/{cast.app.pk}/ci/lint" if by_project else "/ci/lint"
    spelled = (str.lower, str.upper, str.title)

    def ask(path: str) -> None:
        includes = "".join(f"  - {{project: {spelled[n % 3](path)}, file: a{n}.yml}}\n" for n in range(90))
        said = speaker.post(address, {"content": f"include:\n{includes}own: {{script: [x]}}"}).content.decode()
        assert "a89.yml" in said

    asked = same_work(ask, "faraway/secret", "faraway/nothin")
    assert asked_about("project", asked) == (2 if by_project else 1)


def test_a_ci_file_with_many_includes_takes_the_same_statements_for_hidden_and_absent(cast: Cast, far: Any):
    projects.commit(cast.app, {"README": "x"})

    def ask(path: str) -> None:
        includes = "".join(f"  - {{project: {path}, file: a{n}.yml}}\n" for n in range(90))
        text = f"include:\n{includes}own: {{script: [x]}}"
        found = plan.plan_pipeline(plan.PipelineRequest(cast.app, "main", cast.developer, "web", text=text))
        with pytest.raises(plan.InvalidConfigFile):
            plan.compile_file(found)

    asked = same_work(ask, "faraway/secret", "faraway/nothin")
    assert asked_about("project", asked) == 1


def test_files_of_one_project_are_included_however_it_is_spelled(cast: Cast):
    kit = projects.project("kit", group=cast.acme, by=cast.owner)
    projects.commit(kit, {f"a{n}.yml": f"job{n}: {{script: [x]}}" for n in range(3)})
    speaker = Api(token=token_for(cast.owner))

    def jobs_of(*paths: str) -> Any:
        includes = "".join(f"  - {{project: {path}, file: a{n}.yml}}\n" for n, path in enumerate(paths))
        return speaker.post("/ci/lint", {"content": f"include:\n{includes}"}).json()

    assert jobs_of("acme/kit", "ACME/Kit", "Acme/kit")["valid"]
    assert "a1.yml" in jobs_of("acme/kit", "acme/\N{KELVIN SIGN}it")["errors"][0]


# --- Files that somebody else may have stored too ---------------------------------------------------------------------


@pytest.fixture
def kept_far(cast: Cast, far: Any) -> str:
    """The words of a file that a hidden project keeps."""
    Api(token=token_for(cast.owner)).put(f"/projects/{far.pk}/packages/generic/a/1/f", b"known words")
    return "known words"


def test_storing_a_file_tells_not_whether_a_hidden_project_has_the_same(cast: Cast, kept_far: str):
    api = Api(token=token_for(cast.developer))
    address = f"/projects/{cast.app.pk}/packages/generic/{{}}/1/f"
    files = (("one", "words of today"), ("two", kept_far), ("three", "new words"), ("four", kept_far))
    asked = [work(partial(api.put, address.format(name), words.encode())) for name, words in files]
    assert asked[1] == asked[2] == asked[3]
    assert sum("blobs_blob" in one for one in asked[1]) == 1


def test_storing_an_artifact_tells_not_whether_a_hidden_project_has_the_same(cast: Cast, far: Any):
    theirs, known, new = zip_bytes({"a": b"1"}), zip_bytes({"a": b"1"}), zip_bytes({"a": b"2"})
    artifacts.store(jobs.job(far, cast.owner), theirs)
    asked = []
    for data in (zip_bytes({"a": b"0"}), known, new):
        job = jobs.job(cast.app, cast.developer)
        asked.append(work(partial(artifacts.upload, job.pk, jobs.token_of(job), data)))
    assert asked[1] == asked[2]


@pytest.mark.django_db(transaction=True)
def test_deleting_a_file_tells_not_whether_a_hidden_project_has_the_same(cast: Cast, kept_far: str):
    api = Api(token=token_for(cast.maintainer))
    asked = []
    for name, words in (("one", "words of today"), ("two", kept_far), ("three", "new words")):
        api.put(f"/projects/{cast.app.pk}/packages/generic/{name}/1/f", words.encode())
        file = PackageFile.objects.latest("pk")
        assert file.blob.path.exists()
        asked.append(work(partial(api.delete, f"/projects/{cast.app.pk}/packages/{file.package_id}")))
        assert not PackageFile.objects.filter(pk=file.pk).exists()
        assert file.blob.path.exists()
    assert asked[1] == asked[2]
    assert collect_garbage() == 2  # the one that somebody else has stays


# --- Another job's artifacts ------------------------------------------------------------------------------------------


def test_a_job_asks_for_a_hidden_jobs_artifacts_as_for_none(cast: Cast, far: Any):
    theirs = jobs.job(far, cast.owner)
    artifacts.store(theirs)
    api = Api(job=cast.job_token())
    asked = same_work(lambda pk: api.get(f"/jobs/{pk}/artifacts"), str(theirs.pk), str(theirs.pk + 10**6))
    assert not any("jobs_jobartifact" in one for one in asked)


def test_whoever_is_no_job_makes_us_look_no_job_up(cast: Cast, far: Any):
    theirs = jobs.job(far, cast.owner)
    for api in (Api(), Api(token=token_for(cast.owner)), Api(token="nonsense")):
        asked = same_work(api.get, f"/jobs/{theirs.pk}/artifacts", f"/jobs/{theirs.pk + 10**6}/artifacts")
        assert not any("jobs_job" in one for one in asked)


# --- `/<path>`, which may be a project or a group ---------------------------------------------------------------------


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_address_takes_the_same_statements_for_a_hidden_group_a_hidden_project_and_nothing(
    cast: Cast, far: Any, signed_in
):
    """Each is looked up twice: at its path, and where it was moved to."""
    client = page(cast.outsider if signed_in else None)
    move_project(far, by=cast.owner, path="moved")
    paths = ("faraway", "farther", "faraway/moved", "faraway/secret", "faraway/nothin")
    asked = same_work(lambda path: client.get(f"/{path}"), *paths)
    assert asked_about("group", asked) == asked_about("project", asked) == 2


@pytest.mark.parametrize(("path", "shown"), [("acme", "portal/group.html"), ("acme/app", "portal/project.html")])
def test_an_address_leads_to_groups_and_projects(cast: Cast, path: str, shown: str):
    answer = page(cast.developer).get(f"/{path}")
    assert shown in [template.name for template in answer.templates]


# --- Lists with words -------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(("hidden", "absent"), [("faraway/secret", "faraway/nothin"), ("faraway", "farther"),
                                                ("secret", "nothin")])  # fmt: skip
@pytest.mark.parametrize("address", ["/search?q={}", "/explore/projects?q={}", "/explore/groups?q={}", "/?q={}"])
def test_a_page_looks_for_hidden_words_as_for_none(cast: Cast, far: Any, signed_in, address, hidden, absent):
    client = page(cast.outsider if signed_in else None)
    same_work(lambda q: client.get(address.format(q)), hidden, absent)


def test_a_whole_path_leads_there(cast: Cast):
    browser = page(cast.developer)
    create_namespace(cast.maintainer)
    assert browser.get("/search?q=/ACME/app/")["Location"] == "/acme/app"
    assert browser.get("/search?q=Acme")["Location"] == "/acme"
    assert browser.get("/search?q=maintainer").status_code == 200


@pytest.fixture
def open_group(cast: Cast) -> Any:
    """A group that all see, with a private project that has a package."""
    group = projects.group("open", by=cast.owner, visibility=Visibility.PUBLIC)
    hidden = projects.project("secret", group=group, by=cast.owner, visibility=Visibility.PRIVATE)
    Api(token=token_for(cast.owner)).put(f"/projects/{hidden.pk}/packages/generic/secret/1/f", b"x")
    return group


CHECK = re.compile(r"tokenaccess_person_|json_array\(")  # of one place by its name
BEHIND = re.compile(r"CASE WHEN .*? THEN .*? ELSE (?:0|false) END", re.DOTALL)


def asks_only_of_what_is_visible(do: Callable[[], object], word: str = "secret") -> bool:
    """Whether each statement that compares with the word does so behind the question whether the row may be seen."""
    with CaptureQueriesContext(connection) as asked:
        do()
    comparing = [one["sql"] for one in asked if word in one["sql"] and not CHECK.search(one["sql"])]
    return bool(comparing) and not any(word in BEHIND.sub("", one) for one in comparing)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "address",
    [
        "/projects?search=secret",
        "/projects?search=open/secret&search_namespaces=true",
        "/groups?search=secret",
        "/groups/open/projects?search=secret",
        "/groups/open/subgroups?search=secret",
        "/groups/open/packages?package_name=secret",
    ],
)
def test_words_are_held_against_what_one_may_see_and_nothing_else(cast: Cast, open_group: Any, address: str):
    for api in (Api(), Api(token=token_for(cast.outsider))):
        assert asks_only_of_what_is_visible(partial(api.get, address))
        assert api.get(address).json() == []
    found = Api(token=token_for(cast.owner)).get(address).json()
    assert len(found) == (0 if "subgroups" in address or address.startswith("/groups?") else 1)


@pytest.mark.parametrize("address", ["/projects?search=secret&membership=true", "/namespaces?search=secret"])
def test_a_search_among_own_projects_takes_the_same_statements(cast: Cast, open_group: Any, address: str):
    assert asks_only_of_what_is_visible(partial(Api(token=token_for(cast.outsider)).get, address))


@pytest.mark.one_case
@pytest.mark.parametrize(
    "address", ["/?q=secret", "/explore/projects?q=secret", "/explore/groups?q=secret", "/open?q=secret"]
)
def test_pages_take_the_same_statements_for_hidden_and_absent(cast: Cast, open_group: Any, address: str):
    browser = page(cast.outsider)
    assert asks_only_of_what_is_visible(partial(browser.get, address))
    assert "open/secret" not in browser.get(address).content.decode()


def test_the_allowlist_takes_the_same_statements_for_hidden_and_absent(cast: Cast):
    browser = page(cast.maintainer)
    with CaptureQueriesContext(connection) as asked:
        assert browser.get("/acme/app/-/settings/ci_cd/token_access?q=secret").status_code == 200
    assert not [one["sql"] for one in asked if "secret" in one["sql"]]  # what is searched has no hidden names in it


@pytest.mark.one_case
@pytest.mark.parametrize(
    "names", ['search: "secret"', 'fullPaths: ["open/secret"]', 'ids: ["gid://gitlab/Project/900719925474"]']
)
def test_graphql_takes_the_same_statements_for_hidden_and_absent(cast: Cast, open_group: Any, names: str):
    api = Api(token=token_for(cast.outsider))
    word = "900719925474" if "ids" in names else "secret"
    query = f"{{ projects({names}) {{ nodes {{ id }} }} }}"
    assert asks_only_of_what_is_visible(lambda: api.post("/api/graphql", {"query": query}), word)
    inside = '{ group(fullPath: "open") { projects(search: "secret") { nodes { id } } } }'
    assert asks_only_of_what_is_visible(lambda: api.post("/api/graphql", {"query": inside}))


@pytest.mark.parametrize("argument", ["ids", "fullPaths"])
def test_graphql_takes_few_names_at_once(cast: Cast, argument: str):
    api = Api(token=token_for(cast.developer))

    def ask(count: int) -> Any:
        name = f"gid://gitlab/Project/{cast.app.pk}" if argument == "ids" else "acme/app"
        query = f"{{ projects({argument}: {json.dumps([name] * count)}) {{ nodes {{ fullPath }} }} }}"
        return api.post("/api/graphql", {"query": query}).json()

    assert ask(50)["data"]["projects"]["nodes"] == [{"fullPath": "acme/app"}]
    assert [error["message"] for error in ask(51)["errors"]] == [f"{argument} takes at most 50."]


@pytest.mark.one_case
@pytest.mark.parametrize("names", ["ids: []", "fullPaths: []", 'search: ""', 'fullPaths: ["a\\u0000b"]'])
def test_graphql_is_not_upset_by_no_names(cast: Cast, names: str):
    for person in (cast.developer, cast.admin):
        query = f"{{ projects({names}) {{ count }} }}"
        body = Api(token=token_for(person)).post("/api/graphql", {"query": query}).json()
        assert body == {"data": {"projects": {"count": 2 if "search" in names else 0}}}


# --- Packages by their name, wherever they are ------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize(
    "place",
    [
        "/groups/{group}/-/packages/npm/@acme%2f{name}",
        "/groups/{group}/-/packages/pypi/simple/{name}",
        "/groups/{group}/-/packages/maven/com/acme/{name}/1.0/x.jar",
        "/packages/npm/@acme%2f{name}",
        "/packages/maven/com/acme/{name}/1.0/x.jar",
        "/packages/terraform/modules/v1/acme/{name}/aws/versions",
    ],
)
def test_a_package_hidden_from_a_job_is_looked_for_like_one_that_is_not_there(cast: Cast, place: str):
    speaker = Api(job=cast.job_token())
    for kind, name in (("npm", "@acme/hidden"), ("pypi", "hidden"), ("maven", "com/acme/hidden")):
        Package.objects.create(project=cast.library, kind=kind, name=name, version="1.0")
    Package.objects.create(project=cast.library, kind="terraform_module", name="hidden/aws", version="1.0.0")

    def ask(name: str) -> int:
        return speaker.get(place.format(group=cast.acme.pk, name=name)).status_code

    assert (ask("hidden"), ask("absent")) == (404, 404)
    hidden, absent = (work(partial(ask, name)) for name in ("hidden", "absent"))
    several = re.compile(r"IN \((?:0, )+0\)")
    assert [several.sub("IN (0)", one) for one in hidden] == [several.sub("IN (0)", one) for one in absent]
