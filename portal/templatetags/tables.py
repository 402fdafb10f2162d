"""Tables that read as tables to screen readers on every screen and as cards on a phone: `{% load tables %}`.

    {% table labelledby="jobs" %}
      {% column _("Job") %}{% column _("Duration") "num" %}{% action_column %}
      {% for job in page %}{% row %}
        {% rowheader %}{{ job.name }}{% endrowheader %}
        {% cell %}{{ job.duration|duration }}{% endcell %}
        {% actions %}<a class="btn btn-sm" href="…">…</a>{% endactions %}
      {% endrow %}{% endfor %}
    {% endtable %}

Every header is written once: a cell takes its label and alignment from the column in whose position it stands.
A row with more or fewer cells than there are columns is an error.

A table that can be sorted has `sorting` in its context, with `order_by` and `descending`; the header of
`{% column _("Uses") "num" sort="uses" %}` is then a link to the page in that order.
"""

from dataclasses import dataclass, field

from django import template
from django.template import Context, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

register = template.Library()

CURRENT = "_table"  # the context's key; a leading underscore keeps it out of reach of templates


@dataclass(frozen=True)
class Column:
    label: str | Promise
    css: str = ""
    is_unseen: bool = False
    url: str = ""  # of the page in the order of this column
    order: str = ""  # ascending or descending, of the column that the page is sorted by
    starts: dict[str, SafeString] = field(default_factory=dict, compare=False)

    def header(self) -> SafeString:
        attributes = _class(self.css)
        if self.order:
            attributes += format_html(' aria-sort="{}"', self.order)
        return format_html('<th role="columnheader" scope="col"{}>{}</th>', attributes, self._face())

    def cell_start(self, css: str) -> SafeString:
        """The tag that opens a cell, `css` its own classes. Made once for all rows: a label is translated and escaped,
        which takes longer than most contents."""
        start = self.starts.get(css)
        if start is None:
            classes = _class(" ".join(filter(None, (self.css, css))))
            start = self.starts[css] = format_html('<td role="cell" data-label="{}"{}>', self.label, classes)
        return start

    def _face(self) -> SafeString | str | Promise:
        if self.is_unseen:
            return format_html('<span class="visually-hidden">{}</span>', self.label)
        if not self.url:
            return self.label
        arrow = {"ascending": " ↑", "descending": " ↓"}.get(self.order, "")
        return format_html('<a href="{}">{}<span aria-hidden="true">{}</span></a>', self.url, self.label, arrow)


@dataclass
class Table:
    """The columns of the table being rendered, and how many cells its current row has so far."""

    columns: list[Column] = field(default_factory=list)
    position: int = 0

    def next_column(self) -> Column:
        if self.position == len(self.columns):
            raise TemplateSyntaxError(f"A row has more cells than the table's {len(self.columns)} columns.")
        self.position += 1
        return self.columns[self.position - 1]

    def end_row(self) -> None:
        if self.position < len(self.columns):
            raise TemplateSyntaxError(f"A row has {self.position} cells; the table has {len(self.columns)} columns.")
        self.position = 0


