"""Which drugs the sources in the graph cover: a drug is recommended only when one does.

`ontologies/safety_sources.tsv` names the sources that list contraindications, interactions or side effects drug by
drug. A row of such a source says that the drug was looked at; a sentence of a text or a row of any other source speaks
against a drug, too, but says nothing about what else is known of it. So no unsafe fact makes a drug eligible.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ontologies.biolink import Category
from ontologies.tables import read_rows
from recommender.facts import Citation, Coverage, Rows
from recommender.safety.verdict import Check
from recommender.score import SIDE_EFFECTS

Stated = tuple[str, Citation]


def find_coverage(rows: Rows) -> tuple[Coverage, ...]:
    """Return the partial coverage that the rows of the listed sources mean, once a drug, check and source."""
    drugs = {c.curie for c in rows.concepts if c.category == Category.DRUG}
    stated: dict[str, Iterable[Stated]] = {
        Check.CONTRAINDICATION: ((r.drug, r.citation) for r in rows.contraindications),
        Check.INTERACTION: (
            (end, r.citation) for r in rows.interactions if {r.first, r.second} <= drugs for end in (r.first, r.second)
        ),
        SIDE_EFFECTS: ((r.drug, r.citation) for r in rows.side_effects),
    }
    found = {
        (drug, check, citation.source): Coverage(drug, check, Citation(source=citation.source), is_whole=False)
        for check, facts in stated.items()
        for drug, citation in facts
        if (citation.source, check) in _read_sources()
    }
    return tuple(found.values())


@cache
def _read_sources() -> frozenset[tuple[str, str]]:
    return frozenset((row["source"], row["check"]) for row in read_rows("safety_sources"))
