"""Lists that people search and page through: one way to read `q`, `sort` and `page`, one page size."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from pages.parameters import page_choice

Rows = TypeVar("Rows", bound=QuerySet[Any])

PAGE_SIZE = 20
MAX_QUERY = 255


def search_term(request: HttpRequest, name: str = "q") -> str:
    """What was typed into Find: trimmed, bounded, and without NUL, which PostgreSQL refuses."""
    return request.GET.get(name, "").replace("\0", "").strip()[:MAX_QUERY]


def sort_choice(request: HttpRequest, orders: Mapping[str, Any]) -> str:
    """The key of `orders` that `?sort=` names; the first one if it names none. Raises BadRequest."""
    return page_choice(request, "sort", orders) or next(iter(orders))


def name_filter(q: str) -> Q:
    """Projects or groups whose name or full path holds `q`, for `visible_to(user, that)`; all for no words."""
    return Q(name__icontains=q) | Q(full_path__icontains=q) if q else Q()


def page_of(request: HttpRequest, things: QuerySet[Any] | Sequence[Any], parameter: str = "page") -> Page[Any]:
    """The page that `?page=` asks for, or the `parameter` of one of two lists; one that does not exist becomes the
    nearest that does."""
    return Paginator(things, PAGE_SIZE).get_page(request.GET.get(parameter))
