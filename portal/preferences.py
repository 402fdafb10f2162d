"""What a person chose about the look, kept in cookies: it works signed out and costs no query."""

from dataclasses import dataclass

from django.http import HttpRequest

THEMES = ("system", "light", "dark")
NAVS = ("full", "rail")
A_YEAR = 365 * 86400


@dataclass(frozen=True)
class Preferences:
    theme: str
    nav: str

    @property
    def pinned_theme(self) -> str:
        """`light` or `dark` when chosen, "" while the system decides."""
        return "" if self.theme == "system" else self.theme


def of(request: HttpRequest | None) -> Preferences:
    """The choices in the request's cookies; anything unknown counts as no choice."""
    cookies = request.COOKIES if request else {}
    theme, nav = cookies.get("theme", ""), cookies.get("nav", "")
    return Preferences(theme if theme in THEMES else "system", nav if nav in NAVS else "full")
