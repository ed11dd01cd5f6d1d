"""The National Drug Code Directory: which substances a product on the market holds.

Columns: FDA, "NDC Product File Definitions" (product.txt of ndctext.zip; works of the United States government are in
the public domain). The directory is published as a zip archive; unpack it, `product.txt` is what is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.model import Edge, Node, to_properties
from kg.sources.files import find_file, read_table
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import Category
from ontologies.ndc import PREFIX, to_product

INFORES: Final = "infores:fda-ndc"
_COLUMNS: Final = ("PRODUCTNDC", "PROPRIETARYNAME", "NONPROPRIETARYNAME", "SUBSTANCENAME")


class NdcSource(Source):
    """A node a product, with its active substances by name; no edges, for the names are FDA's and no identifiers."""

    info = SourceInfo(
        name="ndc",
        title="National Drug Code Directory",
        infores=INFORES,
        licence="public domain (United States government)",
        version="",
        url="https://www.fda.gov/drugs/drug-approvals-and-databases/national-drug-code-directory",
        files=(RemoteFile("https://www.accessdata.fda.gov/cder/ndctext.zip", "ndctext.zip"),),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return `product.txt`."""
        return (find_file(path, ("product.txt",), "ndc"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield every product once; the directory lists one again for each marketing category."""
        (file,) = self.input_files(path)
        seen: dict[str, tuple[str, ...]] = {}
        for number, row in read_table(file, _COLUMNS):
            where, product, substances = f"{file}, line {number}", to_product(row["PRODUCTNDC"]), _read_substances(row)
            if not product:
                yield Skip("code that is no NDC", where)
            elif not substances:
                yield Skip("product without a named substance", where)
            elif product in seen:
                yield Skip(*_again(seen[product], substances, where))
            else:
                seen[product] = substances
                yield to_product_node(product, row["PROPRIETARYNAME"] or row["NONPROPRIETARYNAME"], substances, INFORES)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield nothing: what a product holds stands in its node."""
        yield from ()


def to_product_node(product: str, name: str, ingredients: tuple[str, ...], infores: str) -> Node:
    """Return the node of a product's nine digits; `ingredients` are names, or CURIEs where the source has them."""
    properties = to_properties({"ingredients": ingredients})
    return Node(f"{PREFIX}:{product}", Category.NAMED_THING, name, infores, properties=properties)


def _read_substances(row: dict[str, str]) -> tuple[str, ...]:
    """The active substances; where that column is empty, the name without a brand says what is in the product."""
    text = row["SUBSTANCENAME"] or row["NONPROPRIETARYNAME"].replace(",", ";")
    return tuple(dict.fromkeys(name.strip().lower() for name in text.split(";") if name.strip()))


def _again(known: tuple[str, ...], substances: tuple[str, ...], where: str) -> tuple[str, str, bool]:
    same = sorted(known) == sorted(substances)
    return ("product listed again" if same else "product listed again with other substances", where, same)
