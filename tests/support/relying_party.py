"""A service that takes ID tokens, with a JWT library that is not the one which signs them (joserfc), and PyPI's rules
for publishers on GitLab on top, written from what PyPI's documentation and its public `oidc` models say of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

Fetch = Callable[[str], Any]  # a path of the issuer's → its JSON


@dataclass
class RelyingParty:
    """`keys_read`: how often it fetched the issuer's keys; it does so when it meets a key it does not know."""

    issuer: str
    audience: str
    fetch: Fetch
    keys: KeySet = field(default_factory=lambda: KeySet([]))
    keys_read: int = 0

    def verify(self, token: str) -> dict[str, Any]:
        """The claims. Raises JoseError, or ValueError for a key that the issuer does not publish."""
        claims = jwt.decode(token, self._known_keys(token), algorithms=["RS256"]).claims
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            iat={"essential": True},
            nbf={"essential": True},
        )
        registry.validate(claims)
        return dict(claims)

    def accepts(self, token: str) -> bool:
        try:
            self.verify(token)
        except (JoseError, ValueError):
            return False
        return True

    def _known_keys(self, token: str) -> KeySet:
        kid = jwt_header(token)["kid"]
        if kid not in {key.kid for key in self.keys.keys}:
            configuration = self.fetch("/.well-known/openid-configuration")
            assert configuration["issuer"] == self.issuer
            self.keys = KeySet.import_key_set(self.fetch(configuration["jwks_uri"].removeprefix(self.issuer)))
            self.keys_read += 1
        return self.keys


def jwt_header(token: str) -> dict[str, Any]:
    from joserfc.jws import extract_compact

    return dict(extract_compact(token.encode()).headers())


@dataclass(frozen=True)
class PypiPublisher:
    """A trusted publisher as somebody enters it at the public index, of a GitLab at `host`."""

    host: str
    namespace: str
    project: str
    config_path: str = ".gitlab-ci.yml"
    environment: str = ""

    CHECKED = frozenset("iss iat nbf exp aud jti sub project_path ci_config_ref_uri ref_path sha environment".split())
    UNCHECKED = frozenset(
        """
        project_id namespace_id namespace_path user_id user_login user_email user_identities user_access_level
        pipeline_id pipeline_source job_id ref ref_type ref_protected environment_protected deployment_tier
        environment_action runner_id runner_environment ci_config_sha project_visibility groups_direct
        job_namespace_id job_namespace_path job_project_id job_project_path
        """.split()
    )

    def problem(self, claims: dict[str, Any]) -> str:
        """What PyPI says against these verified claims; "" if they are this publisher's."""
        path = f"{self.namespace}/{self.project}"
        needed = ("sub", "project_path", "ci_config_ref_uri", "ref_path", "sha", "jti")
        if missing := [name for name in needed if not claims.get(name)]:
            return f"missing: {missing}"
        subject = ":".join(claims["sub"].split(":")[:2])
        if subject.lower() != f"project_path:{path}".lower():
            return "sub"
        if claims["project_path"].lower() != path.lower():
            return "project_path"
        config = f"{self.host}/{path}//{self.config_path}"
        if claims["ci_config_ref_uri"] not in {f"{config}@{claims['ref_path']}", f"{config}@{claims['sha']}"}:
            return "ci_config_ref_uri"
        if self.environment and claims.get("environment") != self.environment:
            return "environment"
        return ""

    def unknown_claims(self, claims: dict[str, Any]) -> set[str]:
        """PyPI reports claims that it has never heard of."""
        return claims.keys() - self.CHECKED - self.UNCHECKED
