"""Filters above a list, and buttons: what the tags put into the page."""

import pytest
from django.template import Context, Template
from django.test import RequestFactory

pytestmark = pytest.mark.pure

FILTERS = (
    '{% load filters %}{% filters "Jobs" keep=keep %}{% search_field q "Name" %}'
    '{% select_field "status" "Status" choices status %}{% endfilters %}'
)


def render(source: str, query: str = "", **context: object) -> str:
    return Template(source).render(Context({"request": RequestFactory().get(f"/jobs{query}"), **context}))


def filters(query: str = "", keep: str = "") -> str:
    choices = [("", "Any"), ("failed", "Failed & done")]
    return render(FILTERS, query, q='"><b>', status="failed", choices=choices, keep=keep)


def test_filters_are_a_search_form_that_keeps_what_was_entered() -> None:
    html = filters()
    assert html.startswith('<form class="filters" role="search" aria-label="Jobs"')
    assert 'value="&quot;&gt;&lt;b&gt;"' in html
    assert '<option value="failed" selected>Failed &amp; done</option>' in html
    assert '<button class="btn btn-sm" type="submit">Filter</button></form>' in html


def test_a_filtered_list_offers_to_show_all() -> None:
    assert "Show all" not in filters("?page=2&q=")
    assert '<a class="btn btn-sm" href="?">Show all</a>' in filters("?q=x")


def test_filters_keep_the_tab_that_is_open() -> None:
    html = filters("?state=stopped&q=x", keep="state=stopped")
    assert '<input type="hidden" name="state" value="stopped">' in html
    assert 'href="?state=stopped">Show all' in html
    assert "Show all" not in filters("?state=stopped", keep="state=stopped")


def test_a_link_button_names_its_row_for_screen_readers() -> None:
    html = render('{% load buttons %}{% link_button "/x" "trash" "Delete" about=name small=True %}', name="<a>")
    assert html.startswith('<a class="btn btn-sm" href="/x"><svg class="icon"')
    assert html.endswith('Delete<span class="visually-hidden"> &lt;a&gt;</span></a>')


def test_a_post_button_posts_its_fields_with_the_sites_own_token() -> None:
    html = render('{% load buttons %}{% post_button "/x" "" "Pause" primary=True id="p" paused="true" %}')
    assert html.startswith('<form method="post" action="/x"><input type="hidden" name="csrfmiddlewaretoken" value="')
    assert '<input type="hidden" name="paused" value="true">' in html
    assert '<button class="btn btn-primary" id="p" type="submit">Pause</button></form>' in html


def test_the_chosen_one_of_several_buttons_is_pressed() -> None:
    source = '{% load buttons %}{% choice_button "theme" "dark" "Dark" chosen %}'
    assert 'aria-pressed="true"><svg' in render(source, chosen="dark")
    assert 'aria-pressed="false">Dark' in render(source, chosen="light")
