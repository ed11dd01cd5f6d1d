"""Dates and their shift."""

import pytest

from extraction.dates import find_dates


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("03/14/2023", ["2023-03-14"]),
        ("25/12/2020", ["2020-12-25"]),
        ("2021-02-03", ["2021-02-03"]),
        ("7/4/99 and 7/4/19", ["1999-07-04", "2019-07-04"]),
        ("March 8, 2006", ["2006-03-08"]),
        ("3rd of July 2008", ["2008-07-03"]),
        ("Sept 2014", ["2014-09-01"]),
        ("since 04/2019", ["2019-04-01"]),
        ("blood pressure 120/80, 3/6 murmur, strength 5/5", []),
        ("in 2015", []),
        ("13/32/2020", []),
        ("may 5 mg help", []),
    ],
)
def test_found(text: str, values: list[str]) -> None:
    assert [d.value.isoformat() for d in find_dates(text)] == values


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("03/14/2023", "03/04/2023"),
        ("2021-02-03", "2021-01-24"),
        ("March 18, 2006", "March 08, 2006".replace("08", "8").ljust(14)),
        ("1/5/21", "2020  "),
    ],
)
def test_ten_days_earlier_in_the_same_shape_and_length(text: str, moved: str) -> None:
    (found,) = find_dates(text)
    assert found.moved(-10, text) == moved
    assert len(moved) == len(text)
