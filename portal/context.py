"""What every page of the portal finds in its context."""

from django.http import HttpRequest

from portal import preferences


def furniture(request: HttpRequest) -> dict[str, object]:
    """`prefs` (theme and navigation width) and `here`, the address to come back to; no query is made."""
    return {"prefs": preferences.of(request), "here": request.get_full_path() if request.method == "GET" else ""}
