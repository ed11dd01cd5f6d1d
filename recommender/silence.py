"""Pairs of drugs of which no rule speaks although it speaks of most drugs like one of them.

A source that covers a drug lists examples ("strong CYP3A4 inhibitors such as …"), and a table made from it may lack
one. Where the drug interacts severely with at least half of a pharmacological class, silence about another member of
that class is a gap, not an all-clear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

from recommender.facts import Interaction

SEVERE: Final = frozenset({"major", "contraindicated"})
MIN_MEMBERS: Final = 4
MIN_SHARE: Final = 0.5


def find_doubtful(
    interactions: Iterable[Interaction],
    members_of: Mapping[str, tuple[str, ...]],
    mechanisms: Iterable[str],
) -> dict[tuple[str, str], str]:
    """Return (drug, other) to the class of `other` whose members mostly interact with the drug while `other` is silent.

    `mechanisms` are the classes that are looked at.
    """
    severe, any_ = _partners(interactions, members_of)
    doubtful: dict[tuple[str, str], str] = {}
    for name in mechanisms:
        members = set(members_of.get(name, ()))
        if len(members) < MIN_MEMBERS:
            continue
        for drug, partners in severe.items():
            others = members - {drug}
            if len(partners & others) >= MIN_SHARE * len(others):
                doubtful.update({(drug, other): name for other in others - any_[drug]})
    return doubtful


def _partners(
    interactions: Iterable[Interaction], members_of: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Each drug's partners, classes resolved to their members: those of severe rows, and those of any row."""
    severe: dict[str, set[str]] = defaultdict(set)
    any_: dict[str, set[str]] = defaultdict(set)
    for row in interactions:
        for a, b in product(members_of.get(row.first, (row.first,)), members_of.get(row.second, (row.second,))):
            for one, other in ((a, b), (b, a)):
                any_[one].add(other)
                if row.severity in SEVERE:
                    severe[one].add(other)
    return severe, any_
