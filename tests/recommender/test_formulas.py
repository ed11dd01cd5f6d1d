"""Formulas against values worked out by hand from the published equations and the papers' own examples."""

from __future__ import annotations

import pytest

from recommender.formulas import (
    body_mass_index,
    child_pugh_class,
    child_pugh_points,
    crcl_cockcroft_gault,
    egfr_ckd_epi_2021,
)


@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        # 142 × 1 × 1 × 0.9938^50 × 1.012 at creatinine = kappa (0.7): 142 × 0.73274 × 1.012
        (0.7, 50, "female", 105.3),
        # 142 × 0.9938^50 at creatinine = kappa (0.9)
        (0.9, 50, "male", 104.05),
        # above kappa: (1.8 / 0.9)^-1.2 = 0.43528; 142 × 0.43528 × 0.9938^60
        (1.8, 60, "male", 42.56),
        # below kappa: (0.35 / 0.7)^-0.241 = 1.18182; 142 × 1.18182 × 0.9938^30 × 1.012
        (0.35, 30, "female", 140.93),
    ],
)
def test_egfr_follows_ckd_epi_2021(creatinine: float, age: float, sex: str, expected: float) -> None:
    assert egfr_ckd_epi_2021(creatinine, age, sex) == pytest.approx(expected, abs=0.1)  # type: ignore[arg-type]


def test_creatinine_clearance_follows_cockcroft_and_gault() -> None:
    assert crcl_cockcroft_gault(1.0, 40, 72, "male") == pytest.approx(100.0)
    assert crcl_cockcroft_gault(1.0, 40, 72, "female") == pytest.approx(85.0)
    assert crcl_cockcroft_gault(2.0, 80, 60, "male") == pytest.approx(25.0)


def test_body_mass_index_is_weight_over_height_squared() -> None:
    assert body_mass_index(81, 1.8) == pytest.approx(25.0)


@pytest.mark.parametrize(
    ("values", "points", "letter"),
    [((1.5, 3.6, 1.2, 0, 0), 5, "A"), ((2.5, 3.0, 1.2, 1, 0), 8, "B"), ((3.5, 2.7, 2.5, 2, 3), 15, "C")],
)
def test_child_pugh_adds_one_to_three_points_each(values: tuple[float, ...], points: int, letter: str) -> None:
    bilirubin, albumin, inr, ascites, brain = values
    assert child_pugh_points(bilirubin, albumin, inr, int(ascites), int(brain)) == points
    assert child_pugh_class(points) == letter
