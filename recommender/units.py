"""Units: one number from the unit of a record to the unit of a measure, by UCUM.

ucumvert drops annotations (`mL/min/{1.73_m2}` becomes mL/min), so a measure's unit here is written without them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from pint import PintError
from ucumvert import PintUcumRegistry
from ucumvert.parser import InvalidUcumError

from ontologies.tables import read_rows

# How records write units, in lower case with u for micro, beside UCUM's own spelling.
_SPELLINGS: Final = {
    **{unit.lower(): unit for unit in ("mg/dL", "g/dL", "ug/dL", "ng/dL", "mg/L", "g/L", "mmol/L", "umol/L", "nmol/L")},
    **{
        unit.lower(): unit for unit in ("ng/mL", "pg/mL", "ug/mL", "mg/mL", "ug/L", "mL/min", "U/L", "kg/m2", "mg/mmol")
    },
    **{unit.lower(): unit for unit in ("m[IU]/L", "u[IU]/mL", "[degF]", "[lb_av]", "[in_i]", "10*3/uL", "10*9/L")},
    **dict.fromkeys(("iu/l", "units/l", "[iu]/l"), "U/L"),
    **dict.fromkeys(("micromol/l", "mcmol/l"), "umol/L"),
    **dict.fromkeys(("mg%", "mg/100ml", "mg/100 ml"), "mg/dL"),
    **dict.fromkeys(("gm/dl", "g%", "g/100ml"), "g/dL"),
    **dict.fromkeys(("mcg/dl",), "ug/dL"),
    **dict.fromkeys(("mcg/l",), "ug/L"),
    **dict.fromkeys(("mcg/ml",), "ug/mL"),
    **dict.fromkeys(("meq/l", "mval/l"), "mmol/L"),
    **dict.fromkeys(("mu/l", "miu/l", "uiu/ml", "uu/ml"), "m[IU]/L"),
    **dict.fromkeys(("k/ul", "k/mcl", "10^3/ul", "10e3/ul", "thou/ul", "k/mm3", "k/cumm"), "10*3/uL"),
    **dict.fromkeys(("m/ul", "10^6/ul", "10e6/ul"), "10*6/uL"),
    **dict.fromkeys(("10^9/l", "10e9/l", "giga/l", "g/l*10^9"), "10*9/L"),
    **dict.fromkeys(("10^12/l", "10e12/l"), "10*12/L"),
    **dict.fromkeys(("/mm3", "cells/ul", "cells/mm3", "/cumm"), "/uL"),
    **dict.fromkeys(("mm hg", "mmhg", "millimeter of mercury"), "mm[Hg]"),
    **dict.fromkeys(("bpm", "beats/min", "beats/minute", "beats per minute", "insp/min", "breaths/min"), "/min"),
    **dict.fromkeys(("ml/min/1.73m2", "ml/min/1.73 m2", "ml/min/1.73m^2", "ml/min/1.73 m^2"), "mL/min"),
    **dict.fromkeys(
        ("ml/min/1.73m*2", "ml/min/1.73_m2", "ml/min/1.73", "ml/min/1.73 sq m", "ml/min/1.73sqm"), "mL/min"
    ),
    **dict.fromkeys(("lb", "lbs", "pounds", "pound"), "[lb_av]"),
    **dict.fromkeys(("kgs", "kilogram", "kilograms"), "kg"),
    **dict.fromkeys(("grams", "gram"), "g"),
    **dict.fromkeys(("in", "inch", "inches"), "[in_i]"),
    **dict.fromkeys(("centimeter", "centimeters", "centimetre", "centimetres"), "cm"),
    **dict.fromkeys(("meter", "meters", "metre", "metres"), "m"),
    **dict.fromkeys(("degf", "°f", "deg f", "fahrenheit", "f"), "[degF]"),
    **dict.fromkeys(("degc", "°c", "deg c", "celsius", "c"), "Cel"),
    **dict.fromkeys(("sec", "seconds", "second"), "s"),
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("percent", "pct"), "%"),
    **dict.fromkeys(("kg/m^2", "kg/sq m", "kg/m*2"), "kg/m2"),
    **dict.fromkeys(("ratio", "", "{score}", "{inr}", "{ratio}"), "1"),
}
# UCUM cannot tell these from plain ratios: glycated hemoglobin of the IFCC's reference system, by the master equation
# of Hoelzel et al., Clinical Chemistry 2004;50:166; albumin to creatinine, by creatinine's molar mass.
_OWN_SCALES: Final = {
    ("hba1c_percent", "mmol/mol"): (0.09148, 2.152),
    ("acr_mg_g", "mg/mmol"): (1000.0 / 113.12, 0.0),
}
_IFCC_MEASURE: Final = "hba1c_percent"
_FLUID_WORDS: Final = re.compile(r"\b(?:serum|plasma|level|levels|value|total|s|p)\b|[,()\[\]]")


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
    conversion = _find_conversion(_respell(unit), measure)
    return None if conversion is None else round(value * conversion.factor + conversion.offset, 6)


def find_measure(codes: Iterable[str], text: str) -> Measure | None:
    """The measure of an observation: by LOINC, by its name only when it bears no LOINC code.

    A code that is not listed may be the same quantity in urine: its name alone does not make it the one in blood.

    >>> found = find_measure(["LOINC:2160-0"], ""), find_measure([], "Creatinine, serum")
    >>> [measure.name for measure in found], find_measure(["LOINC:2161-8"], "Creatinine")
    (['creatinine_mg_dl', 'creatinine_mg_dl'], None)
    """
    measures, listed = read_measures(), list(codes)
    by_code = next((measures[code] for code in listed if code in measures), None)
    if by_code or any(code.startswith("LOINC:") for code in listed):
        return by_code
    name = text.lower().strip()
    return measures.get(name) or measures.get(" ".join(_FLUID_WORDS.sub(" ", name).split()))


def _respell(unit: str) -> str:
    """The unit with u for micro and without the sign of multiplication before a power of ten.

    >>> _respell("µmol/L"), _respell("x10^9/L")
    ('umol/L', '10^9/L')
    """
    plain = unit.strip().replace("\u00b5", "u").replace("\u03bc", "u").replace("²", "2").replace("³", "3")
    return re.sub(r"^[x×]\s*(?=10)", "", plain, flags=re.IGNORECASE)


@cache
def _registry() -> PintUcumRegistry:
    return PintUcumRegistry()


@cache
def _find_conversion(unit: str, measure: Measure) -> Conversion | None:
    """UCUM is read as it stands; a unit that is none is looked up as records write it."""
    scale = _OWN_SCALES.get((measure.name, unit.split("{")[0]))
    if scale is not None:
        return Conversion(*scale)
    spelt = _SPELLINGS.get(unit.lower(), unit)
    if spelt == measure.unit:
        return Conversion(1.0, 0.0)
    if measure.name == _IFCC_MEASURE and spelt != "%":
        return None
    try:
        zero, one = (_to_target(number, spelt, measure.unit, measure.molar_mass) for number in (0.0, 1.0))
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
