"""How often the relation rules were right on annotated texts, and the confidence that follows from it.

What annotators of chemical-induced disease (BC5CDR) judged are the rules for *causes*; a rule of another predicate, or
one that they never met, keeps the confidence of its row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from extraction.concepts import ConceptTable
from kg.model import Statement
from ontologies.biolink import Predicate

COUNTS = "rule_counts.tsv"
PATH = Path(__file__).parent / "models" / "cid" / COUNTS
_STRENGTH = 20


def to_confidence(prior: float, right: int, seen: int) -> float:
    """Return the share of right statements to expect, the row's own confidence counting as twenty statements.

    >>> to_confidence(0.9, 0, 0), to_confidence(0.9, 30, 40)
    (0.9, 0.8)
    """
    return (prior * _STRENGTH + right) / (_STRENGTH + seen)


def count_rules(
    documents: Iterable[tuple[Sequence[Statement], frozenset[tuple[str, str]]]], table: ConceptTable
) -> dict[str, tuple[int, int]]:
    """Return per rule how many of its affirmed, certain *causes* were right, and how many there were.

    `documents` are statements and the (drug, disease) pairs that annotators blamed. They blame the most specific
    disease only: a statement about a wider or narrower one is right, too.
    """
    right: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for statements, blamed in documents:
        for s in statements:
            if s.predicate == Predicate.CAUSES and not (s.negated or s.uncertain):
                seen[s.rule] += 1
                right[s.rule] += any(is_same(s, pair, table) for pair in blamed)
    return {rule: (right[rule], num) for rule, num in sorted(seen.items())}


def is_same(statement: Statement, pair: tuple[str, str], table: ConceptTable) -> bool:
    """Tell whether a statement is about a pair's drug and its disease, a wider or a narrower one."""
    drugs, diseases = statement.subject.split("|"), statement.object.split("|")
    return pair[0] in drugs and any(is_related(disease, pair[1], table) for disease in diseases)


def is_related(one: str, other: str, table: ConceptTable) -> bool:
    """Tell whether two diseases are one, or one is above the other in MeSH's trees."""
    if one == other:
        return True
    pairs = ((a, b) for a in table.tree_numbers(one) for b in table.tree_numbers(other))
    return any(a.startswith(f"{b}.") or b.startswith(f"{a}.") for a, b in pairs)


def write_counts(counts: Mapping[str, tuple[int, int]], path: Path) -> None:
    """Write the counts as a table."""
    rows = [f"{rule}\t{right}\t{seen}\n" for rule, (right, seen) in counts.items()]
    path.write_text("rule\tright\tseen\n" + "".join(rows), "utf-8")


@cache
def read_counts(path: Path = PATH) -> Mapping[str, tuple[int, int]]:
    """Read the counts; empty when there are none."""
    if not path.is_file():
        return {}
    cells = (line.split("\t") for line in path.read_text("utf-8").splitlines()[1:])
    return {rule: (int(right), int(seen)) for rule, right, seen in cells}
