"""The table of credentials: every kind, how and where it may be presented, where it is stored and whom it acts as.

A new kind of token is a row here, its model (a `HashedToken` with its `for_authentication`) and its pages. Scopes and
the policy's rules for the caller that the row resolves to limit what it may do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import attrgetter
from typing import Any

from identity.secrets import MAX_LENGTH, is_well_formed


class Surface(StrEnum):
    """Where a credential is presented."""

    __hash__ = str.__hash__  # Enum's own is Python code; these are looked up with every request

    API = "api"  # REST, GraphQL, packages
    GIT = "git"
    LFS = "git-lfs"
    SSH = "SSH"  # sshd has had the proof: nothing is carried by a request
    REGISTRY = "container registry"
    PAGES = "pages"
    RUNNER_API = "runner API"  # these three check their one credential themselves
    RUNNER_REGISTRATION = "runner registration"
    TRIGGER = "trigger"


class Carrier(StrEnum):
    """How a request carries a credential, in the order in which they count (job-token.md §1.3, §1.4)."""

    __hash__ = str.__hash__

    DEPLOY_TOKEN = "header DEPLOY-TOKEN"
    BEARER = "Authorization: Bearer"
    ACCESS_TOKEN = "query access_token"
    PRIVATE_TOKEN = "query private_token, header PRIVATE-TOKEN"
    BASIC = "Authorization: Basic"
    JOB_TOKEN = "query or body job_token or token, header JOB-TOKEN"
    SESSION = "session cookie"


class CredentialKind(StrEnum):
    __hash__ = str.__hash__

    JOB = "job"
    DEPLOY = "deploy"
    PERSONAL = "personal"
    OAUTH = "OAuth"
    PASSWORD = "password"
    SESSION = "session"
    UPLOAD = "upload"
    RUNNER = "runner"
    RUNNER_REGISTRATION = "runner registration"
    TRIGGER = "trigger"
    LFS = "LFS"
    SSH_KEY = "SSH key"
    DEPLOY_KEY = "deploy key"


class Prefix(StrEnum):
    """What a token starts with."""

    PERSONAL = "glpat-"
    OAUTH = "gloat-"
    DEPLOY = "gldt-"
    RUNNER = "glrt-"
    RUNNER_REGISTERED = "glrtr-"
    REGISTRATION = "GR1348941"
    JOB = "glcbt-"
    TRIGGER = "glptt-"
    UPLOAD = "gltp-"
    LFS = "gllfs-"


@dataclass(frozen=True, slots=True)
class CredentialType:
    """One row.

    `carriers` recognize it by a prefix, or by the Basic user name `login`; `fallback_carriers` take any other value for
    it too, so that a wrong one is an error. `resolver` is the dotted path of a function `(request, credential) →
    Principal`; "" where nobody resolves it to a user: a job's token is looked up by the access check's own statement, a
    job's upload token by the gate, and the last three surfaces ask `token_lookup.find_token`. `only_for` tells from an
    action's needs whether the kind may ever ask for it; on other routes it is ignored. `has_checksum` is false where
    people may bring their own value. `sudo`: with that scope an administrator's acts as anybody (sudo.py beside this).
    """

    kind: str
    surfaces: frozenset[Surface]
    carriers: frozenset[Carrier] = frozenset()
    fallback_carriers: frozenset[Carrier] = frozenset()
    prefixes: tuple[str, ...] = ()
    model: str = ""
    resolver: str = ""
    login: str = ""
    only_for: Callable[[Any], bool] | None = None
    has_checksum: bool = True
    sudo: bool = False

    def could_be(self, secret: str) -> bool:
        """Whether `secret` could be one of these tokens. No query."""
        if not self.has_checksum:
            return secret.startswith(self.prefixes) and len(secret) <= MAX_LENGTH
        for prefix in self.prefixes:  # noqa: SIM110 - a generator costs more than the check
            if is_well_formed(secret, prefix):
                return True
        return False


_GIT = frozenset({Surface.GIT, Surface.LFS})
TYPES = (
    CredentialType(
        CredentialKind.JOB,
        surfaces=_GIT | {Surface.API, Surface.REGISTRY, Surface.RUNNER_API, Surface.TRIGGER},
        carriers=frozenset({Carrier.BEARER, Carrier.BASIC}),
        fallback_carriers=frozenset({Carrier.JOB_TOKEN}),
        prefixes=(Prefix.JOB,),
        model="jobs.JobToken",
        login="gitlab-ci-token",
        only_for=attrgetter("jobs"),
    ),
    CredentialType(
        CredentialKind.DEPLOY,
        surfaces=_GIT | {Surface.API, Surface.REGISTRY},
        carriers=frozenset({Carrier.BEARER, Carrier.BASIC}),
        fallback_carriers=frozenset({Carrier.DEPLOY_TOKEN}),
        prefixes=(Prefix.DEPLOY,),
        model="tokens.DeployToken",
        resolver="tokens.resolve.resolve_deploy_token",
        only_for=attrgetter("deploy_scopes"),
    ),
    CredentialType(
        CredentialKind.UPLOAD,  # of a job whose project is a trusted publisher
        surfaces=frozenset({Surface.API}),
        carriers=frozenset({Carrier.BASIC}),
        prefixes=(Prefix.UPLOAD,),
        model="packages.UploadToken",
        only_for=attrgetter("uploads"),
    ),
    CredentialType(
        CredentialKind.OAUTH,  # of an application that a person lets act for them
        surfaces=_GIT | {Surface.API},
        carriers=frozenset({Carrier.BEARER, Carrier.BASIC}),
        fallback_carriers=frozenset({Carrier.ACCESS_TOKEN}),
        prefixes=(Prefix.OAUTH,),
        model="oauth.AccessToken",
        resolver="oauth.resolve.resolve_access_token",
    ),
    CredentialType(
        CredentialKind.PERSONAL,
        surfaces=_GIT | {Surface.API, Surface.REGISTRY},
        carriers=frozenset({Carrier.BASIC}),
        fallback_carriers=frozenset({Carrier.BEARER, Carrier.PRIVATE_TOKEN}),
        prefixes=(Prefix.PERSONAL,),
        model="identity.PersonalToken",
        resolver="identity.credentials.resolve.resolve_token",
        has_checksum=False,  # an administrator may bring one along (TOKENACCESS_ADMIN_TOKEN)
        sudo=True,
    ),
    CredentialType(
        CredentialKind.LFS,  # what git-lfs is given over SSH
        surfaces=frozenset({Surface.LFS}),
        carriers=frozenset({Carrier.BASIC}),
        prefixes=(Prefix.LFS,),
        resolver="ssh_keys.lfs_tokens.resolve_lfs_token",
        only_for=attrgetter("deploy_keys"),
        has_checksum=False,  # it is signed
    ),
    CredentialType(
        CredentialKind.PASSWORD,
        surfaces=_GIT | {Surface.REGISTRY},
        fallback_carriers=frozenset({Carrier.BASIC}),
        resolver="tokenaccess.access.passwords.resolve_password",
    ),
    CredentialType(
        CredentialKind.SESSION,
        surfaces=_GIT | {Surface.API, Surface.PAGES},
        fallback_carriers=frozenset({Carrier.SESSION}),
        resolver="identity.credentials.resolve.resolve_session",
    ),
    CredentialType(
        CredentialKind.RUNNER,
        surfaces=frozenset({Surface.RUNNER_API}),
        prefixes=(Prefix.RUNNER, Prefix.RUNNER_REGISTERED),
        model="jobs.Runner",
    ),
    CredentialType(
        CredentialKind.RUNNER_REGISTRATION,
        surfaces=frozenset({Surface.RUNNER_REGISTRATION}),
        prefixes=(Prefix.REGISTRATION,),
        model="jobs.RegistrationToken",
    ),
    CredentialType(
        CredentialKind.TRIGGER,
        surfaces=frozenset({Surface.TRIGGER}),
        prefixes=(Prefix.TRIGGER,),
        model="jobs.TriggerToken",
    ),
    CredentialType(CredentialKind.SSH_KEY, surfaces=frozenset({Surface.SSH})),  # ssh_keys.lookup
    CredentialType(CredentialKind.DEPLOY_KEY, surfaces=frozenset({Surface.SSH})),
)


class CredentialTable:
    """The rows, arranged for the questions that every request asks."""

    def __init__(self, types: Sequence[CredentialType]) -> None:
        self.types = tuple(types)
        self.by_kind = {row.kind: row for row in self.types}
        # The carriers that count on a surface, in their order, each with the kinds it may bring.
        self.by_surface = {surface: tuple(self._carriers_of(surface)) for surface in Surface}
        # A token of these kinds in the place of another kind's is ignored.
        self.ignorable_prefixes = tuple(prefix for row in self.types if row.only_for for prefix in row.prefixes)

    def is_token(self, secret: str) -> bool:
        """Whether `secret` is a token of ours by its checksum, whoever's. No query."""
        return any(row.has_checksum and row.could_be(secret) for row in self.types)

    def _carriers_of(self, surface: Surface) -> Iterator[tuple[Carrier, tuple[CredentialType, ...]]]:
        rows = [row for row in self.types if surface in row.surfaces]
        for carrier in Carrier:
            brought = tuple(row for row in rows if carrier in row.carriers | row.fallback_carriers)
            if brought:
                yield carrier, brought

    def choose(
        self, types: Sequence[CredentialType], carrier: Carrier, secret: str, login: str | None
    ) -> CredentialType | None:
        """Which of `types` the value is; None for one that is ignored."""
        for row in types:
            by_login = row.login and carrier is Carrier.BASIC
            if (login == row.login) if by_login else secret.startswith(row.prefixes):
                return row
        fallback = next((row for row in types if carrier in row.fallback_carriers), None)
        if fallback is None or fallback.only_for is not None or not fallback.prefixes:  # a password may be any text
            return fallback
        return None if secret.startswith(self.ignorable_prefixes) else fallback


TABLE = CredentialTable(TYPES)
