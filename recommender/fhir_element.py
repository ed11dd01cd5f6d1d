"""Tolerant access to FHIR JSON: every element knows its path and reports what is wrong with it instead of raising."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from recommender.codes import to_coding
from recommender.patient import Coding, Concept, Issue, Origin

_DATE: Final = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.*)?)?)?")
_MAX_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON object of a resource with its path; `issues` is shared by all elements of a Bundle."""

    value: dict[str, Any]
    path: str
    issues: list[Issue]

    def report(self, name: str, problem: str) -> None:
        """Add an issue for a field of this element ("" for the element itself)."""
        self.issues.append(Issue(f"{self.path}.{name}" if name else self.path, problem))

    def text(self, name: str) -> str:
        """A string field, "" when it is absent or no string."""
        value = self.value.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.report(name, f"is {_kind(value)}, a string was expected")
            return ""
        return value.strip()[:_MAX_TEXT]

    def flag(self, name: str) -> bool | None:
        """A boolean field, None when it is absent or no boolean."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            self.report(name, f"is {_kind(value)}, true or false was expected")
            return None
        return value

    def number(self, name: str) -> float | None:
        """A number field, None when it is absent or no finite number."""
        value = self.value.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.report(name, f"is {_kind(value)}, a finite number was expected")
            return None
        return float(value)

    def child(self, name: str) -> Element | None:
        """An object field, None when it is absent or no object."""
        value = self.value.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.report(name, f"is {_kind(value)}, an object was expected")
            return None
        return Element(value, f"{self.path}.{name}", self.issues)

    def children(self, name: str) -> Iterator[Element]:
        """The objects of a list field; members that are no objects are reported."""
        value = self.value.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.report(name, f"is {_kind(value)}, a list was expected")
            return
        for i, member in enumerate(value):
            if isinstance(member, dict):
                yield Element(member, f"{self.path}.{name}[{i}]", self.issues)
            else:
                self.report(f"{name}[{i}]", f"is {_kind(member)}, an object was expected")

    def concept(self, name: str) -> Concept | None:
        """A CodeableConcept (a bare string is taken as its text), None when it is absent or says nothing."""
        if isinstance(self.value.get(name), str):
            return Concept(self.text(name))
        child = self.child(name)
        if child is None:
            return None
        concept = child.as_concept()
        if concept is None:
            self.report(name, "has neither a code nor a text")
        return concept

    def as_concept(self) -> Concept | None:
        """This element as a CodeableConcept."""
        codings = tuple(c for c in map(_to_coding, self.children("coding")) if c.curie or c.display)
        text = self.text("text") or next((c.display for c in codings if c.display), "")
        text = text or next((c.curie for c in codings), "")
        return Concept(text, codings) if text else None

    def code(self, name: str) -> str:
        """The first code of a CodeableConcept, or a bare code string; "" when there is none."""
        if isinstance(self.value.get(name), str):
            return self.text(name).lower()
        child = self.child(name)
        codes = (c.text("code") for c in child.children("coding")) if child else iter(())
        return next((c.lower() for c in codes if c), child.text("text").lower() if child else "")

    def codes(self, name: str) -> tuple[str, ...]:
        """Every code string of a CodeableConcept as it stands, without its system."""
        child = self.child(name)
        return tuple(c.text("code") for c in child.children("coding")) if child else ()

    def time(self, *names: str, today: date) -> str:
        """The first of the date fields that is there, as ISO text; a malformed or future one is reported."""
        for name in names:
            if self.value.get(name) is None:
                continue
            if isinstance(self.value[name], dict):
                period = self.child(name)
                return period.time("start", "end", today=today) if period else ""
            return self._date_text(name, today)
        return ""

    def day(self, name: str, *, today: date) -> date | None:
        """A date field; a missing month or day counts as the first."""
        text = self.time(name, today=today)
        return to_date(text) if text else None

    def origin(self, time: str) -> Origin:
        """Where this element stands, with the time of its value."""
        return Origin(self.path, time)

    def _date_text(self, name: str, today: date) -> str:
        text = self.text(name)
        parsed = to_date(text)
        if text and parsed is None:
            self.report(name, f'"{text[:40]}" is not a date')
        elif parsed is not None and parsed > today:
            self.report(name, f"{text[:10]} lies in the future")
        else:
            return text
        return ""


def to_date(text: str) -> date | None:
    """A FHIR date or dateTime, possibly partial, as a day; None when it is none.

    >>> to_date("1960"), to_date("1960-02-30")
    (datetime.date(1960, 1, 1), None)
    """
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    try:
        return date(int(found.group(1)), int(found.group(2) or 1), int(found.group(3) or 1))
    except ValueError:
        return None


def _to_coding(element: Element) -> Coding:
    return to_coding(element.text("system"), element.text("code"), element.text("display"))


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")
