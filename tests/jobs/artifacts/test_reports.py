"""What is read out of reports when they arrive (runner.md §3.4, resources.md §8.2)."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from jobs.models import Job
from tests.factories import artifacts
from tests.factories.artifacts import gzip_bytes, upload

pytestmark = pytest.mark.once

PASSING = '<?xml version="1.0"?><testsuite><testcase name="adds" classname="math" time="0.5"/></testsuite>'
FAILING = """<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="all">
  <testcase name="breaks" classname="math.Division" time="1.25"><failure message="no">trace</failure></testcase>
  <testcase name="crashes" classname="math" time="0.25"><error/></testcase>
  <testcase name="waits" classname="math"><skipped/></testcase>
  <testcase name="both" classname="math"><failure/><error/></testcase>
</testsuite></testsuites>"""
BOMB = """<?xml version="1.0"?><!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>
<testsuite><testcase name="&b;"/></testsuite>"""
OUTSIDE = '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>'


def send(job: Job, token: str, kind: str, data: bytes) -> Any:
    form = {"junit": "gzip", "dotenv": "gzip", "terraform": "raw", "codequality": "raw"}[kind]
    return upload(job.pk, token, data, artifact_type=kind, artifact_format=form)


def report(job: Job, token: str, kind: str, data: bytes) -> Any:
    assert send(job, token, kind, data).status_code == 201
    return job.artifacts.get(file_type=kind).report


# --- JUnit ------------------------------------------------------------------------------------------------------------


def test_tests_are_counted_over_all_files_of_a_report(running: Job, token: str):
    found = report(running, token, "junit", gzip_bytes(PASSING, FAILING))
    assert found == {
        "total": 5, "success": 1, "failed": 2, "error": 1, "skipped": 1, "time": 2.0,
        "named": [
            {"name": "breaks", "classname": "math.Division", "kind": "failed"},
            {"name": "crashes", "classname": "math", "kind": "error"},
            {"name": "both", "classname": "math", "kind": "failed"},
        ],
    }  # fmt: skip


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, "<testsuite><testcase", "", "\0", '<testcase name="\ud83d"/>'])
def test_a_broken_or_wicked_file_is_counted_as_broken_and_the_others_still_read(running: Job, token: str, text: str):
    data = gzip.compress(text.encode(errors="surrogatepass")) + gzip_bytes(PASSING)
    found = report(running, token, "junit", data)
    assert (found["total"], found["broken"], found["named"]) == (1, 1, [])


def test_only_the_first_failures_are_named(running: Job, token: str):
    case = f'<testcase name="{"n" * 1000}" time="nan"><failure/></testcase>'
    found = report(running, token, "junit", gzip_bytes(f"<testsuite>{case * 150}</testsuite>"))
    assert (found["failed"], len(found["named"]), found["time"]) == (150, 100, 0)
    assert len(found["named"][0]["name"]) == 255


def test_a_report_too_large_to_read_is_kept_and_says_so(running: Job, token: str):
    data = gzip.compress(b" " * (21 * 1024 * 1024))
    assert "larger than 20 MiB" in report(running, token, "junit", data)["unread"]


def test_a_report_that_cannot_be_unpacked_is_kept_and_says_so(running: Job, token: str):
    assert "unpacked" in report(running, token, "junit", gzip_bytes(PASSING)[:-10])["unread"]


def test_very_many_files_in_one_report_are_too_many(running: Job, token: str):
    found = report(running, token, "junit", gzip.compress(b"", mtime=0) * 10_001)
    assert "were not counted" in found["unread"]


# --- dotenv -----------------------------------------------------------------------------------------------------------


def test_dotenv_lines_are_read(running: Job, token: str):
    text = "VERSION=1.2.3\nURL = https://example.org/?a=b \nEMPTY=\n\nVERSION=1.2.4\nPRICE='$5'\n"
    assert report(running, token, "dotenv", gzip_bytes(text)) == [
        {"key": "VERSION", "value": "1.2.4"},
        {"key": "URL", "value": "https://example.org/?a=b"},
        {"key": "EMPTY", "value": ""},
        {"key": "PRICE", "value": "'$5'"},
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (gzip_bytes("no pair"), "Line 1 of the dotenv report is not KEY=VALUE"),
        (gzip_bytes("A=1\nB B=2"), "Line 2 of the dotenv report is not KEY=VALUE"),
        (gzip_bytes("A=\0"), "Line 1 of the dotenv report is not KEY=VALUE"),
        (gzip_bytes("# comment"), "Line 1 of the dotenv report is not KEY=VALUE"),
        (gzip.compress(b"A=\xff", mtime=0), "The dotenv report is not UTF-8 text"),
        (gzip_bytes("\n".join(f"A{n}=1" for n in range(21))), "The dotenv report has more than 20 variables"),
        (gzip_bytes("A=" + "x" * 5119), "The dotenv report is larger than 5120 bytes"),
        (gzip_bytes("A=1")[:-4], "The dotenv report is not gzip"),
    ],
)
def test_a_dotenv_report_with_mistakes_is_refused(running: Job, token: str, data: bytes, message: str):
    answer = send(running, token, "dotenv", data)
    assert (answer.status_code, answer.json()) == (400, {"message": f"400 Bad request - {message}"})
    assert not running.artifacts.exists()


def test_a_dotenv_report_may_be_as_large_as_allowed(running: Job, token: str):
    assert len(report(running, token, "dotenv", gzip_bytes("\n".join(f"A{n}=1" for n in range(20))))) == 20
    assert send(running, token, "dotenv", gzip_bytes("A=" + "x" * 5118)).status_code == 400  # there is one already


# --- Terraform, and those only kept -----------------------------------------------------------------------------------


def test_a_plans_changes_are_read(running: Job, token: str):
    data = b'{"create":1,"update":0,"delete":2}'
    assert report(running, token, "terraform", data) == {"create": 1, "update": 0, "delete": 2}


@pytest.mark.parametrize("data", [b"", b"[]", b"nonsense", b'{"create":"1"}', b'{"create":1,"update":true,"delete":0}'])
def test_a_plan_without_counts_is_kept_and_says_so(running: Job, token: str, data: bytes):
    assert "Terraform report" in report(running, token, "terraform", data)["unread"]


def test_other_reports_are_only_kept(running: Job, token: str):
    assert report(running, token, "codequality", b"[]") is None


def test_a_report_alone_is_no_archive(running: Job, token: str, cast: Any, api: Any):
    artifacts.store(running, b'{"create":1,"update":0,"delete":0}', file_type="terraform")
    answer = api(cast.developer).get(f"/projects/{running.project_id}/jobs/{running.pk}/artifacts")
    assert answer.status_code == 404
