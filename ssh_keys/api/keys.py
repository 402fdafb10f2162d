"""People's SSH keys over the API. tokens.md §6.9."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from identity.models import User
from ssh_keys import services
from ssh_keys.api.params import KeySearch, NewKey
from ssh_keys.api.serializers import KeyWithOwnerSerializer, SshKeySerializer
from ssh_keys.models import SshKey
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class KeyView(GatedView):
    """One's own keys; with a `user_id` in the address those of somebody else."""

    def get_person(self) -> User:
        user_id = self.kwargs.get("user_id")
        if user_id is None:
            return self.current_user
        user = User.objects.filter(pk=user_id, is_bot=False).first()
        if user is None:
            raise not_found("User")
        return user

    def own_keys(self) -> QuerySet[SshKey]:
        return SshKey.objects.of_person(self.get_person()).select_related("user").order_by("id")

    def get_key(self) -> SshKey:
        key = self.own_keys().filter(pk=self.kwargs["key_id"]).first()
        if key is None:
            raise not_found("Key")
        return key


class KeyList(KeyView):
    @operation(returns=SshKeySerializer, many=True)
    def get(self, request: Request, **_place: int) -> QuerySet[SshKey]:
        return self.own_keys()

    @operation(NewKey, returns=SshKeySerializer)
    def post(self, request: Request, params: dict[str, Any], **_place: int) -> SshKey:
        return services.add_key(self.get_person(), by=self.current_user, **params)


class KeyDetail(KeyView):
    @operation(returns=SshKeySerializer)
    def get(self, request: Request, **_place: int) -> SshKey:
        return self.get_key()

    @operation()
    def delete(self, request: Request, **_place: int) -> None:
        services.remove_key(self.get_key(), by=self.current_user)


class OwnKeys(KeyList):
    actions = {"GET": Action.READ_OWN_TOKENS, "POST": Action.MANAGE_OWN_TOKENS}


class OwnKey(KeyDetail):
    actions = {"GET": Action.READ_OWN_TOKENS, "DELETE": Action.MANAGE_OWN_TOKENS}


class KeysOfUser(KeyList):
    actions = {"GET": Action.READ_USERS, "POST": Action.ADMINISTER}


class KeyOfUser(KeyDetail):
    actions = {"GET": Action.READ_USERS, "DELETE": Action.ADMINISTER}


class AnyKey(GatedView):
    """Whose it is, deploy keys too."""

    actions = {"GET": Action.INSPECT}

    @operation(returns=KeyWithOwnerSerializer)
    def get(self, request: Request, key_id: int) -> SshKey:
        return _find(SshKey.objects.filter(pk=key_id))


class KeyByFingerprint(GatedView):
    actions = {"GET": Action.INSPECT}

    @operation(KeySearch, returns=KeyWithOwnerSerializer)
    def get(self, request: Request, params: dict[str, Any]) -> SshKey:
        return _find(SshKey.objects.with_fingerprint(params["fingerprint"]))


def _find(keys: QuerySet[SshKey]) -> SshKey:
    key = keys.select_related("user__namespace", "creator__namespace").first()
    if key is None:
        raise not_found("Key")
    return key
