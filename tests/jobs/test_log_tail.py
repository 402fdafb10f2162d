"""A job's page that stays open: what it asks for while the job runs, and what it is given (runner.md §3.2)."""

from __future__ import annotations

import os
import re
import time
from typing import Any

import pytest
from django.test import Client

from jobs.logs import line_numbers, storage, tail
from jobs.models import Job
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.runner import Work

pytestmark = pytest.mark.once


class OpenPage:
    """Does what htmx does with the page: asks again, with the address it was given last."""

    def __init__(self, user: Any, job: int) -> None:
        self.client = Client()
        self.client.force_login(user)
        self.shown = self.client.get(f"/acme/app/-/jobs/{job}").content.decode()
        self.address = self._next(self.shown)

    @staticmethod
    def _next(shown: str) -> str:
        found = re.search(r'id="job-live"[^>]* hx-get="([^"]+)"', shown)
        return found[1] if found else ""

    def poll(self) -> str:
        """What came; empty when nothing did."""
        answer = self.client.get(self.address, headers={"HX-Request": "true"})
        if answer.status_code == 204:
            return ""
        assert answer.status_code == 200
        self.shown = answer.content.decode()
        self.address = self._next(self.shown)
        return self.shown

    def has_waited(self) -> None:
        """As if the number of lines had been told long ago."""
        self.address = re.sub(r"~\d+~running", "~1~running", self.address)


@pytest.fixture
def work(cast: Cast) -> Work:
    runners.pipeline(cast.app, cast.developer)
    return runners.runner(cast.app).work()


def test_a_page_is_given_only_the_lines_after_the_last_one_it_has(cast: Cast, work: Work) -> None:
    work.log(b"one\ntwo\n")
    page = OpenPage(cast.reporter, work.id)
    assert page.poll() == ""
    work.log(b"three\nfo")
    came = page.poll()
    assert 'hx-swap-oob="beforebegin:#log-end"' in came
    assert 'id="L3"' in came
    assert "three" in came
    assert "two" not in came
    assert "fo<" not in came
    assert page.poll() == ""
    work.log(b"ur\n")
    assert "four" in page.poll()


def test_without_script_the_page_and_its_link_are_what_they_were(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.reporter, work.id)
    assert f'href="/acme/app/-/jobs/{work.id}#log-end"' in page.shown
    assert "Show new lines" in page.shown
    assert 'hx-trigger="every 3s"' in page.shown
    assert "<script>" not in page.shown


def test_lines_go_into_the_section_that_is_open_and_its_end_is_shown(cast: Cast, work: Work) -> None:
    work.log(b"section_start:100:outer\r\x1b[0KOuter\nsection_start:101:inner\r\x1b[0KInner\nin inner\n")
    page = OpenPage(cast.reporter, work.id)
    work.log(b"\x1b[31mmore\nsection_end:105:inner\r\x1b[0K\nin outer\n")
    came = page.poll()
    assert re.search(r'beforeend:#S2">\s*<p id="L2">.*?<span class="r">more', came)
    assert re.search(r'beforeend:#S1">\s*<p id="L3">.*?<span class="r">in outer', came)
    assert re.search(r'id="T2" hx-swap-oob="true">4 s<', came)
    work.log(b"section_end:110:outer\r\x1b[0K\nsection_start:111:last\r\x1b[0KLast\nx\n")
    came = page.poll()
    assert re.search(r'id="T1" hx-swap-oob="true">10 s<', came)
    assert re.search(r'beforebegin:#log-end">\s*<details id="S3" open>\s*<summary>Last.*id="L4"', came, re.DOTALL)


def test_the_rest_of_a_line_takes_the_lines_place(cast: Cast, work: Work) -> None:
    stamp = b"2026-11-20T09:16:26.123456Z 01O"
    work.log(stamp + b" before\n" + stamp + b" half a \n")
    page = OpenPage(cast.reporter, work.id)
    work.log(stamp + b"+line\n" + stamp + b" next\n")
    came = page.poll()
    assert re.search(r'<p id="L2" hx-swap-oob="true">.*half a line', came)
    assert re.search(r'beforebegin:#log-end">\s*<p id="L3">.*next', came)
    assert "before<" not in came


