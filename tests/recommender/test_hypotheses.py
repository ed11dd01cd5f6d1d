"""Diagnosis hypotheses on a phenotype tree of six terms, with information contents worked out by hand."""

from __future__ import annotations

from math import log

import pytest

from recommender.hypotheses import Annotation, PhenotypeIndex, rank_hypotheses, to_share
from recommender.patient import Concept, Mapping, Phenotype
from tests.recommender.worlds import patient_with

PARENTS = {
    "HP:cough": ("HP:lung",),
    "HP:wheeze": ("HP:lung",),
    "HP:rash": ("HP:skin",),
    "HP:lung": ("HP:all",),
    "HP:skin": ("HP:all",),
}
ANNOTATIONS = [
    Annotation("D:asthma", "HP:wheeze", "very_common"),
    Annotation("D:asthma", "HP:cough", "common"),
    Annotation("D:cold", "HP:cough", "very_common"),
    Annotation("D:eczema", "HP:rash", "HP:0040280"),
    Annotation("D:never", "HP:wheeze", "HP:0040285"),
    Annotation("D:never", "HP:rash", "1/4"),
]
INDEX = PhenotypeIndex.from_rows(ANNOTATIONS, PARENTS)


def score(disease: str, *observed: str, excluded: tuple[str, ...] = ()) -> float:
    return float(INDEX.score(observed, excluded)[INDEX.diseases.index(disease)])


def test_information_is_the_rarity_of_a_term_among_the_diseases() -> None:
    # wheeze: asthma only (its frequency 0 in `never` says that it is not shown), so 1 of 4; lung: 2 of 4; all: 4 of 4
    assert INDEX.information[INDEX.terms["HP:wheeze"]] == pytest.approx(log(4))
    assert INDEX.information[INDEX.terms["HP:lung"]] == pytest.approx(log(2))
    assert INDEX.information[INDEX.terms["HP:all"]] == 0


def test_an_exact_finding_brings_its_information_weighted_by_frequency() -> None:
    assert score("D:asthma", "HP:wheeze") == pytest.approx(log(4) * 0.9**0.1)
    assert score("D:eczema", "HP:rash") == pytest.approx(log(2))


def test_a_broader_match_brings_less_and_an_unrelated_one_nothing() -> None:
    # cough is in 2 of 4 diseases, as is lung: wheeze -> lung loses log 4 - log 2 and gains log 2: nothing is left
    assert score("D:cold", "HP:wheeze") == 0
    assert score("D:eczema", "HP:wheeze") == 0


def test_an_absent_finding_counts_against_those_that_show_it() -> None:
    assert score("D:asthma", "HP:cough", excluded=("HP:wheeze",)) < score("D:asthma", "HP:cough")
    assert score("D:cold", "HP:cough", excluded=("HP:wheeze",)) == score("D:cold", "HP:cough")


def test_the_best_diagnosis_comes_first_with_what_speaks_for_it() -> None:
    seen = tuple(Phenotype(Concept(t, (), (t,), Mapping.EXACT)) for t in ("HP:wheeze", "HP:cough"))
    first, second = rank_hypotheses(patient_with(phenotypes=seen), INDEX, 5, str)
    assert (first.disease.curie, second.disease.curie) == ("D:asthma", "D:cold")
    assert first.phenotypes == ("HP:wheeze", "HP:cough")
    assert rank_hypotheses(patient_with(), INDEX, 5, str) == ()


@pytest.mark.parametrize(
    ("frequency", "share"),
    [("HP:0040282", 0.55), ("0/7", 0.0), ("7/7", 1.0), ("3/0", 0.6), ("odd", 0.6), ("150%", 1.0)],
)
def test_frequencies_of_every_form_become_shares(frequency: str, share: float) -> None:
    assert to_share(frequency) == share
