"""Buttons: `{% load buttons %}`.

{% link_button url "trash" _("Delete") about=job.name small=True %}
{% post_button url "play" _("Run") primary=True variable="value" %}
{% choice_button "theme" "dark" _("Dark") prefs.theme %}
"""

from typing import Any

from django import template
from django.middleware.csrf import get_token
from django.template import Context
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.templatetags.portal import icon

register = template.Library()

Words = str | Promise


@register.simple_tag
def link_button(url: str, icon_name: str, label: Words, about: Any = "", small: bool = False) -> SafeString:
    """A link that looks like a button; `about` names its row for screen readers, `icon_name` may be ""."""
    return format_html('<a class="{}" href="{}">{}</a>', _css(small), url, _face(icon_name, label, about))


@register.simple_tag(takes_context=True)
def post_button(
    context: Context, url: str, icon_name: str, label: Words, about: Any = "", small: bool = False,
    primary: bool = False, id: str = "", **fields: Any,
) -> SafeString:  # fmt: skip
    """A form of one button that posts `fields` to `url`."""
    return format_html(
        '<form method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">{}'
        '<button class="{}"{} type="submit">{}</button></form>',
        url,
        get_token(context["request"]),
        format_html_join("", '<input type="hidden" name="{}" value="{}">', fields.items()),
        _css(small, primary),
        format_html(' id="{}"', id) if id else "",
        _face(icon_name, label, about),
    )


@register.simple_tag
def choice_button(name: str, value: str, words: Words, chosen: str) -> SafeString:
    """One of several choices inside a form; the chosen one is pressed and has a check mark."""
    pressed = value == chosen
    return format_html(
        '<button class="btn btn-sm" type="submit" name="{}" value="{}" aria-pressed="{}">{}{}</button>',
        name,
        value,
        "true" if pressed else "false",
        icon("check") if pressed else "",
        words,
    )


def _css(small: bool, primary: bool = False) -> str:
    return f"btn{' btn-sm' if small else ''}{' btn-primary' if primary else ''}"


def _face(icon_name: str, label: Words, about: Any) -> SafeString:
    hidden = format_html('<span class="visually-hidden"> {}</span>', about) if about else ""
    return format_html("{}{}{}", icon(icon_name) if icon_name else "", label, hidden)
