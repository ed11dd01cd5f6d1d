"""KGX files and plain triples with a mapping file."""

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kg.errors import FormatError, InputError
from kg.export_kgx import to_kgx_edge
from kg.model import Edge, Node
from kg.sources import Skip, open_source
from ontologies.biolink import AgentType, Category, KnowledgeLevel, Predicate

NODES: list[dict[str, Any]] = [
    {"id": "DrugBank:DB00331", "category": ["biolink:SmallMolecule", "biolink:NamedThing"], "name": "metformin",
     "synonym": ["Glucophage"], "xref": ["CHEBI:6801"]},
    {"id": "MONDO:0005148", "category": ["biolink:Disease"]},
]  # fmt: skip
EDGES: list[dict[str, Any]] = [
    {"subject": "MONDO:0005148", "predicate": "biolink:treated_by", "object": "DrugBank:DB00331",
     "primary_knowledge_source": "infores:x", "knowledge_level": "knowledge_assertion", "agent_type": "manual_agent",
     "publications": ["PMID:1", "PMID:2"], "confidence": 0.0, "negated": True, "dose": "low"},
    {"subject": "DrugBank:DB00331", "predicate": "biolink:dances_with", "object": "MONDO:0005148"},
    {"subject": "DrugBank:DB00331", "predicate": "biolink:treats", "object": "MONDO:0005148",
     "knowledge_level": "prediction"},
]  # fmt: skip


def write_kgx(folder: Path, suffix: str) -> Path:
    for name, records in (("nodes", NODES), ("edges", EDGES)):
        if suffix == "jsonl":
            text = "".join(json.dumps(record) + "\n" for record in records)
        else:
            columns = list(dict.fromkeys(key for record in records for key in record))
            rows = [[to_cell(record.get(column)) for column in columns] for record in records]
            text = "".join("\t".join(row) + "\n" for row in [columns, *rows])
        (folder / f"graph_{name}.{suffix}").write_text(text)
    return folder


