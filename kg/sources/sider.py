"""SIDER 4.1: side effects of drugs as their labels state them, with frequencies where the label gives one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kg.errors import FormatError
from kg.model import Edge, Node, to_properties
from kg.sources.files import find_file, find_optional_file, read_records
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

INFORES: Final = "infores:sider"
_BASE: Final = "http://sideeffects.embl.de/media/download"
_SHA256: Final = {"meddra_all_se.tsv.gz": "119b2f5319a9398da83e5fe3419889010dbacf8d3eef590251b00c025e2b3f99"}
_EFFECTS: Final = ("flat", "stereo", "label_umls", "level", "umls", "name")
_FREQUENCIES: Final = ("flat", "stereo", "label_umls", "placebo", "frequency", "low", "high", "level", "umls", "name")
_STITCH: Final = re.compile(r"CID[01]\d{8}")
_NAMES: Final = ("flat", "name")
_CODES: Final = ("flat", "atc")


class SiderSource(Source):
    """Drugs by PubChem compound, side effects by UMLS concept, at the level of MedDRA's preferred terms."""

    info = SourceInfo(
        name="sider",
        title="SIDER 4.1",
        infores=INFORES,
        licence="CC BY-NC-SA 4.0",
        version="4.1",
        url="http://sideeffects.embl.de",
        files=tuple(
            RemoteFile(f"{_BASE}/{name}", name, _SHA256.get(name, ""))
            for name in ("meddra_all_se.tsv.gz", "meddra_freq.tsv.gz", "drug_names.tsv", "drug_atc.tsv")
        ),
        tried=True,
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the side effects and, where they are there, frequencies, drug names and ATC codes."""
        effects = find_file(path, ("meddra_all_se.tsv",), "sider")
        more = (_find_beside(path, name) for name in ("meddra_freq.tsv", "drug_names.tsv", "drug_atc.tsv"))
        return (effects, *(file for file in more if file is not None))

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield drugs and side effects; a drug without a name in `drug_names.tsv` is named by its identifier."""
        (effects, *_) = self.input_files(path)
        names = _read_pairs(_find_beside(path, "drug_names.tsv"), _NAMES)
        codes = _read_pairs(_find_beside(path, "drug_atc.tsv"), _CODES)
        seen: set[str] = set()
        for number, row in read_records(effects, _EFFECTS):
            drug, effect = _check_compound(row["stereo"], effects, number), f"UMLS:{row['umls']}"
            if drug not in seen:
                seen.add(drug)
                name = names.get(row["flat"], [drug])[0]
                xrefs = tuple(f"ATC:{code}" for code in codes.get(row["flat"], ()))
                yield Node(drug, Category.DRUG, name, INFORES, xrefs=xrefs)
            if row["level"] == "PT" and effect not in seen:
                seen.add(effect)
                yield Node(effect, Category.PHENOTYPIC_FEATURE, row["name"], INFORES)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield each drug's side effects once, with every frequency that a label states for it."""
        (effects, *_) = self.input_files(path)
        frequencies = _read_frequencies(_find_beside(path, "meddra_freq.tsv"))
        seen: set[tuple[str, str]] = set()
        for number, row in read_records(effects, _EFFECTS):
            pair = (row["stereo"], row["umls"])
            if row["level"] != "PT":
                yield Skip("lowest level term, kept as its preferred term", f"{effects}, line {number}", expected=True)
            elif pair in seen:
                yield Skip("stated by several label terms, kept once", f"{effects}, line {number}", expected=True)
            else:
                seen.add(pair)
                yield _to_edge(pair, frequencies.get(pair, ()))


def _find_beside(path: Path | None, name: str) -> Path | None:
    folder = path.parent if path is not None and path.is_file() else path
    return find_optional_file(folder, (name,), "sider")


def _read_pairs(path: Path | None, columns: tuple[str, str]) -> dict[str, list[str]]:
    pairs: dict[str, list[str]] = {}
    for _, row in read_records(path, columns) if path else ():
        pairs.setdefault(row[columns[0]], []).append(row[columns[1]])
    return pairs


def _read_frequencies(path: Path | None) -> dict[tuple[str, str], set[str]]:
    """What labels say about real treatment, never about placebo."""
    found: dict[tuple[str, str], set[str]] = {}
    for _, row in read_records(path, _FREQUENCIES) if path else ():
        if row["level"] == "PT" and not row["placebo"]:
            found.setdefault((row["stereo"], row["umls"]), set()).add(row["frequency"])
    return found


def _check_compound(stitch: str, path: Path, line: int) -> str:
    if not _STITCH.fullmatch(stitch):
        raise FormatError(path, f'`stereo` is "{stitch}"', "a compound of STITCH is CID and nine digits", line=line)
    return _to_compound(stitch)


def _to_compound(stitch: str) -> str:
    """`CID100000085` (flat) and `CID000010917` (stereo) carry the PubChem number after the first digit."""
    return f"PUBCHEM.COMPOUND:{int(stitch[4:])}"


def _to_edge(pair: tuple[str, str], frequencies: tuple[str, ...] | set[str]) -> Edge:
    return Edge(
        _to_compound(pair[0]),
        Predicate.HAS_SIDE_EFFECT,
        f"UMLS:{pair[1]}",
        INFORES,
        KnowledgeLevel.KNOWLEDGE_ASSERTION,
        AgentType.TEXT_MINING_AGENT,
        properties=to_properties({"frequencies": tuple(sorted(frequencies))}),
    )
