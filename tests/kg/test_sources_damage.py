"""Every source on damaged files: whatever a cell holds, an error names file and line and is one of ours.

Small whole files are damaged in every place, one at a time: a column that is called otherwise, a row that is cut short,
a cell that holds something else, a file that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kg.errors import InputError
from kg.sources import SOURCE_NAMES, open_source
from tests.kg.test_sources_drugs import ATC, CPIC, DRKG, NDC, PATH, PRIMEKG, SIDER, conso, rel, sat
from tests.kg.test_sources_exchange import MAPPING, TABLE
from tests.kg.test_sources_hetionet import EDGES, NODES
from tests.kg.test_sources_hpo import GENES, HEADER, OBO, ROWS
from tests.kg.test_sources_ontologies import DO_NAMES, DO_XREFS, GRAPH, OWL

TARGETS = "STRUCT_ID\tDRUG_NAME\tACCESSION\tGENE\tACTION_TYPE\tORGANISM\n1\tx\tQ1\tABC\tACTIVATOR\tHomo sapiens\n"
USES = "struct_id,relationship_name,concept_name,umls_cui,snomed_conceptid\n1,indication,y,C0011860,44054006\n"
HETIONET = "\n".join(["id\tname\tkind", *(f"{kind}::{local}\t{name}\t{kind}" for kind, local, name in NODES)]) + "\n"
FREQUENCY = "CID100000085\tCID000010917\tC0000737\t\tcommon\t0.01\t0.01\tPT\tC0000737\tAbdominal pain\n"
KGX_NODES = "id\tcategory\tname\nDRUGBANK:DB1\tbiolink:Drug\tx\nDOID:1\tbiolink:Disease\ty\n"
KGX_EDGES = "subject\tpredicate\tobject\tnegated\tconfidence\tknowledge_level\tagent_type\n"
KGX_EDGES += "DRUGBANK:DB1\tbiolink:treats\tDOID:1\tfalse\t0.5\tknowledge_assertion\tmanual_agent\n"
KGX_NODE_LINES = '{"id": "DRUGBANK:DB1", "category": ["biolink:Drug"], "xref": ["MESH:D1"]}\n'
KGX_EDGE_LINES = '{"subject": "DRUGBANK:DB1", "predicate": "biolink:treats", "object": "DOID:1", "negated": false}\n'
HETIONET_JSON = json.dumps(
    {
        "nodes": [{"kind": "Gene", "identifier": 1, "name": "a"}],
        "edges": [
            {"source_id": ["Gene", 1], "target_id": ["Gene", 1], "kind": "regulates", "direction": "forward"},
            {"source_id": ["Gene", 1], "target_id": ["Gene", 1], "kind": "interacts", "direction": "both", "data": {}},
        ],
    }
)


@dataclass(frozen=True)
class Layout:
    """The files of a source: what separates cells, and which of them begin with a header."""

    source: str
    files: dict[str, str]
    separator: str = "\t"
    header: bool = True
    path: str = ""


LAYOUTS = (
    Layout("atc", {"who_atc.csv": ATC}, ",", path="who_atc.csv"),
    Layout("cpic", {"pair_view.csv": "genesymbol,drugname,drugid,cpiclevel\nG,d,RxNorm:1,A\n"}, ","),
    Layout("cpic", {"pair_view.json": json.dumps(CPIC)}, ",", header=False),
    Layout("csv", {"triples.csv": TABLE, "mapping.yaml": MAPPING}, ",", path="mapping.yaml"),
    Layout("do", {"HumanDO.tsv": DO_NAMES, "allXREFinDO.tsv": DO_XREFS}),
    Layout("drkg", {"drkg.tsv": DRKG}, header=False),
    Layout("drugcentral", {"drug.target.interaction.tsv": TARGETS}),
    Layout("drugcentral", {"omop_relationship.csv": USES}, ","),
    Layout("drugmechdb", {"paths.jsonl": json.dumps(PATH) + "\n"}, ",", header=False),
    Layout("drugmechdb", {"indication_paths.json": json.dumps([PATH])}, ",", header=False),
    Layout("drugmechdb", {"indication_paths.yaml": yaml.safe_dump([PATH])}, ":", header=False),
    Layout("hetionet", {"nodes.tsv": HETIONET, "edges.tsv": "source\tmetaedge\ttarget\n" + "\t".join(EDGES[0]) + "\n"}),
    Layout("hetionet", {"hetionet-v1.0.json": HETIONET_JSON}, ",", header=False),
    Layout(
        "hpo", {"hp.obo": OBO, "phenotype.hpoa": "\n".join([HEADER, *ROWS]) + "\n", "genes_to_phenotype.txt": GENES}
    ),
    Layout("kgx", {"nodes.tsv": KGX_NODES, "edges.tsv": KGX_EDGES}),
    Layout("kgx", {"nodes.jsonl": KGX_NODE_LINES, "edges.jsonl": KGX_EDGE_LINES}, ",", header=False),
    Layout("obo", {"a.json": json.dumps(GRAPH)}, ",", header=False, path="a.json"),
    Layout("obo", {"a.ttl": OWL}, " ", header=False, path="a.ttl"),
    Layout("obo", {"a.obo": OBO}, " ", header=False, path="a.obo"),
    Layout("ndc", {"product.txt": NDC}),
    Layout("primekg", {"kg.csv": PRIMEKG}, ","),
    Layout(
        "rxnorm",
        {
            "RXNCONSO.RRF": conso("1", "RXNORM", "IN", "1", "x") + "\n",
            "RXNREL.RRF": rel("1", "2", "tradename_of") + "\n",
            "RXNSAT.RRF": sat("1", "00002821501") + "\n",
        },
        "|",
        header=False,
    ),
    Layout("sider", {"meddra_all_se.tsv": "\n".join(SIDER) + "\n", "meddra_freq.tsv": FREQUENCY}, header=False),
    Layout("symp", {"symp.obo": OBO}, " ", header=False),
)
IDS = [f"{layout.source}-{next(iter(layout.files))}" for layout in LAYOUTS]


def write(layout: Layout, folder: Path, **changed: str) -> Path:
    for name, text in (layout.files | changed).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / layout.path if layout.path else folder


def read_whole(layout: Layout, path: Path) -> int:
    source = open_source(layout.source)
    source.input_files(path)
    source.read_version(path)
    return sum(1 for _ in source.read_nodes(path)) + sum(1 for _ in source.read_edges(path))


def find_error(layout: Layout, path: Path) -> str:
    """What our error says, or nothing where the files could be read; another error goes through."""
    try:
        read_whole(layout, path)
    except InputError as error:
        return str(error)
    return ""


def damage(layout: Layout, text: str) -> Iterator[str]:
    """Every text in which one cell of the first six lines holds something else, or is gone."""
    lines = text.splitlines()
    for number, line in list(enumerate(lines))[:6]:
        cells = line.split(layout.separator)
        for position in range(min(len(cells), 20)):
            for other in ("", "§?", "-1", "[", '"'):
                damaged = layout.separator.join([*cells[:position], other, *cells[position + 1 :]])
                yield "\n".join([*lines[:number], damaged, *lines[number + 1 :]]) + "\n"
        shorter = layout.separator.join(cells[:-1])
        yield "\n".join([*lines[:number], shorter, *lines[number + 1 :]]) + "\n"


def test_every_source_of_files_is_damaged_here() -> None:
    assert {layout.source for layout in LAYOUTS} == set(SOURCE_NAMES) - {"starter"}


@pytest.mark.parametrize("layout", LAYOUTS, ids=IDS)
def test_whatever_is_damaged_the_error_is_ours_and_names_the_file(layout: Layout, tmp_path: Path) -> None:
    assert read_whole(layout, write(layout, tmp_path)) > 0
    for name, text in layout.files.items():
        for damaged in damage(layout, text):
            error = find_error(layout, write(layout, tmp_path, **{name: damaged}))
            assert not error or str(tmp_path) in error, damaged
        (tmp_path / name).write_text(text)


PATH_FORMS: dict[str, Callable[[list[Any]], str]] = {
    "paths.jsonl": lambda paths: "".join(f"{json.dumps(path)}\n" for path in paths),
    "indication_paths.json": json.dumps,
    # Copies, because what is the same object twice would be written once and referred to.
    "indication_paths.yaml": lambda paths: yaml.safe_dump(json.loads(json.dumps(paths))),
}
SECOND = {
    "paths.jsonl": "paths.jsonl, line 2: ",
    "indication_paths.json": "indication_paths.json, path 2: ",
    "indication_paths.yaml": f"indication_paths.yaml, line {len(yaml.safe_dump([PATH]).splitlines()) + 1}, path 2: ",
}


def spoil(value: Any) -> Iterator[Any]:
    """Every value in which one place holds something else, or is gone."""
    yield from (None, 5, "", "x", [], {}, [None])
    if isinstance(value, dict):
        for key, item in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: other} for other in spoil(item))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from ([*value[:place], other, *value[place + 1 :]] for other in spoil(item))


@pytest.mark.parametrize("name", PATH_FORMS)
def test_whatever_a_path_holds_the_error_names_file_and_path(name: str, tmp_path: Path) -> None:
    layout = Layout("drugmechdb", {name: ""})
    errors = [
        find_error(layout, write(layout, tmp_path, **{name: PATH_FORMS[name]([PATH, record])}))
        for record in spoil(PATH)
    ]
    told = [error for error in errors if error]
    assert len(told) > len(errors) / 2
    assert all(SECOND[name] in error for error in told)


@pytest.mark.parametrize("name", PATH_FORMS)
@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ({"nodes": [{"id": [1], "label": "Drug", "name": "x"}]}, r"`nodes[0].id`: Input should be a valid string"),
        ({"nodes": [{"id": "A:1", "label": ["Drug"], "name": "x"}]}, r"`nodes[0].label`: Input should be a valid"),
        ({"nodes": [{"id": "A:1", "label": "Drug", "name": None}]}, r"`nodes[0].name`: Input should be a valid"),
        ({"links": ["x"]}, r"`links[0]`: Input should be a valid dictionary"),
        ({"links": [{"key": "treats", "target": "A:1"}]}, r"`links[0].source`: Field required"),
        ({"graph": {"_id": "x", "drug_mesh": [5]}}, r"`graph.drug_mesh`: Input should be a valid string"),
    ],
)
def test_what_is_wrong_in_a_path_is_said(name: str, spoilt: dict[str, Any], reason: str, tmp_path: Path) -> None:
    layout = Layout("drugmechdb", {name: PATH_FORMS[name]([PATH, {**PATH, **spoilt}])})
    error = find_error(layout, write(layout, tmp_path))
    assert f"{SECOND[name]}is no path of DrugMechDB ({reason}" in error


@pytest.mark.parametrize("name", PATH_FORMS)
def test_a_control_character_in_a_path_is_named_with_its_line(name: str, tmp_path: Path) -> None:
    text = PATH_FORMS[name]([PATH, PATH]).replace("metformin", "met\x01formin")
    error = find_error(Layout("drugmechdb", {name: text}), write(Layout("drugmechdb", {name: text}), tmp_path))
    line = text[: text.index("\x01")].count("\n") + 1
    assert f"{name}, line {line}: " in error


TABLES = [
    (layout, name)
    for layout in LAYOUTS
    for name in layout.files
    if layout.header and not name.endswith((".obo", ".yaml"))
]


@pytest.mark.parametrize(("layout", "name"), TABLES, ids=[f"{layout.source}-{name}" for layout, name in TABLES])
def test_a_column_that_is_called_otherwise_is_named_with_file_and_line(
    layout: Layout, name: str, tmp_path: Path
) -> None:
    header, _, rows = layout.files[name].partition("\n")
    columns = header.split(layout.separator)
    refused = []
    for position, column in enumerate(columns):
        other = layout.separator.join([*columns[:position], "renamed", *columns[position + 1 :]])
        error = find_error(layout, write(layout, tmp_path, **{name: f"{other}\n{rows}"}))
        if error:
            assert f"{name}, line 1: has no column `{column}`" in error
            refused.append(column)
    assert len(refused) >= 2


@pytest.mark.parametrize("layout", LAYOUTS, ids=IDS)
def test_a_file_that_is_not_there_is_named(layout: Layout, tmp_path: Path) -> None:
    write(layout, tmp_path)
    first = next(iter(layout.files))
    (tmp_path / first).unlink()
    with pytest.raises(InputError) as caught:
        read_whole(layout, tmp_path / layout.path)
    assert str(tmp_path) in str(caught.value)
