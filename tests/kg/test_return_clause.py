"""The columns that a query names itself."""

import pytest

from kg.return_clause import list_columns


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("RETURN 1 AS a, 'x, RETURN y' AS b", ("a", "b")),
        ("match (n) return distinct n.name as name order by name, n.x skip 1", ("name",)),
        ("MATCH (n) RETURN n.name, size([x IN n.xs WHERE x > 1 | x]), {a: 1, b: 2} AS m;", None),
        ("CALL { MATCH (n) RETURN n } RETURN n.a // , b\n", ("n.a",)),
        ("RETURN 1 AS x UNION RETURN 2 AS x", ("x",)),
        ("MATCH (n) RETURN *", ()),
        ("CREATE (n)", ()),
        ("", ()),
    ],
)
def test_columns(text: str, columns: tuple[str, ...] | None) -> None:
    expected = ("n.name", "size([x IN n.xs WHERE x > 1 | x])", "m") if columns is None else columns
    assert list_columns(text) == expected
