"""One person for each role, named after it, and one who has none."""

from __future__ import annotations

from identity.models import User
from projects.services.people import create_person
from tokenaccess.policy.levels import Role

ROLES = {
    "owner": ("Olga Owner", Role.OWNER),
    "maintainer": ("Mara Maintainer", Role.MAINTAINER),
    "developer": ("Dara Developer", Role.DEVELOPER),
    "reporter": ("Remy Reporter", Role.REPORTER),
    "guest": ("Gale Guest", Role.GUEST),
    "outsider": ("Otis Outsider", Role.NONE),
}
USERNAMES = tuple(ROLES)


def create_people(password: str) -> dict[str, User]:
    """Username → person."""
    return {
        username: create_person(
            username=username, name=name, email=f"{username}@example.com", password=password, by=None
        )
        for username, (name, _) in ROLES.items()
    }