def test_a_secret_that_comes_in_two_pieces_is_never_shown(cast: Cast, work: Work) -> None:
    work.log(b"start\n")
    page = OpenPage(cast.reporter, work.id)
    cut = len(work.token) // 2
    work.log(work.token[:cut].encode())
    assert page.poll() == ""
    assert work.token[8:cut] not in OpenPage(cast.reporter, work.id).shown
    work.log(work.token[cut:].encode() + b"\n")
    came = page.poll()
    assert "[MASKED]" in came
    assert work.token[8:cut] not in came


def test_the_end_of_the_job_changes_the_page_and_ends_the_asking(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.developer, work.id)
    work.log(b"last without an end")
    work.fail()
    came = page.poll()
    assert "last without an end" in came
    assert re.search(r'id="job-status" hx-swap-oob="innerHTML">.*Failed', came)
    assert re.search(r'id="job-side" hx-swap-oob="true">.*Expired', came, re.DOTALL)
    assert re.search(r'id="job-actions" hx-swap-oob="true">.*Retry as you', came, re.DOTALL)
    assert re.search(r'id="job-notes" hx-swap-oob="true">.*The script failed', came, re.DOTALL)
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">2 lines<', came)
    assert page.address == ""


def test_an_end_without_a_last_line_leaves_nothing_that_is_still_to_come(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.reporter, work.id)
    work.succeed()
    came = page.poll()
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">1 line<', came)
    assert re.search(r'id="log-step" hx-swap-oob="true"[^>]*>Jump to end<', came)
    assert "so far" not in came


