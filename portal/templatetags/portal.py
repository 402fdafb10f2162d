"""Tags for every page: `{% load portal %}`. Each one is a piece of the design, named as there."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pages import badges
from pages import form_fields as form_wiring
from portal import navigation, times
from projects import tree_browser
from projects.models import Group, Project
from text.durations import duration_text
from text.hidden_characters import reveal as reveal_hidden
from tokenaccess.policy.levels import Visibility

register = template.Library()


@cache
def _sprite() -> str:
    """A page has a hundred icons of it."""
    return static("icons.svg")


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """`{% icon "lock" %}`: a drawing of the sprite, silent for readers: always put a word beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        _sprite(),
        name,
    )


def _tag(look: badges.Badge) -> SafeString:
    return _tag_of(look.colour, look.icon, str(look.word))


@lru_cache(maxsize=1024, typed=True)
def _tag_of(colour: str, icon_name: str, word: str) -> SafeString:
    """Few differ, and a page has hundreds. A word that is safe already is another one than the same text of a user."""
    css = f" tag-{colour}" if colour else ""
    return format_html('<span class="tag{}">{}{}</span>', css, icon(icon_name), word)


@register.simple_tag
def tag(colour: str, name: str, word: str) -> SafeString:
    """`{% tag "ok" "check" "Alive" %}`: a state as icon and word; colours ok warn danger info live, or "" for grey."""
    return _tag(badges.Badge(colour, name, word))


@register.simple_tag
def access_tag(state: str) -> SafeString:
    """Token Access of a project: enforced, trial, open, off."""
    return _tag(badges.ACCESS.get(str(state), badges.UNKNOWN))


@register.simple_tag
def severity_tag(severity: str) -> SafeString:
    """Of a finding: critical, high, medium, low."""
    return _tag(badges.SEVERITY.get(str(severity), badges.UNKNOWN))


@register.simple_tag
def severity_word(severity: str) -> str | Promise:
    return badges.SEVERITY.get(str(severity), badges.UNKNOWN).word


@register.simple_tag
def ci_tag(status: str, allow_failure: bool = False) -> SafeString:
    """The state of a job or pipeline, by its name in the API (`success`, `failed`, …)."""
    name = "failed_allowed" if allow_failure and status == "failed" else str(status)
    return _tag(badges.CI.get(name, badges.UNKNOWN))


@register.filter
def source_word(source: str) -> str | Promise:
    """`{{ pipeline.source|source_word }}`: how it was started."""
    return badges.SOURCES.get(str(source), badges.UNKNOWN.word)


@register.filter
def failure_sentence(reason: str) -> str | Promise:
    """`{{ job.failure_reason|failure_sentence }}`: why it failed and what may help."""
    return badges.FAILURES.get(str(reason), badges.FAILED)


def _visibility_name(visibility: str | int) -> str:
    return visibility if isinstance(visibility, str) else Visibility(visibility).name.lower()


@register.simple_tag
def visibility_tag(visibility: str | int) -> SafeString:
    """private, internal or public as a tag; takes the word or the level."""
    return _tag(badges.VISIBILITY.get(_visibility_name(visibility), badges.UNKNOWN))


@register.simple_tag
def visibility_line(visibility: str | int) -> SafeString:
    """The same as plain icon and word, for quiet places."""
    look = badges.VISIBILITY.get(_visibility_name(visibility), badges.UNKNOWN)
    return format_html("{} {}", icon(look.icon), look.word)


@register.simple_tag
def when(moment: datetime | None, never: str = "") -> SafeString:
    """`{% when job.finished_at %}`: relative in the text, exact UTC in the title; `never` for None."""
    if moment is None:
        return conditional_escape(never)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        times.exact(moment),
        times.relative(moment),
    )


@register.simple_tag
def day(last: date | None, never: str = "") -> SafeString:
    """`{% day token.expires_at %}`, of a date: relative in the text, the date in the title; `never` for None."""
    if last is None:
        return conditional_escape(never)
    template = '<time class="text-nowrap" datetime="{0}" title="{0} UTC">{1}</time>'
    return format_html(template, last.isoformat(), times.relative_day(last))


@register.filter
def duration(seconds: float | None) -> str:
    """`{{ job.duration|duration }}`: seconds as "6 min 12 s", nothing for None."""
    return "" if seconds is None else duration_text(seconds)


@register.filter
def percent(value: float | None) -> str:
    """`{{ job.coverage|percent }}`: 92.5 as "92.5%", nothing for None."""
    return "" if value is None else f"{round(value, 2):g}%"


@register.filter(is_safe=True)
def reveal(text: Any) -> str:
    """A sentence in which a name may hold what turns the rest of it round: with the code in its place."""
    return reveal_hidden(str(text))


@register.filter
def breakable(text: str) -> SafeString:
    """Allow a line break after each slash of a path or address, but not within `://`."""
    marked = escape(str(text).replace("://", "\0"))
    return SafeString(marked.replace("/", "/<wbr>").replace("\0", "://"))


