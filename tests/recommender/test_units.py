"""Units: conversions whose results stand in any table."""

from __future__ import annotations

import pytest

from recommender.units import convert, read_measures


@pytest.mark.parametrize(
    ("measure", "value", "unit", "expected"),
    [
        ("creatinine_mg_dl", 88.42, "umol/L", 1.0),
        ("glucose_mg_dl", 5.0, "mmol/L", 90.08),
        ("bilirubin_mg_dl", 17.1, "umol/L", 1.0),
        ("cholesterol_mg_dl", 5.0, "mmol/L", 193.3),
        ("digoxin_ng_ml", 1.2, "nmol/L", 0.937),
        ("albumin_g_dl", 40, "g/L", 4.0),
        ("temperature_cel", 98.6, "[degF]", 37.0),
        ("weight_kg", 100, "[lb_av]", 45.36),
        ("height_m", 180, "cm", 1.8),
        ("platelets_10_9_l", 250, "10*3/uL", 250),
        ("platelets_10_9_l", 250, "K/uL", 250),
        ("potassium_mmol_l", 4.1, "mEq/L", 4.1),
        ("egfr_ml_min_1_73m2", 61, "mL/min/{1.73_m2}", 61),
        ("qtc_ms", 0.45, "s", 450),
        ("inr", 1.2, "", 1.2),
    ],
)
def test_values_come_in_the_unit_of_their_measure(measure: str, value: float, unit: str, expected: float) -> None:
    assert convert(value, unit, read_measures()[measure]) == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("unit", ["bananas", "mmol", "kg", "mg/", "☃", "mEq/L"])
def test_a_unit_of_another_quantity_has_no_value(unit: str) -> None:
    assert convert(1.0, unit, read_measures()["calcium_mg_dl"]) is None


def test_measures_are_found_by_loinc_and_by_name() -> None:
    measures = read_measures()
    assert measures["LOINC:2160-0"] is measures["creatinine"] is measures["creatinine_mg_dl"]
