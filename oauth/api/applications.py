"""Applications of the instance over the API, for administrators (tokens.md §6.7)."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from oauth.api.params import NewApplication
from oauth.api.serializers import ApplicationSerializer, ApplicationWithSecret, ApplicationWithSecretSerializer
from oauth.models import Application
from oauth.querysets import ApplicationQuerySet
from oauth.services import applications as services
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class ApplicationList(GatedView):
    actions = {"GET": Action.INSPECT, "POST": Action.ADMINISTER}

    @operation(returns=ApplicationSerializer, many=True)
    def get(self, request: Request) -> ApplicationQuerySet:
        return Application.objects.of_instance().order_by("id")

    @operation(NewApplication, returns=ApplicationWithSecretSerializer)
    @sensitive_variables("secret")
    def post(self, request: Request, params: dict[str, Any]) -> ApplicationWithSecret:
        application, secret = services.create_application(
            owner=None,
            by=self.current_user,
            redirect_uris=params.pop("redirect_uri").split(),
            scopes=params.pop("scopes").split(),
            **params,
        )
        return ApplicationWithSecret(application, secret)


class ApplicationView(GatedView):
    def get_application(self, application_id: int) -> Application:
        found = Application.objects.of_instance().filter(pk=application_id).first()
        if found is None:
            raise not_found("Application")
        return found


class ApplicationDetail(ApplicationView):
    actions = {"DELETE": Action.ADMINISTER}

    @operation()
    def delete(self, request: Request, application_id: int) -> None:
        services.delete_application(self.get_application(application_id), by=self.current_user)


class ApplicationSecret(ApplicationView):
    actions = {"POST": Action.ADMINISTER}

    @operation(returns=ApplicationWithSecretSerializer)
    @sensitive_variables("secret")
    def post(self, request: Request, application_id: int) -> ApplicationWithSecret:
        application = self.get_application(application_id)
        return ApplicationWithSecret(application, services.renew_secret(application, by=self.current_user))
