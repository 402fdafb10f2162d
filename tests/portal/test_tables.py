"""Tables whose headers are written once: what the tags put into the page."""

import pytest
from django.template import Context, Template, TemplateSyntaxError

pytestmark = pytest.mark.pure

JOBS = """{% load tables %}{% table labelledby="jobs" css="border-top" %}
{% column "Job" %}{% column "Duration" "num" %}{% action_column %}
{% for name, took in jobs %}{% row %}
{% rowheader %}{{ name }}{% endrowheader %}{% cell css="soft" %}{{ took }}{% endcell %}{% actions %}-{% endactions %}
{% endrow %}{% endfor %}{% endtable %}"""


def render(source: str, **context: object) -> str:
    return Template(source).render(Context(context))


def test_a_table_shown_as_cards_keeps_its_roles_for_screen_readers() -> None:
    html = render(JOBS, jobs=[("build", "3 s"), ("<test>", "4 s")])
    assert html.startswith('<table role="table" class="table stack border-top" aria-labelledby="jobs">')
    assert html.count('<th role="columnheader" scope="col"') == 3
    assert html.count('<tr role="row">') == 3
    assert '<th role="rowheader" scope="row">&lt;test&gt;</th>' in html
    assert html.index("</thead>") < html.index("build") < html.index("</tbody>")


def test_a_cell_takes_label_and_alignment_from_its_column() -> None:
    html = render(JOBS, jobs=[("build", "3 s"), ("test", "4 s")])
    assert html.count('<td role="cell" data-label="Duration" class="num soft">') == 2
    assert '<th role="columnheader" scope="col" class="num">Duration</th>' in html


def test_the_header_of_the_buttons_is_for_screen_readers_and_their_cell_has_no_label() -> None:
    html = render(JOBS, jobs=[("build", "3 s")])
    assert '<span class="visually-hidden">Actions</span></th>' in html
    assert '<td role="cell"><div class="row-actions">-</div></td>' in html


def test_a_table_without_a_visible_title_has_a_spoken_one() -> None:
    html = render('{% load tables %}{% table label=title %}{% column "Job" %}{% endtable %}', title="Jobs & more")
    assert 'aria-label="Jobs &amp; more"' in html


@pytest.mark.parametrize("cells", ["{% cell %}1{% endcell %}", "{% cell %}1{% endcell %}" * 3])
def test_a_row_with_another_number_of_cells_than_columns_is_an_error(cells: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="cells"):
        render(
            '{% load tables %}{% table label="x" %}{% column "a" %}{% column "b" %}{% row %}'
            + cells
            + "{% endrow %}{% endtable %}"
        )


@pytest.mark.parametrize("options", ["", '"jobs"', 'label="x" colour="red"'])
def test_a_table_without_a_title_or_with_an_unknown_option_is_an_error(options: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="labelledby"):
        render("{% load tables %}{% table " + options + " %}{% endtable %}")


def test_a_table_inside_a_cell_keeps_its_columns_to_itself() -> None:
    inner = '{% table label="in" %}{% column "deep" %}{% row %}{% cell %}x{% endcell %}{% endrow %}{% endtable %}'
    html = render(
        '{% load tables %}{% table label="out" %}{% column "top" %}{% row %}{% cell %}'
        + inner
        + "{% endcell %}{% endrow %}{% endtable %}"
    )
    assert html.count('data-label="deep"') == 1
    assert html.count('data-label="top"') == 1
