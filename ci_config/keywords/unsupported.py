"""Keywords of GitLab that do nothing here: each is refused, with what to do instead."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Invalid, Location, comma_list, quote

INSTEAD = {
    "dast_configuration": (
        "there are no profiles of scanners here; start the scanner in `script`, with its settings as `variables`."
    ),
    "identity": (
        "there is no integration with a cloud here; take a token of `id_tokens`, which the cloud exchanges for its own."
    ),
    "inputs": "a job takes no inputs of its own here; use `variables`, which whoever runs the job by hand may change.",
    "run": "steps are not run here; write the commands in `script`.",
}
VARIABLE_INSTEAD = "keep the value as a masked and hidden variable of the project, which jobs get under its name"
FETCH_INSTEAD = "nothing is fetched from there; let `script` fetch it with a token of `id_tokens`, or"
PROVIDERS = {
    "vault": "HashiCorp Vault",
    "azure_key_vault": "Azure Key Vault",
    "gcp_secret_manager": "GCP Secret Manager",
    "aws_secrets_manager": "AWS Secrets Manager",
    "aws_ssm_parameter_store": "AWS Systems Manager Parameter Store",
    "akeyless": "Akeyless",
    "gitlab_secrets_manager": "GitLab Secrets Manager",
}
UNSUPPORTED_KEYWORDS = (*INSTEAD, "secrets")


def refusal(keyword: str, value: Any, at: Location) -> Invalid:
    """The error for one of UNSUPPORTED_KEYWORDS."""
    return refuse_secrets(value, at) if keyword == "secrets" else at.error(INSTEAD[keyword])


def refuse_secrets(value: Any, at: Location) -> Invalid:
    """Names the first secret, and the provider that it would come from."""
    for name, secret in value.items() if isinstance(value, YamlMap) else ():
        where = at.under(name, value.marks[name])
        for key, provider in PROVIDERS.items():
            if isinstance(secret, YamlMap) and key in secret:
                found = where.under(key, secret.marks[key])
                advice = "there is none here;" if key == "gitlab_secrets_manager" else FETCH_INSTEAD
                return found.error(f"{quote(name)} would come from {provider}: {advice} {VARIABLE_INSTEAD}.")
        return where.error(f"a secret comes from one of {comma_list(list(PROVIDERS))}, none of which is here.")
    return at.error(f"there are no secrets of other services here; {VARIABLE_INSTEAD}.")
