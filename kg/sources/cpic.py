"""CPIC's gene–drug pairs, as the rows of its API's `pair_view` (CSV or JSON).

Fields: https://github.com/cpicpgx/cpic-data/wiki
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kg.model import Edge, Node, Value, to_properties
from kg.sources.files import check_keys, check_object, find_file, read_table
from kg.sources.json_stream import read_json_array
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:cpic"
_KEYS: Final = ("genesymbol", "drugname", "drugid", "cpiclevel")


class CpicSource(Source):
    """Which gene changes the response to which drug, and how strong CPIC finds the evidence."""

    info = SourceInfo(
        name="cpic",
        title="CPIC gene–drug pairs",
        infores=INFORES,
        licence="CC0 1.0",
        version="",
        url="https://cpicpgx.org/genes-drugs/",
        files=(RemoteFile("https://api.cpicpgx.org/v1/pair_view", "pair_view.json"),),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the one file."""
        return (find_file(path, ("pair_view.json", "pair_view.csv"), "cpic"),)

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield genes by symbol and drugs by RxNorm, each once."""
        seen: set[str] = set()
        for where, row in _read_rows(self.input_files(path)[0]):
            gene, drug = _to_ends(row)
            if not drug:
                yield Skip("drug without an identifier", where)
            for curie, category, name in ((gene, Category.GENE, "genesymbol"), (drug, Category.DRUG, "drugname")):
                if curie and curie not in seen:
                    seen.add(curie)
                    yield Node(curie, category, str(row[name]), INFORES)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the pairs; a provisional pair says so in `status`."""
        for where, row in _read_rows(self.input_files(path)[0]):
            gene, drug = _to_ends(row)
            if str(row.get("removed") or "").lower() == "true":
                yield Skip("pair that CPIC removed", where, expected=True)
            elif drug:
                yield _to_edge(gene, drug, row)


def _read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    if ".csv" in path.name:
        yield from ((f"{path}, line {n}", row) for n, row in read_table(path, _KEYS, delimiter=",", quoted=True))
        return
    for number, row in enumerate(read_json_array(path), start=1):
        check_keys(path, None, check_object(path, row), _KEYS)
        yield f"{path}, pair {number}", row


def _to_ends(row: dict[str, Any]) -> tuple[str, str]:
    return f"HGNC.SYMBOL:{row['genesymbol']}", normalise_curie(str(row["drugid"])) if row["drugid"] else ""


def _to_edge(gene: str, drug: str, row: dict[str, Any]) -> Edge:
    citations = row.get("citations") or ()
    values: dict[str, Value | None] = {
        "cpic_level": row["cpiclevel"],
        "guideline": row.get("guidelinename"),
        "guideline_url": row.get("guidelineurl"),
        "pgx_testing": row.get("pgxtesting"),
        "status": "provisional" if str(row.get("provisional") or "").lower() == "true" else None,
    }
    return Edge(
        gene,
        Predicate.ASSOCIATED_WITH_RESPONSE_TO,
        drug,
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.MANUAL_AGENT,
        publications=tuple(f"PMID:{c}" for c in citations) if isinstance(citations, list) else (),
        properties=to_properties(values),
    )
