"""Tokens for the baselines, as many as the product has, and the requests to send them. Run with bench.settings:

python -m bench.baseline_world TOKENS FOLDER
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import timedelta
from pathlib import Path


def main(tokens: int, folder: Path) -> None:
    from django.utils import timezone
    from knox.crypto import hash_token
    from knox.models import AuthToken
    from rest_framework.authtoken.models import Token

    from bench.copying import Table, analyze, without_foreign_key_checks
    from bench.world import BASE, LINES, World

    world = World(tokens, 1)
    keys = [secrets.token_hex(20) for _ in range(world.half)]  # one per person: that is all the model takes
    known = [secrets.token_hex(32) for _ in range(min(LINES, tokens))]
    digests = [hash_token(token) for token in known]
    digests += [os.urandom(64).hex() for _ in range(tokens - len(known))]
    with without_foreign_key_checks():
        Table(Token, "key", "user_id").fill((key, BASE + user) for user, key in enumerate(keys))
        rows = ((one, known[i][:15] if i < len(known) else "-", BASE + i % world.half) for i, one in enumerate(digests))
        Table(AuthToken, "digest", "token_key", "user_id", expiry=timezone.now() + timedelta(days=1)).fill(rows)
    analyze()
    chance = world.chance
    write(folder / "d1", [f"/d1/{BASE + chance.randrange(world.projects)}\t" for _ in range(LINES)])
    write(folder / "token", [f"/token\tToken {chance.choice(keys)}" for _ in range(LINES)])
    write(folder / "knox", [f"/knox\tToken {chance.choice(known)}" for _ in range(LINES)])


def write(file: Path, lines: list[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    main(int(sys.argv[1]), Path(sys.argv[2]))
