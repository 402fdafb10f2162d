"""What clients rely on: the schema stays as it is written down, but for changes made on purpose.

After one: `python -m tests.graph.test_schema` writes the file anew; its difference shows what clients will notice.
"""

from __future__ import annotations

from pathlib import Path

from graphql import lexicographic_sort_schema, print_schema

WRITTEN = Path(__file__).with_name("schema.graphql")


def schema_text() -> str:
    from graph.schema import schema

    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"


def test_the_schema_is_the_one_that_is_written_down() -> None:
    assert schema_text() == WRITTEN.read_text()


if __name__ == "__main__":
    import django

    django.setup()
    WRITTEN.write_text(schema_text())