@register.simple_tag
def path(full_path: str, url: str = "") -> SafeString:
    """`{% path project.full_path url %}`: a proper name in our world; a link when `url` is given."""
    if url:
        return format_html('<a class="path" href="{}">{}</a>', url, breakable(full_path))
    return format_html('<span class="path">{}</span>', breakable(full_path))


@register.simple_tag
def target_link(path_or_hidden: str, url: str = "", kind: str = "") -> SafeString:
    """`{% target_link row.path row.url row.kind %}`: a project or group as the header of a row. The path is "" for one
    that the reader cannot see; `kind` is project if it is left out. No template: a page has hundreds."""
    if path_or_hidden:
        return format_html("{} {}", icon(kind or "project"), path(path_or_hidden, url))
    words = _("A group you cannot see") if kind == "group" else _("A project you cannot see")
    return format_html("{} <em>{}</em>", icon("lock"), words)


@register.simple_tag
def copy_block(id: str, label: str, text: str) -> SafeString:
    """A command or address to copy: one click selects all of it. Never put a real token in it but where it is born."""
    return mark_safe(render_to_string("partials/copy.html", {"id": id, "label": label, "text": text}))  # noqa: S308


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """`{% field form.name %}`: label above, help below, errors tied to the control; any widget."""
    context = {"field": bound, "kind": form_wiring.kind(bound), "control": form_wiring.control(bound)}
    return mark_safe(render_to_string("partials/field.html", context))  # noqa: S308


@register.simple_tag
def form_errors(form: forms.BaseForm, id: str = "form-error") -> SafeString:
    """What is wrong with the form as a whole, as an alert above its fields; nothing when all is well."""
    return mark_safe(render_to_string("partials/form_errors.html", {"form": form, "id": id}))  # noqa: S308


@register.simple_tag(takes_context=True)
def pages(context: Context, page: Page[Any], label: str, parameter: str = "page") -> SafeString:
    """`{% pages page_obj "Pages of packages" %}`: what is shown of how many, then numbers; keeps the query."""
    query = context["request"].GET.copy()

    def url(number: int | str) -> str:
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    values = {"page": page, "label": label, "numbers": [(number, url(number)) for number in numbers]}
    values["previous"] = url(page.number - 1) if page.has_previous() else ""
    values["next"] = url(page.number + 1) if page.has_next() else ""
    return mark_safe(render_to_string("partials/pages.html", values))  # noqa: S308


@register.simple_block_tag
def empty_state(content: str, icon_name: str = "project") -> SafeString:
    """`{% empty_state "package" %}<p>Why.</p><p>What to do.</p>{% endempty_state %}`."""
    return format_html('<div class="empty">{}<div>{}</div></div>', icon(icon_name), content)


@register.simple_block_tag
def note(content: str, kind: str = "", icon_name: str = "info") -> SafeString:
    """`{% note "warn" "warn" %}<p>…</p>{% endnote %}`: stands until its cause is gone; kinds "", warn, danger."""
    css = f" note-{kind}" if kind else ""
    return format_html('<section class="note{}">{}<div>{}</div></section>', css, icon(icon_name), content)


@register.filter
def display_name(name: str) -> str:
    """A file name of git as text that can be sent: bytes that are no UTF-8 show as �."""
    return tree_browser.display_name(name)


@register.filter
def as_json(value: Any) -> str:
    """`data-options="{{ options|as_json }}"`: for a script, in an attribute."""
    return json.dumps(value)


@register.filter
def look_up(mapping: Mapping[Any, Any], key: Any) -> Any:
    """`{{ states|look_up:project.pk }}`: a value by a key that is a variable."""
    return mapping.get(key)


@register.simple_tag(takes_context=True)
def target_navigation(context: Context) -> navigation.Navigation:
    """The side navigation of the project or group `target`, for base_target.html."""
    return navigation.for_target(context["request"], context["target"], context.get("nav_current"))


@register.simple_tag(takes_context=True)
def account_navigation(context: Context) -> navigation.Navigation:
    """The side navigation of one's own pages, for base_account.html."""
    return navigation.for_account(context["request"], context.get("nav_current"))


@register.simple_tag
def navigation_links(links: Iterable[navigation.Link], nav: str) -> SafeString:
    """The lines of a section; `nav` is "rail" where only icons show. No template: every page has thirty."""
    return format_html_join(
        "",
        '<li{}><a href="{}"{}{}>{}<span class="label">{}</span></a></li>',
        (
            (
                SafeString(' class="sub"' if link.sub else ""),
                link.url,
                SafeString(' aria-current="page"' if link.current else ""),
                format_html(' title="{}"', link.label) if nav == "rail" else "",
                icon(link.icon) if link.icon else "",
                link.label,
            )
            for link in links
        ),
    )


@register.simple_tag(takes_context=True)
def target_url(context: Context, name: str, *args: Any) -> str:
    """Of a page that projects and groups have alike: `{% target_url "token_access_review" review.pk %}`."""
    target = context["target"]
    return reverse(f"{target.kind}_{name}", args=[target.full_path, *args])


@register.simple_tag(takes_context=True)
def crumbs(context: Context, place: Project | Group) -> list[tuple[str, str]]:
    """(name, address) of the groups above a project or group, outermost first; no address for one that is hidden."""
    return navigation.parent_groups(context["request"], place)