def test_a_job_that_is_over_is_not_asked_about(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    work.succeed()
    assert OpenPage(cast.reporter, work.id).address == ""


def test_a_page_opened_before_the_job_ran_fills_itself(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    page = OpenPage(cast.reporter, Job.objects.get().pk)
    assert page.poll() == ""
    work = runners.runner(cast.app).work()
    came = page.poll()
    assert re.search(r'id="job-log"[^>]* hx-swap-oob="true"', came)
    assert "has not sent any output yet" in came
    assert "Valid" in came
    work.log(b"hello\n")
    came = page.poll()
    assert 'id="L1"' in came
    assert '<p id="L1" hx-swap-oob' not in came
    assert page.poll() == ""


def test_how_many_lines_came_is_announced_at_intervals_only(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.reporter, work.id)
    work.log(b"two\nthree\n")
    assert "new line" not in page.poll()
    page.has_waited()
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">2 new lines, 3 so far<', page.poll())
    assert page.poll() == ""


def test_a_page_that_is_far_behind_begins_anew_at_the_end(cast: Cast, work: Work, monkeypatch: Any) -> None:
    monkeypatch.setattr(tail, "MAX_SHOWN_BYTES", 100)
    monkeypatch.setattr(tail, "MAX_PAGE_BYTES", 200)
    work.log(b"first\n")
    page = OpenPage(cast.reporter, work.id)
    work.log(b"".join(b"line %03d\n" % number for number in range(50)))
    came = page.poll()
    assert re.search(r'id="job-log"[^>]* hx-swap-oob="true"', came)
    assert "line 049" in came
    assert "line 001" not in came
    assert "The beginning is not shown here" in came
    work.log(b"then\n")
    assert re.search(r'beforebegin:#log-end">\s*<p id="L\d+">.*then', page.poll())


STAMP = b"2026-11-20T09:16:26.123456Z 01O"


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page shows, and is counted by, a sixteenth of what it does otherwise, so that a log is soon a long one."""
    monkeypatch.setattr(tail, "MAX_SHOWN_BYTES", tail.MAX_SHOWN_BYTES // 16)
    monkeypatch.setattr(tail, "MAX_PAGE_BYTES", tail.MAX_PAGE_BYTES // 16)
    monkeypatch.setattr(line_numbers, "BLOCK", line_numbers.BLOCK // 16)


def numbers_of(shown: str) -> list[int]:
    return [int(number) for number in re.findall(r'<p id="L(\d+)"', shown)]


def write_log(job: int, data: bytes) -> None:
    """As if the runner had sent it, but faster."""
    path = Job.objects.get(pk=job).trace_path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def get(user: Any, job: int, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/acme/app/-/jobs/{job}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("stamp", [b"", STAMP + b" "])
def test_a_log_of_very_many_lines_has_its_true_numbers(cast: Cast, work: Work, stamp: bytes) -> None:
    write_log(work.id, b"".join(stamp + b"this is line %d\n" % number for number in range(1, 320_001)))
    work.succeed()
    shown = get(cast.reporter, work.id)
    numbers = numbers_of(shown)
    assert numbers == list(range(numbers[0], 320_001))
    assert len(shown) < 4_000_000
    assert re.search(r'id="L320000".*>this is line 320000<', shown)
    assert "320,000 lines" in shown or "320000 lines" in shown
    assert "The beginning is not shown here" in shown


def test_a_link_to_a_line_shows_it_wherever_it_is(cast: Cast, work: Work, short_pages: None) -> None:
    write_log(work.id, b"".join(b"this is line %d\n" % number for number in range(1, 7_001)))
    work.succeed()
    assert 'href="?line=6999#L6999"' in get(cast.reporter, work.id)
    for line in (1, 2, 1_200, 3_500, 4_909, 6_999):
        shown = get(cast.reporter, work.id, f"?line={line}")
        assert re.search(rf'id="L{line}".*>this is line {line}<', shown)
        assert "7,000 lines" in shown or "7000 lines" in shown
    assert "The end is not shown here" in get(cast.reporter, work.id, "?line=3500")
    assert "The end is not shown here" not in get(cast.reporter, work.id, "?line=6999")
    for odd in ("0", "7001", "999999999", "-1", "x", "1" * 30, "%00"):
        assert 'id="L7000"' in get(cast.reporter, work.id, f"?line={odd}")


def test_a_page_about_a_line_of_long_ago_is_not_kept_up_to_date(cast: Cast, work: Work, short_pages: None) -> None:
    write_log(work.id, b"".join(b"this is line %d\n" % number for number in range(1, 7_001)))
    assert re.search(r'id="job-live"[^>]*hx-get', get(cast.reporter, work.id))
    assert not re.search(r'id="job-live"[^>]*hx-get', get(cast.reporter, work.id, "?line=5"))


def test_lines_at_the_end_of_a_long_log_stand_in_their_section(cast: Cast, work: Work, short_pages: None) -> None:
    write_log(
        work.id,
        b"section_start:100:build\r\x1b[0KBuild it\n"
        + b"0123456789\n" * 7_000
        + b"section_end:160:build\r\x1b[0K\nend\n",
    )
    work.succeed()
    shown = get(cast.reporter, work.id)
    assert re.search(r'<details id="S1" open>\s*<summary>build<span class="took" id="T1">1 min', shown)
    assert re.search(r'</details>\s*<p id="L7001">.*>end<', shown)


def test_pages_that_begin_in_the_middle_go_on_counting(cast: Cast, work: Work, short_pages: None) -> None:
    work.log(b"".join(b"this is line %d\n" % number for number in range(1, 4_001)))
    page = OpenPage(cast.reporter, work.id)
    assert numbers_of(page.shown)[-1] == 4_000
    work.log(b"one more\n")
    assert re.search(r'<p id="L4001">.*one more', page.poll())


@pytest.mark.parametrize(
    "data",
    [
        b"start\n" + b"\r50%" * 700_000,
        b"start\n" + b"\r50%" * 700_000 + b"\n",
        b"start\n" + b"-" * 5_000_000 + b"50%\n",
        b"start\n" + b"-" * 5_000_000 + b"50%",
        STAMP + b" start\n" + STAMP + b" " + (b"-" * 10_000 + b"\n" + STAMP + b"+") * 500 + b"50%\n",
    ],
)
def test_the_end_of_a_very_long_last_line_is_shown_and_marked(cast: Cast, work: Work, data: bytes) -> None:
    write_log(work.id, data)
    work.succeed()
    shown = get(cast.reporter, work.id)
    assert re.search(r'<p id="L2">.*<span class="y">…</span>.*50%', shown)
    assert numbers_of(shown) == [2]
    assert len(shown) < 200_000
    assert "2 lines" in shown
    assert "The beginning is not shown here" in shown
    assert f"/acme/app/-/jobs/{work.id}/raw" in shown
    assert "Download" in shown


def test_a_long_line_before_the_end_is_left_out(cast: Cast, work: Work) -> None:
    write_log(work.id, b"start\n" + b"-" * 5_000_000 + b"\nend\n")
    work.succeed()
    assert numbers_of(get(cast.reporter, work.id)) == [3]
    assert numbers_of(get(cast.reporter, work.id, "?line=1"))[0] == 1


def test_a_running_job_shows_the_lines_before_a_long_one_that_has_not_ended(cast: Cast, work: Work) -> None:
    work.log(b"start\n" + b"\r50%" * 10_000)
    shown = OpenPage(cast.reporter, work.id).shown
    assert numbers_of(shown) == [1]
    assert "Raw" in shown
    page = OpenPage(cast.reporter, work.id)
    work.log(b"\r60%" * 700_000)
    assert re.search(r'<p id="L2">.*<span class="y">…</span>.*60%', page.poll())
    assert page.poll() == ""
    work.log(b"\r70%\ndone\n")
    assert re.search(r'<p id="L3">.*done', page.poll())


def test_a_running_job_without_a_whole_line_has_its_raw_log(cast: Cast, work: Work) -> None:
    work.log(b"\r50%" * 100)
    shown = OpenPage(cast.reporter, work.id).shown
    assert "There is no complete line of output yet." in shown
    assert f"/acme/app/-/jobs/{work.id}/raw" in shown


def test_an_erased_log_is_gone_from_the_page(cast: Cast, work: Work) -> None:
    work.log(b"one\ntwo\n")
    page = OpenPage(cast.reporter, work.id)
    storage.remove(Job.objects.get())
    assert "two" not in page.poll()


def test_a_log_with_every_variable_stays_with_developers(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page, developer = OpenPage(cast.reporter, work.id), OpenPage(cast.developer, work.id)
    Job.objects.update(debug_trace=True)
    work.log(b"export SECRET=1\n")
    assert "SECRET" not in page.poll()
    assert page.poll() == ""
    assert "SECRET" in developer.poll()
    work.succeed()
    assert "Passed" in page.poll()


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "1~2", "0~0~2~0~0~~0~0~running", "9" * 40, "0~0~0~0~0~~0~0~running~1:<b>:1", "٣~0~0~0~0~~0~0~running"],
)
def test_a_cursor_that_is_none_is_a_400(cast: Cast, work: Work, cursor: str) -> None:
    client = Client()
    client.force_login(cast.reporter)
    assert client.get(f"/acme/app/-/jobs/{work.id}/tail", {"from": cursor}).status_code == 400


def test_a_made_up_cursor_shows_no_more_than_the_log(cast: Cast, work: Work) -> None:
    work.log(b"one\n" + work.token.encode() + b"\n")
    client = Client()
    client.force_login(cast.reporter)
    for cursor in ("0~999999999999~1~999999999~9~r~0~0~running", "5~2~0~0~0~~0~0~success", "0~9~1~7~9~g~9~9~x~3:a:1"):
        answer = client.get(f"/acme/app/-/jobs/{work.id}/tail", {"from": cursor})
        assert answer.status_code == 200
        assert work.token[8:] not in answer.content.decode()


def test_strangers_are_not_answered(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    address = OpenPage(cast.reporter, work.id).address
    stranger = Client()
    assert stranger.get(address).status_code == 302
    stranger.force_login(cast.outsider)
    assert stranger.get(address).status_code == 404


# --- How often the runner is asked to send ----------------------------------------------------------------------------


def interval(work: Work) -> int:
    return int(work.log(b"x\n").headers["X-GitLab-Trace-Update-Interval"])


def test_a_runner_sends_more_often_while_somebody_watches(cast: Cast, work: Work) -> None:
    assert interval(work) == 10
    page = OpenPage(cast.reporter, work.id)
    assert interval(work) == 3
    mark = storage._watch_marker(Job.objects.get())
    os.utime(mark, (time.time() - 60,) * 2)
    assert interval(work) == 10
    assert not mark.exists()
    page.poll()
    assert interval(work) == 3
    work.succeed()
    page.poll()
    assert not mark.exists()


def test_who_may_not_read_the_log_does_not_watch_it(cast: Cast, work: Work) -> None:
    Job.objects.update(debug_trace=True)
    OpenPage(cast.reporter, work.id).poll()
    assert interval(work) == 10
