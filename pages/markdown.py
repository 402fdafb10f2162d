"""Markdown of repositories as HTML that is safe to show.

Raw HTML in the source stays text. Links and images go where the caller's `resolve` sends them. Only tags and attributes
that nh3 is told of reach the page, whatever the renderer made.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

MAX_MARKDOWN_BYTES = 64 * 1024
MAX_SECONDS = 1.0
ANCHOR_PREFIX = "md-"  # headings must not take an id of the page around them
MIN_HEADING_LEVEL, MAX_HEADING_LEVEL = 3, 6  # the page's own h1 and h2 stand above
EXTERNAL_SCHEMES = frozenset({"http", "https", "mailto"})

_TASK = re.compile(r"\[([ xX])\]\s+")
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "img", "input", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "h3": {"id"},
    "h4": {"id"},
    "h5": {"id"},
    "h6": {"id"},
    "img": {"src", "alt", "title"},
    "input": {"type", "disabled", "checked", "aria-label"},
    "li": {"class"},
    "ol": {"start"},
    "td": {"class"},
    "th": {"class"},
}


class Resolve(Protocol):
    """Where a relative path leads: the address of a file's page, or of its bytes for an image; None for nowhere."""

    def __call__(self, path: str, *, image: bool) -> str | None: ...


class TooSlow(Exception):
    """Rendering took more than MAX_SECONDS of processor time."""


def render(text: str, resolve: Resolve) -> SafeString | None:
    """The HTML of `text`, or None if it is too long or takes too long: then show it as plain text."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_MARKDOWN_BYTES:
        return None
    try:
        html = _parser(resolve, time.thread_time() + MAX_SECONDS).render(text)
    except (TooSlow, RecursionError):
        return None
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=set(EXTERNAL_SCHEMES),
        link_rel="nofollow noopener noreferrer",
        attribute_filter=_keep_attribute,
    )
    return mark_safe(clean)  # noqa: S308


def _keep_attribute(tag: str, name: str, value: str) -> str | None:
    """Classes and types only as the renderer writes them."""
    if (tag, name) == ("code", "class"):
        return value if re.fullmatch(r"language-[\w+#.-]{1,40}", value) else None
    if (tag, name) == ("input", "type"):
        return "checkbox"
    return value


def _parser(resolve: Resolve, deadline: float) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

    def check_deadline(*_state: Any) -> bool:
        """A rule that never matches; it is tried at every position, so that no input can run for long."""
        if time.thread_time() > deadline:
            raise TooSlow
        return False

    parser.inline.ruler.before("text", "deadline", check_deadline)
    parser.block.ruler.before("table", "deadline", check_deadline)
    parser.core.ruler.push("tasks", _tasks)
    parser.core.ruler.push("headings", _headings)
    parser.core.ruler.push("links", lambda state: _links(state, resolve))
    parser.core.ruler.push("table_alignment", _table_alignment)
    return parser


def _inline_tokens(state: StateCore) -> Iterator[list[Token]]:
    return (token.children for token in state.tokens if token.type == "inline" and token.children)


def _headings(state: StateCore) -> None:
    """Ids as GitLab makes them, and levels below the page's own without a gap: readers navigate by them."""
    uses: Counter[str] = Counter()
    above: list[int] = []
    for position, token in enumerate(state.tokens):
        if token.type not in {"heading_open", "heading_close"}:
            continue
        if token.type == "heading_open":
            level = int(token.tag[1:])
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
            token.attrSet("id", _unique_id(state.tokens[position + 1], uses))
        token.tag = f"h{min(MIN_HEADING_LEVEL + len(above) - 1, MAX_HEADING_LEVEL)}"


def _unique_id(heading: Token, uses: Counter[str]) -> str:
    words = "".join(child.content for child in heading.children or [] if child.type in {"text", "code_inline"})
    slug = re.sub(r"[^\w\- ]", "", words.strip().lower()).replace(" ", "-")[:100] or "section"
    number = uses[slug]
    uses[slug] += 1
    return f"{ANCHOR_PREFIX}{slug}-{number}" if number else ANCHOR_PREFIX + slug


def _links(state: StateCore, resolve: Resolve) -> None:
    for children in _inline_tokens(state):
        depth = 0
        for token in children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "link_open":
                _rewrite(token, "href", _address(str(token.attrGet("href") or ""), resolve, image=False))
            elif token.type == "image":
                _image(token, resolve, inside_link=depth > 0)


def _image(token: Token, resolve: Resolve, *, inside_link: bool) -> None:
    """Images of other sites become links: the page loads nothing from elsewhere."""
    source = str(token.attrGet("src") or "")
    address = _address(source, resolve, image=True)
    if address and not urlsplit(source).netloc and not urlsplit(source).scheme:
        _rewrite(token, "src", address)
        return
    words = escape(token.content or _("image"))
    token.type, token.tag, token.children = "html_inline", "", None
    token.content = f'<a href="{escape(address)}">{words}</a>' if address and not inside_link else words


def _rewrite(token: Token, name: str, address: str | None) -> None:
    if address is None:
        token.attrs.pop(name, None)
    else:
        token.attrSet(name, address)


def _address(url: str, resolve: Resolve, *, image: bool) -> str | None:
    """An external address as it is, an anchor with our prefix, a relative path as the caller says."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme or parts.netloc:
        known = (parts.scheme or "https") in EXTERNAL_SCHEMES
        return urlunsplit(parts._replace(scheme=parts.scheme or "https")) if known else None
    if not parts.path:
        return f"#{ANCHOR_PREFIX}{parts.fragment}" if parts.fragment else None
    path = unquote(parts.path)
    address = None if "\0" in path else resolve(path, image=image)
    return f"{address}#{parts.fragment}" if address and parts.fragment else address


def _tasks(state: StateCore) -> None:
    """`- [x] done`: a check box that shows the state and cannot be changed."""
    for position, token in enumerate(state.tokens[2:], start=2):
        item, children = state.tokens[position - 2], token.children or []
        found = _TASK.match(token.content) if token.type == "inline" and item.type == "list_item_open" else None
        if not found or not children or children[0].type != "text":
            continue
        done = found[1] in "xX"
        label = _("Done") if done else _("Not done")
        box = Token("html_inline", "", 0)
        box.content = f'<input type="checkbox" disabled{" checked" if done else ""} aria-label="{escape(label)}"> '
        children[0].content = _TASK.sub("", children[0].content, count=1)
        token.children = [box, *children]
        item.attrSet("class", "task")


def _table_alignment(state: StateCore) -> None:
    """Alignment by class: the content security policy forbids style attributes."""
    for token in state.tokens:
        style = str(token.attrs.pop("style", "")) if token.type in {"th_open", "td_open"} else ""
        if style:
            token.attrSet("class", {"right": "text-end", "center": "text-center"}.get(style.partition(":")[2], ""))
