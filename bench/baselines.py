"""d1, the floor: a REST framework view with one indexed point query by cursor and a small JSON. And the two that only
find out who calls: REST framework's TokenAuthentication and knox."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Floor(APIView):
    def get(self, request: Request, project: int) -> Response:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, full_path FROM projects_project WHERE id = %s", [project])
            row: Any = cursor.fetchone()
        return Response({"id": row[0], "path": row[1]})


class ByToken(APIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        return Response({"id": request.user.pk})


class ByKnox(ByToken):
    authentication_classes = (KnoxAuthentication,)


def show_nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>Empty</title>")


urlpatterns = [
    path("empty", show_nothing),
    path("d1/<int:project>", Floor.as_view()),
    path("token", ByToken.as_view()),
    path("knox", ByKnox.as_view()),
]
