"""Diagnosis hypotheses from findings, by the information content of the terms that patient and disease share.

For each finding a disease gains the information content (-ln of the share of diseases that have it) of the most
specific term that both have, less what is lost by going to that broader term, and weighted by how often the disease
shows it. A finding that was looked for and is absent counts a little against diseases that show it. The similarity is
Resnik's (IJCAI 1995) in the best-match form of Koehler et al. (American Journal of Human Genetics 2009;85:457); the
weights were chosen on 400 of the private published cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recommender.patient import Patient
from recommender.plan import Hypothesis, Named

# The middles of HPO's frequency bands (HP:0040279 and below), and of the starter's frequency classes.
FREQUENCIES: Final = {
    "HP:0040280": 1.0,
    "HP:0040281": 0.9,
    "HP:0040282": 0.55,
    "HP:0040283": 0.17,
    "HP:0040284": 0.025,
    "HP:0040285": 0.0,
    "very_common": 0.9,
    "common": 0.55,
    "uncommon": 0.2,
    "rare": 0.05,
    "very_rare": 0.02,
}
UNKNOWN_FREQUENCY: Final = 0.6
GENERALISING: Final = 1.0
SHARE_EXPONENT: Final = 0.1
EXCLUDED_WEIGHT: Final = 0.02

HypothesisFinder = Callable[[Patient], tuple[Hypothesis, ...]]
Floats = NDArray[np.float64]


def no_hypotheses(patient: Patient) -> tuple[Hypothesis, ...]:
    """The finder of a graph without phenotype annotations."""
    return ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A disease shows a phenotype with a frequency class, a share such as "0.4", or "" when unknown."""

    disease: str
    phenotype: str
    frequency: str = ""


@dataclass(frozen=True, slots=True)
class PhenotypeIndex:
    """Diseases × terms (broader terms included) as shares, and each term's information content and broader terms."""

    diseases: tuple[str, ...]
    terms: Mapping[str, int]
    broader: tuple[NDArray[np.int64], ...]
    information: Floats
    shares: sparse.csc_matrix

    @classmethod
    def from_rows(cls, annotations: Iterable[Annotation], parents: Mapping[str, tuple[str, ...]]) -> PhenotypeIndex:
        """Build the index; `parents` maps a term to its broader terms."""
        rows = [r for r in annotations if to_share(r.frequency) > 0]
        diseases = tuple(dict.fromkeys(r.disease for r in rows))
        closures = {p: _closure(p, parents) for p in dict.fromkeys(r.phenotype for r in rows)}
        terms = {t: i for i, t in enumerate(dict.fromkeys(t for c in closures.values() for t in c))}
        row_of = {d: i for i, d in enumerate(diseases)}
        best: dict[tuple[int, int], float] = {}
        for r in rows:
            share = to_share(r.frequency)
            for term in closures[r.phenotype]:
                key = (row_of[r.disease], terms[term])
                best[key] = max(best.get(key, 0.0), share)
        places = np.array(list(best), dtype=np.int64).reshape(-1, 2)
        values = np.fromiter(best.values(), dtype=np.float64, count=len(best))
        shape = (len(diseases), len(terms))
        shares = sparse.csc_matrix((values, (places[:, 0], places[:, 1])), shape=shape)
        counts = np.diff(shares.indptr)
        information = -np.log(np.maximum(counts, 1) / max(len(diseases), 1))
        broader = tuple(np.array([terms[b] for b in _closure(t, parents) if b in terms]) for t in terms)
        return cls(diseases, terms, broader, information, shares)

    def score(self, observed: Iterable[str], excluded: Iterable[str] = ()) -> Floats:
        """Return one score per disease, in the order of `diseases`; 0 when it shares nothing with the findings."""
        total = np.zeros(len(self.diseases))
        for term in observed:
            if term in self.terms:
                total += self._support(self.terms[term])
        for term in excluded:
            if term in self.terms:
                total += self._against(self.terms[term])
        return total

    def _support(self, term: int) -> Floats:
        """What one finding brings each disease: the best over the finding and its broader terms."""
        best = np.zeros(len(self.diseases))
        for broader in self.broader[term]:
            loss = GENERALISING * (self.information[term] - self.information[broader])
            gain = self.information[broader] - loss
            if gain > 0:
                rows, shares = self._column(broader)
                best[rows] = np.maximum(best[rows], gain * shares**SHARE_EXPONENT)
        return best

    def _against(self, term: int) -> Floats:
        against = np.zeros(len(self.diseases))
        rows, shares = self._column(term)
        against[rows] = -EXCLUDED_WEIGHT * shares
        return against

    def _column(self, term: int) -> tuple[NDArray[np.int64], Floats]:
        """The diseases that show a term, and the shares in which they do."""
        start, end = self.shares.indptr[term], self.shares.indptr[term + 1]
        return self.shares.indices[start:end], self.shares.data[start:end]


def to_share(frequency: str) -> float:
    """A frequency class, count, percentage or number as a share; 0 says that the disease does not show it.

    >>> to_share("very_common"), to_share("3/4"), to_share("20%"), to_share("0.25"), to_share("")
    (0.9, 0.75, 0.2, 0.25, 0.6)
    """
    if frequency in FREQUENCIES:
        return FREQUENCIES[frequency]
    count, _, whole = frequency.removesuffix("%").partition("/")
    try:
        share = float(count) / (float(whole) if whole else 100.0 if frequency.endswith("%") else 1.0)
    except (ValueError, ZeroDivisionError):
        return UNKNOWN_FREQUENCY
    return min(max(share, 0.0), 1.0)


def rank_hypotheses(
    patient: Patient, index: PhenotypeIndex, limit: int, name: Callable[[str], str]
) -> tuple[Hypothesis, ...]:
    """Return the `limit` best diseases with a positive score; none when the patient has no findings."""
    observed, excluded = find_phenotypes(patient, index)
    if not observed:
        return ()
    scores = index.score(observed, excluded)
    order = np.argsort(-scores, kind="stable")[:limit]
    return tuple(
        Hypothesis(
            Named(index.diseases[i], name(index.diseases[i])),
            round(float(scores[i]), 3),
            tuple(name(t) for t in observed if index.shares[i, index.terms[t]] > 0),
        )
        for i in order
        if scores[i] > 0
    )


def find_phenotypes(patient: Patient, index: PhenotypeIndex) -> tuple[list[str], list[str]]:
    """The patient's findings that the index knows: those seen, and those seen to be absent."""
    seen = [c for p in patient.phenotypes if not p.excluded for c in p.concept.curies]
    seen += [c for p in patient.conditions if not p.is_past and not p.refuted for c in p.concept.curies]
    seen += [m.curie for m in patient.mentions if m.is_affirmed]
    absent = [c for p in patient.phenotypes if p.excluded for c in p.concept.curies]
    absent += [m.curie for m in patient.mentions if m.negated and not m.family]
    return _known(seen, index), _known(absent, index)


def _known(curies: Iterable[str], index: PhenotypeIndex) -> list[str]:
    return [c for c in dict.fromkeys(curies) if c in index.terms]


def _closure(term: str, parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = [term]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found[current] = None
            waiting += parents.get(current, ())
    return tuple(found)
