"""Makes the ID tokens of a job when a runner takes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ci_config import expand
from jobs.id_tokens.claims import job_claims, token_claims
from jobs.id_tokens.paths import claim_path
from jobs.models import Job, Runner
from jobs.variables.expansion import expand_all
from jobs.variables.value import Variable, secret_variable, values_by_key
from signing.models import Purpose
from signing.rotation import sign


def id_token_variables(
    job: Job, runner: Runner, now: datetime, lifetime: int, known: Iterable[Variable]
) -> list[Variable]:
    """The variables of `id_tokens`, masked. `lifetime`: seconds, as long as the job may run. `known`: the variables
    that an audience may name.

    Raises paths.PathOfAnotherProject, EmptyAudience, and identity.encryption.DecryptionError where the signing key
    cannot be read.
    """
    wanted = job.options.get("id_tokens")
    if not wanted:
        return []
    if "project_path" in job.project.id_token_subject and job.project.id_token_subject[0] != "project_id":
        claim_path(job.project)
    values, claims = values_by_key(expand_all(known)), job_claims(job, runner)
    return [
        secret_variable(
            key,
            sign(Purpose.ID_TOKENS, token_claims(claims, job, expand_audience(token["aud"], values), now, lifetime)),
        )
        for key, token in wanted.items()
    ]


class EmptyAudience(Exception):
    """A variable that names an audience has no value: a token for nobody might be taken as one for everybody."""


def expand_audience(audience: str | list[str], values: dict[str, str]) -> str | list[str]:
    """A text stays a text, and a list a list: verifiers tell them apart. Raises EmptyAudience."""
    texts = [audience] if isinstance(audience, str) else audience
    expanded = [expand(one, values) for one in texts]
    if not all(one.strip() for one in expanded):
        raise EmptyAudience
    return expanded[0] if isinstance(audience, str) else expanded
