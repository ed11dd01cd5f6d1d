"""Clinical formulas, each with the paper that it comes from. Pure numbers in, pure numbers out."""

from __future__ import annotations

from typing import Final, Literal

Sex = Literal["female", "male"]

LEAST_POINTS: Final = 5
MOST_POINTS: Final = 15


def egfr_ckd_epi_2021(creatinine_mg_dl: float, age_years: float, sex: Sex) -> float:
    """Estimated glomerular filtration rate in mL/min/1.73 m², from serum creatinine, without race, for adults.

    Source: Inker et al., New England Journal of Medicine 2021;385:1737 (CKD-EPI 2021 creatinine equation).

    >>> round(egfr_ckd_epi_2021(1.0, 50, "female"))
    69
    """
    kappa, alpha, factor = (0.7, -0.241, 1.012) if sex == "female" else (0.9, -0.302, 1.0)
    ratio = creatinine_mg_dl / kappa
    shape = float(min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200)
    return float(142.0 * shape * 0.9938**age_years * factor)


def egfr_schwartz_2009(creatinine_mg_dl: float, height_m: float) -> float:
    """Estimated glomerular filtration rate in mL/min/1.73 m² of a child of 1 to 17 years, from enzymatic creatinine.

    Source: Schwartz et al., Journal of the American Society of Nephrology 2009;20:629 (bedside equation).

    >>> round(egfr_schwartz_2009(1.5, 1.2), 1)
    33.0
    """
    return 0.413 * 100.0 * height_m / creatinine_mg_dl


def crcl_cockcroft_gault(creatinine_mg_dl: float, age_years: float, weight_kg: float, sex: Sex) -> float:
    """Creatinine clearance in mL/min, for adults; `weight_kg` is the actual body weight.

    Source: Cockcroft and Gault, Nephron 1976;16:31.

    >>> crcl_cockcroft_gault(1.0, 68, 72, "male")
    72.0
    """
    clearance = (140.0 - age_years) * weight_kg / (72.0 * creatinine_mg_dl)
    return clearance * 0.85 if sex == "female" else clearance


def body_mass_index(weight_kg: float, height_m: float) -> float:
    """Body mass index in kg/m².

    Source: Keys et al., Journal of Chronic Diseases 1972;25:329.

    >>> body_mass_index(80, 2)
    20.0
    """
    return weight_kg / height_m**2


def child_pugh_points(
    bilirubin_mg_dl: float, albumin_g_dl: float, inr: float, ascites: int, encephalopathy_grade: int
) -> int:
    """Child-Pugh points, 5 to 15. `ascites`: 0 none, 1 slight, 2 moderate or worse; `encephalopathy_grade`: 0 to 4.

    Source: Pugh et al., British Journal of Surgery 1973;60:646, with the INR bands in use since.

    >>> child_pugh_points(1.0, 4.0, 1.0, 0, 0)
    5
    """
    bilirubin = 1 if bilirubin_mg_dl < 2 else 2 if bilirubin_mg_dl <= 3 else 3
    albumin = 1 if albumin_g_dl > 3.5 else 2 if albumin_g_dl >= 2.8 else 3
    clotting = 1 if inr < 1.7 else 2 if inr <= 2.3 else 3
    brain = 1 if encephalopathy_grade == 0 else 2 if encephalopathy_grade <= 2 else 3
    return bilirubin + albumin + clotting + (1 + min(ascites, 2)) + brain


def child_pugh_class(points: int) -> str:
    """Class A (5–6 points), B (7–9) or C (10–15).

    >>> [child_pugh_class(p) for p in (5, 6, 7, 9, 10, 15)]
    ['A', 'A', 'B', 'B', 'C', 'C']
    """
    return "A" if points <= 6 else "B" if points <= 9 else "C"
