"""What a person chose about the look, kept in cookies: it works signed out and costs no query."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from django.conf import settings
from django.http import HttpRequest

THEMES = ("system", "light", "dark")
NAVS = ("full", "rail")
LANGUAGES = ("system", *(code for code, _name in settings.LANGUAGES))
ZONE_COOKIE = "timezone"  # static/zone.js sets it to the browser's, where nothing is chosen
A_YEAR = 365 * 86400


_NO_PLACES = ("Etc/", "Factory", "localtime", "posix", "right/", "SystemV/")


@cache
def zone_names() -> tuple[str, ...]:
    """To choose from: of the system's those of places, and UTC."""
    return tuple(sorted({"UTC", *(name for name in known_zones() if not name.startswith(_NO_PLACES))}))


@cache
def known_zones() -> frozenset[str]:
    """All that a browser may say."""
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Preferences:
    theme: str
    nav: str
    language: str
    zone: str

    @property
    def pinned_theme(self) -> str:
        """`light` or `dark` when chosen, "" while the system decides."""
        return "" if self.theme == "system" else self.theme


def of(request: HttpRequest | None) -> Preferences:
    """The choices in the request's cookies; anything unknown counts as no choice."""
    cookies = request.COOKIES if request else {}
    names = ("theme", "nav", settings.LANGUAGE_COOKIE_NAME, ZONE_COOKIE)
    theme, nav, language, zone = (cookies.get(name, "") for name in names)
    return Preferences(
        theme if theme in THEMES else "system",
        nav if nav in NAVS else "full",
        language if language in LANGUAGES else "system",
        zone if zone in known_zones() else "UTC",
    )