def to_cell(value: Any) -> str:
    if value is None:
        return ""
    return "|".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_kgx(tmp_path: Path, suffix: str) -> None:
    path, source = write_kgx(tmp_path, suffix), open_source("kgx")
    drug, disease = (n for n in source.read_nodes(path) if isinstance(n, Node))
    assert drug == Node(
        "DRUGBANK:DB00331", Category.CHEMICAL_ENTITY, "metformin", "infores:kgx", ("Glucophage",), ("CHEBI:6801",)
    )
    assert disease.name == "MONDO:0005148"
    edge, unknown, prediction = source.read_edges(path)
    assert isinstance(edge, Edge)
    assert (edge.subject, edge.predicate, edge.object) == ("DRUGBANK:DB00331", Predicate.TREATS, "MONDO:0005148")
    assert edge.negated
    assert edge.confidence == 0.0
    assert edge.publications == ("PMID:1", "PMID:2")
    assert edge.knowledge_level is KnowledgeLevel.KNOWLEDGE_ASSERTION
    assert edge.agent_type is AgentType.MANUAL_AGENT
    assert edge.properties == (("dose", "low"),)
    assert isinstance(unknown, Skip)
    assert unknown.reason == "predicate biolink:dances_with has no word here"
    assert isinstance(prediction, Skip)


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
def test_what_is_told_of_the_ends_turns_with_them(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    edge = {
        "subject": "NCBIGene:1",
        "predicate": "biolink:affected_by",
        "object": "CHEBI:2",
        "qualified_predicate": "biolink:caused_by",
        "subject_aspect_qualifier": "activity",
        "subject_direction_qualifier": "increased",
        "object_form_or_variant_qualifier": "metabolite",
        "species_context_qualifier": "NCBITaxon:9606",
    }
    monkeypatch.setattr(f"{__name__}.EDGES", [edge])
    (read,) = open_source("kgx").read_edges(write_kgx(tmp_path, suffix))
    assert isinstance(read, Edge)
    assert (read.subject, read.predicate, read.object) == ("CHEBI:2", Predicate.AFFECTS, "NCBIGene:1")
    assert dict(read.properties) == {
        "qualified_predicate": "biolink:causes",
        "object_aspect_qualifier": "activity",
        "object_direction_qualifier": "increased",
        "subject_form_or_variant_qualifier": "metabolite",
        "species_context_qualifier": "NCBITaxon:9606",
    }
    monkeypatch.setattr(f"{__name__}.EDGES", [to_kgx_edge(read)])
    assert list(open_source("kgx").read_edges(write_kgx(tmp_path, suffix))) == [read]


@pytest.mark.parametrize("suffix", ["tsv", "jsonl"])
@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_compressed_kgx(tmp_path: Path, suffix: str, ending: str, compress: Callable[[bytes], bytes]) -> None:
    write_kgx(tmp_path, suffix)
    plain = [*open_source("kgx").read_nodes(tmp_path), *open_source("kgx").read_edges(tmp_path)]
    for file in list(tmp_path.iterdir()):
        file.with_name(f"{file.name}.{ending}").write_bytes(compress(file.read_bytes()))
        file.unlink()
    packed = [*open_source("kgx").read_nodes(tmp_path), *open_source("kgx").read_edges(tmp_path)]
    assert len(packed) == 5
    assert packed[:3] == plain[:3]


def test_kgx_errors(tmp_path: Path) -> None:
    source = open_source("kgx")
    with pytest.raises(InputError, match="holds 0 files named"):
        source.input_files(tmp_path)
    with pytest.raises(InputError, match="is no folder"):
        source.input_files(None)
    (tmp_path / "nodes.tsv").write_text("id\tname\n")
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\tconfidence\na:1\ttreats\tb:2\thigh\n")
    with pytest.raises(FormatError, match="line 1: has no column `category`"):
        list(source.read_nodes(tmp_path))
    with pytest.raises(FormatError, match='line 2: `confidence` is "high"; it is a number from 0 to 1'):
        list(source.read_edges(tmp_path))
    (tmp_path / "edges.tsv").write_text("subject\tpredicate\tobject\tconfidence\na:1\ttreats\tb:2\tnan\n")
    with pytest.raises(FormatError, match=r'edges\.tsv, line 2: `confidence` is "nan"'):
        list(source.read_edges(tmp_path))


MAPPING = """
file: triples.csv
source: infores:hospital
licence: CC BY 4.0
release: "2026-01"
subject: {column: drug, prefix: DRUGBANK, name: drug_name, category: Drug}
predicate: {column: relation, words: {helps: treats, harms: contraindicated_in}}
object: {column: disease, category_column: kind}
publications: papers
confidence: score
negated: "no"
properties: {dose: dose}
"""
TABLE = """drug,drug_name,relation,disease,kind,papers,score,no,dose
DB00331,"metformin, oral",helps,DOID:9352,Disease,PMID:1|PMID:2,0,,500 mg
DB00331,metformin,harms,MESH:D000138,Disease,,,not,
DB00331,metformin,knows,DOID:1,Disease,,,,
,metformin,helps,DOID:1,Disease,,,,
"""


@pytest.fixture
def mapped(tmp_path: Path) -> Path:
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    (tmp_path / "triples.csv").write_text(TABLE)
    return tmp_path


def test_csv(mapped: Path) -> None:
    source = open_source("csv")
    nodes = {n.curie: n for n in source.read_nodes(mapped) if isinstance(n, Node)}
    assert nodes["DRUGBANK:DB00331"].name == "metformin, oral"
    assert nodes["DOID:9352"].category is Category.DISEASE
    helps, harms, unknown = source.read_edges(mapped / "mapping.yaml")
    assert isinstance(helps, Edge)
    assert (helps.predicate, helps.primary_knowledge_source) == (Predicate.TREATS, "infores:hospital")
    assert helps.publications == ("PMID:1", "PMID:2")
    assert (helps.confidence, helps.negated) == (0.0, False)
    assert dict(helps.properties) == {"dose": "500 mg", "licence": "CC BY 4.0"}
    assert isinstance(harms, Edge)
    assert (harms.predicate, harms.negated, harms.confidence) == (Predicate.CONTRAINDICATED_IN, True, None)
    assert isinstance(unknown, Skip)
    assert unknown.reason == "relation knows is not in the mapping"
    assert source.read_version(mapped) == "2026-01"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("licence: CC BY 4.0\n", "", "`licence`: Field required"),
        ("dose: dose", "dose: dose}\ncolour: {a: b", "`colour`: Extra inputs are not permitted"),
        ("source: infores:hospital", "source: hospital", "`source`: String should match pattern"),
        ("helps: treats", "helps: cures", r"`predicate\.words\.helps`: Input should be"),
        ("{column: relation,", "{value: treats, column: relation,", "`predicate` has both or none"),
        ("drug_name,", "drugname,", "has no column `drugname`"),
        ("subject: {", "subject: {{", "is not YAML"),
        ("licence: CC BY 4.0", "licence: CC\x01", "line 4: holds a control character"),
        ("dose: dose", 'dose: dose}\ndelimiter: ""\n#{', "`delimiter`: String should match pattern"),
        ("dose: dose", 'dose: dose}\ndelimiter: "||"\n#{', "`delimiter`: String should match pattern"),
    ],
)
def test_a_wrong_mapping_names_the_key(mapped: Path, old: str, new: str, expected: str) -> None:
    (mapped / "mapping.yaml").write_text(MAPPING.replace(old, new))
    with pytest.raises(FormatError, match=expected):
        list(open_source("csv").read_nodes(mapped))


