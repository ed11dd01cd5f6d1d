"""Drug–disease pairs of a whole document, and how often documents blame a drug.

What is looked for is the chemical-induced disease relation of BioCreative V (Wei et al. 2016): which drugs a text makes
responsible for which diseases, whatever the sentence.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

from extraction.document import EntityType
from kg.model import Mention

INDUCED = re.compile(r"[\s)\]]*[-–]?\s*(?:induced|associated|related|evoked|mediated|caused|provoked)\b", re.I)


@dataclass(frozen=True, slots=True)
class Habits:
    """How often documents name a concept and how often they blame it, by CURIE and by pair `drug disease`."""

    named: Mapping[str, int]
    blamed: Mapping[str, int]
    includes_document: bool = False

    def rate(self, key: str, own_named: int = 0, own_blamed: int = 0) -> float:
        """Return the smoothed share of documents that blame, without the own document's counts."""
        named = self.named.get(key, 0) - own_named
        return (self.blamed.get(key, 0) - own_blamed + 0.6) / (named + 2.0)


@dataclass(frozen=True, slots=True)
class Pair:
    """A drug and a disease of one document, each with its mentions in order."""

    drug: str
    disease: str
    drug_mentions: tuple[Mention, ...]
    disease_mentions: tuple[Mention, ...]

    def closest(self) -> tuple[Mention, Mention]:
        """Return the drug mention and the disease mention with the fewest characters between them."""
        both = product(self.drug_mentions, self.disease_mentions)
        return min(both, key=lambda two: mention_distance(*two))


def mention_distance(one: Mention, other: Mention) -> int:
    """Return the characters between two mentions, negative when they overlap."""
    return max(one.start, other.start) - min(one.end, other.end)


def read_pairs(mentions: Iterable[Mention]) -> list[Pair]:
    """Return all pairs of a linked drug and a linked disease; a mention of several concepts counts for each."""
    drugs: dict[str, list[Mention]] = defaultdict(list)
    diseases: dict[str, list[Mention]] = defaultdict(list)
    kinds = {EntityType.DRUG: drugs, EntityType.DISEASE: diseases, EntityType.SYMPTOM: diseases}
    for mention in sorted(mentions, key=lambda m: m.start):
        group = kinds.get(EntityType(mention.type))
        if group is not None and mention.curie:
            for curie in mention.curie.split("|"):
                group[curie].append(mention)
    return [Pair(c, d, tuple(drugs[c]), tuple(diseases[d])) for c, d in product(sorted(drugs), sorted(diseases))]
