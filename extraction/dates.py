"""Calendar dates in a text, and the same text with every date moved by the same number of days."""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from extraction.tables import read_patterns

_MONTHS = tuple(month.lower() for month in month_name[1:])
_ASSUMED_YEAR = 2000
_CENTURY_TURN = 30


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date at [start, end); `moved` gives it in the same shape, moved, and as long as it was."""

    start: int
    end: int
    shape: str
    value: date
    mark: str = "/"

    def moved(self, days: int, said: str) -> str:
        """Return the date `days` later as it would be written; padded with blanks, or shortened, to the same length."""
        value = self.value + timedelta(days=days)
        for form in (self._write(value, said), value.isoformat(), f"{value:%Y-%m}", f"{value:%Y}"):
            if len(form) <= self.end - self.start:
                return form.ljust(self.end - self.start)
        return "*" * (self.end - self.start)

    def _write(self, value: date, said: str) -> str:
        month = _MONTHS[value.month - 1].title()
        short = re.search(r"[A-Za-z]{3,}", said)
        if short is not None and short.group().lower() not in _MONTHS:
            month = month[:3]
        year = (
            f"{value.year % 100:02d}" if re.search(r"(?<!\d)\d\d$", said) and self.shape == "mdy" else str(value.year)
        )
        has_year = re.search(r"\d{4}", said) is not None
        forms = {
            "ymd": f"{value.year}{self.mark}{value.month:02d}{self.mark}{value.day:02d}",
            "mdy": f"{value.month:02d}{self.mark}{value.day:02d}{self.mark}{year}",
            "month d y": f"{month} {value.day}, {value.year}" if has_year else f"{month} {value.day}",
            "d month y": f"{value.day} {month} {value.year}" if has_year else f"{value.day} {month}",
            "month y": f"{month} {value.year}",
            "m y": f"{value.month}/{value.year}",
            "m d": f"{value.month}/{value.day}",
        }
        return forms[self.shape]


def find_dates(text: str) -> Iterator[FoundDate]:
    """Yield the dates of a text, the more exact shape where two overlap. Years alone are no dates here.

    >>> [d.value.isoformat() for d in find_dates("Seen 03/14/2023 and on July 2, 2019; since 2015.")]
    ['2023-03-14', '2019-07-02']
    """
    taken: set[int] = set()
    for shape, pattern in read_patterns("date_patterns.tsv"):
        for match in pattern.finditer(text):
            start = match.start("month") if shape == "m d" else match.start()
            value = _to_date(match.groupdict())
            if value is not None and taken.isdisjoint(range(start, match.end())):
                taken.update(range(start, match.end()))
                yield FoundDate(start, match.end(), shape, value, match.groupdict().get("mark") or "/")


def _to_date(parts: dict[str, str | None]) -> date | None:
    month = parts["month"] or ""
    number = int(month) if month.isdigit() else next(i for i, m in enumerate(_MONTHS, 1) if m[:3] == month[:3].lower())
    day, year = int(parts.get("day") or 1), int(parts.get("year") or _ASSUMED_YEAR)
    if year < 100:
        year += 2000 if year <= _CENTURY_TURN else 1900
    if number > 12 >= day:
        number, day = day, number
    try:
        return date(year, number, day)
    except ValueError:
        return None
