"""The pieces every page is made of: what they put into the page."""

from __future__ import annotations

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import Context, Template
from django.test import RequestFactory

pytestmark = pytest.mark.pure


def render(source: str, **context: object) -> str:
    return Template("{% load portal %}" + source).render(Context(context))


class EntryForm(forms.Form):
    path = forms.CharField(label="Project", help_text="Its full path.", max_length=20)
    role = forms.ChoiceField(choices=[("10", "Guest")], required=False)
    scopes = forms.MultipleChoiceField(choices=[("api", "All")], widget=forms.CheckboxSelectMultiple, required=False)
    sure = forms.BooleanField(label="I am sure")
    back = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        raise forms.ValidationError("The list is full.")


def test_a_field_ties_label_help_and_error_to_its_control() -> None:
    form = EntryForm({"path": "<far too long for a path>"})
    html = render("{% field form.path %}", form=form)
    assert '<label class="form-label" for="id_path">Project' in html
    assert 'aria-describedby="id_path_helptext id_path_error"' in html
    assert 'id="id_path_helptext">Its full path.' in html
    assert 'id="id_path_error">Ensure' in html
    assert 'aria-invalid="true"' in html
    assert "&lt;far too long" in html


def test_focus_goes_to_the_first_bad_field_only() -> None:
    form = EntryForm({"path": ""})
    assert "autofocus" in render("{% field form.path %}", form=form)
    assert "autofocus" not in render("{% field form.sure %}", form=form)


def test_each_kind_of_widget_has_its_layout() -> None:
    form = EntryForm()
    assert "form-select" in render("{% field form.role %}", form=form)
    assert "<fieldset" in render("{% field form.scopes %}", form=form)
    assert '<label class="choice" for="id_sure">' in render("{% field form.sure %}", form=form)
    assert render("{% field form.back %}", form=form).strip() == '<input type="hidden" name="back" id="id_back">'


def test_a_form_says_what_is_wrong_as_an_alert_and_is_silent_otherwise() -> None:
    assert 'role="alert"' in render("{% form_errors form %}", form=EntryForm({}))
    assert "The list is full." in render("{% form_errors form %}", form=EntryForm({}))
    assert render("{% form_errors form %}", form=EntryForm()).strip() == ""


def test_a_word_of_a_user_is_escaped_where_the_same_text_was_safe_before() -> None:
    assert "<em>new</em>" in render('{% tag "" "plus" "<em>new</em>" %}')
    assert "<em>" not in render('{% tag "" "plus" word %}', word="<em>new</em>")


def test_a_copy_block_breaks_after_slashes_and_escapes() -> None:
    html = render("{% copy_block 'c' 'Label' text %}", text="http://a/b?<c>")
    assert "http://a/<wbr>b?&lt;c&gt;" in html
    assert 'data-copy="c"' in html


def test_a_path_is_escaped_and_linked_when_there_is_somewhere_to_go() -> None:
    assert render("{% path p %}", p="a/<b>") == '<span class="path">a/<wbr>&lt;b&gt;</span>'
    assert render("{% path p u %}", p="a", u="/a") == '<a class="path" href="/a">a</a>'


@pytest.mark.parametrize(
    ("source", "word", "colour"),
    [
        ("{% access_tag 'enforced' %}", "Enforced", "tag-ok"),
        ("{% access_tag 'open' %}", "Open", "tag-warn"),
        ("{% ci_tag 'success' %}", "Passed", "tag-ok"),
        ("{% ci_tag 'failed' True %}", "Failed, allowed", "tag-warn"),
        ("{% visibility_tag 20 %}", "Public", ""),
        ("{% ci_tag 'never heard of' %}", "Unknown", ""),
    ],
)
def test_a_state_is_an_icon_and_a_word(source: str, word: str, colour: str) -> None:
    html = render(source)
    assert word in html
    assert colour in html
    assert 'aria-hidden="true"' in html


def test_pages_keep_the_query_and_mark_the_current_one() -> None:
    page = Paginator(list(range(300)), 20).page(8)
    html = render("{% pages page 'Pages' %}", page=page, request=RequestFactory().get("/?q=a%26b&page=8"))
    assert "141 to 160 of 300" in html
    assert 'href="?q=a%26b&amp;page=9"' in html
    assert 'aria-current="page" aria-label="Page 8"' in html
    assert "…" in html


def test_a_list_that_fits_on_one_page_has_no_page_numbers() -> None:
    page = Paginator([1, 2], 20).page(1)
    html = render("{% pages page 'Pages' %}", page=page, request=RequestFactory().get("/"))
    assert "1 to 2 of 2" in html
    assert "<nav" not in html


def test_nothing_happened_yet_is_said_in_words() -> None:
    assert render("{% when moment 'never' %}", moment=None) == "never"
