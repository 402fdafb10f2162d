"""What git-lfs is given over SSH (`git-lfs-authenticate`): a token for its own HTTP requests, of one key, for one
project, for a while. It is signed rather than stored, and whatever the key may no longer do, it may not either."""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest

from audit.client_address import set_token_name
from identity.credentials.request import Credential
from identity.credentials.resolve import BadCredential, Principal
from identity.credentials.table import Prefix
from ssh_keys.lookup import caller_of, find_usable_key
from tokenaccess.policy.callers import DeployKey, InvalidCredential, Person

LFS_LOGIN = "git-lfs+ssh"  # nobody can be called that: where it does not count, it is no guess of a password
LFS_TOKEN_SECONDS = 1800
_SIGNER = signing.TimestampSigner(salt="ssh_keys.lfs_tokens", sep=".")


def mint_lfs_token(key_id: int, project_id: int, *, writes: bool) -> str:
    return Prefix.LFS + _SIGNER.sign_object({"key": key_id, "project": project_id, "writes": writes})


def resolve_lfs_token(request: HttpRequest, credential: Credential) -> Principal:
    """Raises BadCredential."""
    try:
        known = _SIGNER.unsign_object(credential.secret.removeprefix(Prefix.LFS), max_age=LFS_TOKEN_SECONDS)
    except signing.BadSignature as error:
        raise BadCredential from error
    key = find_usable_key(known["key"], request.META.get("REMOTE_ADDR"))
    caller = InvalidCredential() if key is None else caller_of(key)
    if key is None or isinstance(caller, InvalidCredential):
        raise BadCredential
    if key.is_deploy_key:
        set_token_name(key.title)
    return Principal(key.user, key, caller=_narrow(caller, known["project"], writes=known["writes"]))


def _narrow(caller: Person | DeployKey, project_id: int, *, writes: bool) -> Person | DeployKey:
    """To one project, and to reading."""
    if isinstance(caller, Person):
        scopes = frozenset({"write_repository" if writes else "read_repository"})
        return caller._replace(scopes=scopes, only_project=project_id)
    pushes_to = {place: user for place, user in caller.pushes_to.items() if place == project_id and writes}
    return caller._replace(projects=caller.projects & {project_id}, pushes_to=pushes_to)