class TableNode(template.Node):
    """`{% table labelledby="id" css="border-top" %}` or, without a visible title, `{% table label=_("…") %}`."""

    OPTIONS = frozenset({"labelledby", "label", "css"})

    def __init__(self, nodelist: NodeList, options: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self.options = options

    def render(self, context: Context) -> SafeString:
        options = {name: value.resolve(context) for name, value in self.options.items()}
        table = Table()
        with context.push(**{CURRENT: table}):
            rows = SafeString(self.nodelist.render(context))
        return format_html(
            '<table role="table" class="table stack{}" {}="{}">'
            '<thead role="rowgroup"><tr role="row">{}</tr></thead><tbody role="rowgroup">{}</tbody></table>',
            f" {options['css']}" if "css" in options else "",
            "aria-labelledby" if "labelledby" in options else "aria-label",
            options.get("labelledby") or options.get("label"),
            format_html_join("", "{}", ((column.header(),) for column in table.columns)),
            rows,
        )


@register.tag("table")
def parse_table(parser: Parser, token: Token) -> TableNode:
    bits = token.split_contents()[1:]
    options = token_kwargs(bits, parser)
    if bits or not TableNode.OPTIONS.issuperset(options) or not {"labelledby", "label"}.intersection(options):
        raise TemplateSyntaxError('A table takes labelledby="id" or label="words", and css="classes" if it wants.')
    nodelist = parser.parse(("endtable",))
    parser.delete_first_token()
    return TableNode(nodelist, options)


@register.simple_tag(takes_context=True)
def column(context: Context, label: str, css: str = "", sort: str = "", hidden: bool = False) -> str:
    """Declare the next column; `"num"` aligns its figures, `sort` is its word for `order_by`. The header of a `hidden`
    one is for screen readers only."""
    if not sort:
        context[CURRENT].columns.append(Column(label, css, is_unseen=hidden))
        return ""
    sorting = context["sorting"]
    is_sorted = sorting.order_by == sort
    query = context["request"].GET.copy()
    for name in ("page", "sort"):
        query.pop(name, None)
    query["order_by"] = sort
    if is_sorted:
        query["sort"] = "asc" if sorting.descending else "desc"
    order = ("descending" if sorting.descending else "ascending") if is_sorted else ""
    context[CURRENT].columns.append(Column(label, css, url=f"?{query.urlencode()}", order=order))
    return ""


@register.simple_tag(takes_context=True)
def action_column(context: Context) -> str:
    """Declare the column of each row's buttons; its header is for screen readers only."""
    context[CURRENT].columns.append(Column(_("Actions"), is_unseen=True))
    return ""


class PieceNode(template.Node):
    """A row or a cell: what is between its tags. Not by `simple_block_tag`, whose arguments are bound anew in each of a
    table's thousand cells, which takes longer than what is in them."""

    def __init__(self, nodelist: NodeList, css: FilterExpression | None) -> None:
        self.nodelist = nodelist
        self.css = css

    def render(self, context: Context) -> SafeString:
        css = self.css.resolve(context) if self.css else ""
        return self.wrap(context[CURRENT], self.nodelist.render(context), css)

    def wrap(self, table: Table, content: str, css: str) -> SafeString:
        raise NotImplementedError


class RowNode(PieceNode):
    def wrap(self, table: Table, content: str, css: str) -> SafeString:
        table.end_row()
        return SafeString(f'<tr role="row">{content}</tr>')


class RowHeaderNode(PieceNode):
    """The cell that names the row; on a phone, the title of its card."""

    def wrap(self, table: Table, content: str, css: str) -> SafeString:
        table.next_column()
        return SafeString(f'<th role="rowheader" scope="row"{_class(css)}>{content}</th>')


class CellNode(PieceNode):
    """One without content is left out of the card on a phone."""

    def wrap(self, table: Table, content: str, css: str) -> SafeString:
        start = table.next_column().cell_start(css)
        return SafeString(f"{start}{content if content.strip() else ''}</td>")


class ActionsNode(PieceNode):
    def wrap(self, table: Table, content: str, css: str) -> SafeString:
        table.next_column()
        return SafeString(f'<td role="cell"><div class="row-actions">{content}</div></td>')


PIECES: dict[str, type[PieceNode]] = {
    "row": RowNode,
    "rowheader": RowHeaderNode,
    "cell": CellNode,
    "actions": ActionsNode,
}
WITH_CSS = frozenset({"rowheader", "cell"})


def parse_piece(parser: Parser, token: Token) -> PieceNode:
    """`{% cell css="text-break" %}…{% endcell %}`"""
    name, *bits = token.split_contents()
    options = token_kwargs(bits, parser)
    if bits or not {"css"}.issuperset(options) or (options and name not in WITH_CSS):
        raise TemplateSyntaxError(f'{name} takes nothing; a cell and a rowheader css="classes" if they want.')
    nodelist = parser.parse((f"end{name}",))
    parser.delete_first_token()
    return PIECES[name](nodelist, options.get("css"))


for _name in PIECES:
    register.tag(_name, parse_piece)


def _class(css: str) -> SafeString:
    return format_html(' class="{}"', css) if css else SafeString("")
