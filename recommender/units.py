"""Units: one number from the unit of a record to the unit of a measure, by UCUM.

ucumvert drops annotations (`mL/min/{1.73_m2}` becomes mL/min), so a measure's unit here is written without them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from pint import PintError
from ucumvert import PintUcumRegistry
from ucumvert.parser import InvalidUcumError

from ontologies.tables import read_rows

_SPELLINGS: Final = {
    "iu/l": "U/L",
    "u/l": "U/L",
    "units/l": "U/L",
    "meq/l": "mmol/L",
    "k/ul": "10*3/uL",
    "k/mcl": "10*3/uL",
    "m/ul": "10*6/uL",
    "mm hg": "mm[Hg]",
    "mmhg": "mm[Hg]",
    "bpm": "/min",
    "beats/minute": "/min",
    "insp/min": "/min",
    "ml/min/1.73m2": "mL/min",
    "ml/min/1.73 m2": "mL/min",
    "ml/min/1.73m^2": "mL/min",
    "mcg/dl": "ug/dL",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "in": "[in_i]",
    "inches": "[in_i]",
    "degf": "[degF]",
    "degc": "Cel",
    "°c": "Cel",
    "°f": "[degF]",
    "sec": "s",
    "gm/dl": "g/dL",
    "kg/m^2": "kg/m2",
    "ratio": "1",
    "": "1",
    "{score}": "1",
    "{inr}": "1",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One quantity that the recommender knows, its unit (UCUM) and, for concentrations, its molar mass in g/mol."""

    name: str
    unit: str
    molar_mass: float | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """`value * factor + offset` is the value in the other unit."""

    factor: float
    offset: float


@cache
def read_measures() -> dict[str, Measure]:
    """The measures of `ontologies/lab_measures.tsv`, by measure, `LOINC:code` and lower-case name."""
    found: dict[str, Measure] = {}
    for row in read_rows("lab_measures"):
        mass = row["molar_mass_g_per_mol"]
        measure = Measure(row["measure"], row["unit"], float(mass) if mass else None)
        keys = [row["measure"], *(f"LOINC:{code}" for code in row["loinc"].split("|") if code)]
        found.update(dict.fromkeys([*keys, *row["names"].split("|")], measure))
    return found


def convert(value: float, unit: str, measure: Measure) -> float | None:
    """Return the value in the measure's unit, or None when the unit is not one of that quantity.

    >>> creatinine = read_measures()["creatinine_mg_dl"]
    >>> round(convert(88.4, "umol/L", creatinine), 2), convert(1.0, "mmol/banana", creatinine)
    (1.0, None)
    """
    if measure.molar_mass is not None and "eq" in unit.lower():
        return None  # milliequivalents need the ion's charge, which no table here has
    conversion = _find_conversion(unit.strip(), measure.unit, measure.molar_mass)
    return None if conversion is None else round(value * conversion.factor + conversion.offset, 6)


@cache
def _registry() -> PintUcumRegistry:
    return PintUcumRegistry()


@cache
def _find_conversion(unit: str, target: str, molar_mass: float | None) -> Conversion | None:
    spelt = _SPELLINGS.get(unit.lower(), unit)
    if spelt == target:
        return Conversion(1.0, 0.0)
    try:
        zero, one = (_to_target(number, spelt, target, molar_mass) for number in (0.0, 1.0))
    except (PintError, InvalidUcumError, ValueError, AttributeError, TypeError):
        return None
    return Conversion(one - zero, zero)


def _to_target(number: float, unit: str, target: str, molar_mass: float | None) -> float:
    """One number in the other unit; amounts of substance become masses by the molar mass."""
    registry = _registry()
    source, wanted = registry.from_ucum(unit).units, registry.from_ucum(target).units
    quantity = registry.Quantity(number, source)
    if molar_mass is not None and not quantity.check(wanted):
        weight = registry.Quantity(molar_mass, "g/mol")
        quantity = quantity * weight if "[substance]" in quantity.dimensionality else quantity / weight
    return float(quantity.to(wanted).magnitude)