@pytest.mark.parametrize("release", ["2026-13-45", "2026-01-02", "1.10"])
def test_a_release_is_text_with_or_without_quotes(mapped: Path, release: str) -> None:
    (mapped / "mapping.yaml").write_text(MAPPING.replace('"2026-01"', release))
    assert open_source("csv").read_version(mapped) == release


@pytest.mark.parametrize("word", ["maybe", "absent"])
def test_a_polarity_that_cannot_be_read_is_never_taken_for_no(tmp_path: Path, mapped: Path, word: str) -> None:
    table = mapped / "triples.csv"
    table.write_text(TABLE.replace(",not,", f",{word},"))
    with pytest.raises(
        FormatError, match=rf'triples\.csv, line 3: `no` is "{word}"; 1, negated, not, true, yes negate'
    ):
        list(open_source("csv").read_edges(mapped))
    (tmp_path / "nodes.tsv").write_text("id\tcategory\n")
    (tmp_path / "edges.tsv").write_text(f"subject\tpredicate\tobject\tnegated\na:1\ttreats\tb:2\t{word}\n")
    with pytest.raises(FormatError, match=rf'edges\.tsv, line 2: `negated` is "{word}"; it is true, false or empty'):
        list(open_source("kgx").read_edges(tmp_path))


def test_csv_needs_its_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"mapping\.yaml\" does not exist"):
        open_source("csv").input_files(tmp_path)
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    with pytest.raises(InputError, match=r"which mapping\.yaml names in `file`"):
        open_source("csv").input_files(tmp_path)


def test_kgx_files_as_others_write_them(tmp_path: Path) -> None:
    """Rows without their last empty cells, sources by free names, the most general category."""
    nodes = ["id\tcategory\tname\tprovided_by", "CHEBI:1\tbiolink:NamedThing\tx", "HGNC:2\tbiolink:Gene"]
    edges = ["subject\tpredicate\tobject\tknowledge_source", "CHEBI:1\ttreats\tHGNC:2\tMy Source"]
    (tmp_path / "nodes.tsv").write_text("\n".join(nodes) + "\n")
    (tmp_path / "edges.tsv").write_text("\n".join(edges) + "\n")
    chebi, gene = open_source("kgx").read_nodes(tmp_path)
    assert isinstance(chebi, Node)
    assert chebi.category is Category.NAMED_THING
    assert isinstance(gene, Node)
    assert (gene.category, gene.name) == (Category.GENE, "HGNC:2")
    (edge,) = open_source("kgx").read_edges(tmp_path)
    assert isinstance(edge, Edge)
    assert edge.primary_knowledge_source == "infores:my-source"
