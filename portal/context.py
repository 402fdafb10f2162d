"""What every page of the portal finds in its context."""

from django.http import HttpRequest

from api.secret_parameters import without_secrets
from portal import preferences


def portal_context(request: HttpRequest) -> dict[str, object]:
    """`prefs` (theme and navigation width) and `here`, the address to come back to; no query is made."""
    here = without_secrets(request.get_full_path()) if request.method == "GET" else ""
    return {"prefs": preferences.of(request), "here": here}
