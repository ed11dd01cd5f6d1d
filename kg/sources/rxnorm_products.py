"""The National Drug Codes in RxNorm's RXNSAT.RRF, each with the ingredients of the product that it stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from kg.errors import FormatError
from kg.model import Node
from kg.sources.files import read_lines
from kg.sources.ndc import to_product_node
from kg.sources.source import Skip
from ontologies.ndc import to_product

REL: Final = (
    "RXCUI1", "RXAUI1", "STYPE1", "REL", "RXCUI2", "RXAUI2", "STYPE2", "RELA", "RUI", "SRUI", "SAB", "SL", "DIR", "RG",
    "SUPPRESS", "CVF",
)  # fmt: skip
_SAT: Final = (
    "RXCUI", "LUI", "SUI", "RXAUI", "STYPE", "CODE", "ATUI", "SATUI", "ATN", "SAB", "ATV", "SUPPRESS", "CVF",
)  # fmt: skip
# "RXCUI2 has RELA to RXCUI1": the second concept is a part of the first.
_PART: Final = frozenset({"ingredient_of", "constitutes", "contained_in"})

Row = dict[str, str]


def read_rrf(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    """Yield the rows of an RRF file: every cell ends with `|`, the last one too."""
    for number, line in read_lines(path):
        cells = line.split("|")
        if len(cells) != len(columns) + 1:
            problem = f"has {len(cells) - 1} columns where the format has {len(columns)}"
            raise FormatError(path, problem, f"expected {', '.join(columns)}", line=number)
        yield dict(zip(columns, cells, strict=False))


def read_products(
    attributes: Path, relations: Iterable[Row], ingredients: frozenset[str], infores: str
) -> Iterator[Node | Skip]:
    """Yield a node for every product with a code.

    `relations` are the rows of RXNREL.RRF, `ingredients` the RXCUIs of term type IN.
    """
    parts, seen = _read_parts(relations), dict[str, tuple[str, ...]]()
    for row in read_rrf(attributes, _SAT):
        if row["ATN"] != "NDC" or row["SAB"] != "RXNORM" or row["SUPPRESS"] not in {"N", ""}:
            continue
        product, where = to_product(row["ATV"]), f"{attributes}, RXCUI {row['RXCUI']}"
        found = _find_ingredients(row["RXCUI"], parts, ingredients)
        if not product or not found:
            yield Skip("code that is no NDC" if not product else "NDC without a known ingredient", where)
        elif product not in seen:
            seen[product] = found
            yield to_product_node(product, "", tuple(f"RXCUI:{rxcui}" for rxcui in found), infores)
        elif seen[product] != found:
            yield Skip("package of a product with other ingredients", where)


def _read_parts(relations: Iterable[Row]) -> Mapping[str, set[str]]:
    """What each concept is made of: components, packed products, and for a brand the product without it."""
    parts: dict[str, set[str]] = defaultdict(set)
    for row in relations:
        if row["SAB"] == "RXNORM" and row["RELA"] in _PART:
            parts[row["RXCUI1"]].add(row["RXCUI2"])
        elif row["SAB"] == "RXNORM" and row["RELA"] == "tradename_of":
            parts[row["RXCUI2"]].add(row["RXCUI1"])
    return parts


def _find_ingredients(rxcui: str, parts: Mapping[str, set[str]], ingredients: frozenset[str]) -> tuple[str, ...]:
    found, waiting = set[str](), [rxcui]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += parts.get(current, ())
    return tuple(sorted(found & ingredients))
