"""The amount that an Observation states: a Quantity, a whole number, or a number with its unit as text."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from recommender.fhir_element import Element

_TEXT: Final = re.compile(r"\s*([<>]=?)?\s*(\d+(?:\.\d+)?)\s*(\D.*)?")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with the units that it may be in, the likeliest first, its comparator, and the element that holds it."""

    value: float
    units: tuple[str, ...]
    comparator: str
    name: str

    def shifted(self, value: float) -> float:
        """The converted value just beyond the limit, where the record gives no more than one.

        >>> Amount(30, (), "<", "").shifted(30) < 30 < Amount(30, (), ">", "").shifted(30)
        True
        """
        beyond = {"<": -math.inf, ">": math.inf}.get(self.comparator)
        return value if beyond is None else math.nextafter(value, beyond)


def read_amount(element: Element) -> Amount | None:
    """The amount of an Observation or component, None when it states none."""
    quantity = element.child("valueQuantity")
    if quantity is not None:
        value = quantity.number("value")
        units = tuple(dict.fromkeys(u for u in (quantity.text("code"), quantity.text("unit")) if u)) or ("",)
        return None if value is None else Amount(value, units, quantity.text("comparator"), "valueQuantity")
    whole = element.number("valueInteger")
    if whole is not None:
        return Amount(whole, ("",), "", "valueInteger")
    found = _TEXT.fullmatch(element.text("valueString")) if isinstance(element.value.get("valueString"), str) else None
    if found is None:
        return None
    return Amount(float(found.group(2)), ((found.group(3) or "").strip(),), found.group(1) or "", "valueString")
