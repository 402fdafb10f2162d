"""What a trial has shown, in a sentence."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tokenaccess.allowlist.impact.trial import TrialReport


def describe(report: TrialReport[Any]) -> str:
    """“In the last 90 days 3 of 41 sources would be refused; the rarest was seen once, 62 days ago.”"""
    figures = {"days": report.days, "count": report.count, "sources": report.sources}
    if not report.sources:
        return _("In the last %(days)d days no job of another project had access.") % figures
    if not report.count:
        sentence = ngettext(
            "In the last %(days)d days the only source would not be refused.",
            "In the last %(days)d days none of %(sources)d sources would be refused.",
            report.sources,
        )
        return sentence % figures
    who = _who_would_be_refused(figures)
    if report.rarest is None:
        return _("%(who)s.") % {"who": who}
    times, ago = report.rarest.count, report.rarest.days_ago
    seen = ngettext("once", "%(n)d times", times) % {"n": times}
    when = ngettext("%(n)d day ago", "%(n)d days ago", ago) % {"n": ago} if ago else _("today")
    last = _("it was seen %(seen)s, %(when)s.") if report.count == 1 else _("the rarest was seen %(seen)s, %(when)s.")
    return _("%(who)s; %(last)s") % {"who": who, "last": last % {"seen": seen, "when": when}}


def _who_would_be_refused(figures: dict[str, int]) -> str:
    """A clause: what others would be refused, the only source would."""
    if figures["sources"] == 1:
        return _("In the last %(days)d days the only source would be refused") % figures
    return _("In the last %(days)d days %(count)d of %(sources)d sources would be refused") % figures
