"""A job's page that stays open: what it asks for while the job runs, and what it is given (runner.md §3.2)."""

from __future__ import annotations

import os
import re
import time
from typing import Any

import pytest
from django.test import Client

from jobs import log_tail, trace
from jobs.models import Job
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.runner import Work


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
    assert "Show what is new" in page.shown
    assert 'hx-trigger="every 3s"' in page.shown
    assert "<script>" not in page.shown


def test_lines_go_into_the_section_that_is_open_and_its_end_is_told(cast: Cast, work: Work) -> None:
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
    assert re.search(r'id="job-side" hx-swap-oob="true">.*Ended', came, re.DOTALL)
    assert re.search(r'id="job-actions" hx-swap-oob="true">.*Retry as you', came, re.DOTALL)
    assert re.search(r'id="job-notes" hx-swap-oob="true">.*Its script failed', came, re.DOTALL)
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">2 lines<', came)
    assert page.address == ""


def test_an_end_without_a_last_line_leaves_nothing_that_is_still_to_come(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.reporter, work.id)
    work.succeed()
    came = page.poll()
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">1 line<', came)
    assert re.search(r'id="log-step" hx-swap-oob="true"[^>]*>To the end<', came)
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
    assert "has not sent anything yet" in came
    assert "Alive" in came
    work.log(b"hello\n")
    came = page.poll()
    assert 'id="L1"' in came
    assert '<p id="L1" hx-swap-oob' not in came
    assert page.poll() == ""


def test_how_many_lines_came_is_told_at_intervals_only(cast: Cast, work: Work) -> None:
    work.log(b"one\n")
    page = OpenPage(cast.reporter, work.id)
    work.log(b"two\nthree\n")
    assert "new line" not in page.poll()
    page.has_waited()
    assert re.search(r'id="log-status" hx-swap-oob="innerHTML">2 new lines, 3 so far<', page.poll())
    assert page.poll() == ""


def test_a_page_that_is_far_behind_begins_anew_at_the_end(cast: Cast, work: Work, monkeypatch: Any) -> None:
    monkeypatch.setattr(log_tail, "SHOWN_LOG", 100)
    monkeypatch.setattr(log_tail, "MOST_LOG", 200)
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


def test_an_erased_log_is_gone_from_the_page(cast: Cast, work: Work) -> None:
    work.log(b"one\ntwo\n")
    page = OpenPage(cast.reporter, work.id)
    trace.remove(Job.objects.get())
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
    mark = trace._mark(Job.objects.get())
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
