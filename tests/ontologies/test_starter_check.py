"""Each rule of the starter checker, by one broken row; and the shipped tables."""

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ontologies.starter import FOLDER, read_table
from ontologies.starter.check import check_identifiers, check_starter
from tests.ontologies.starter_tables import CITED, ROWS, write_starter


def problems(tmp_path: Path, **changes: Any) -> list[str]:
    return [str(finding) for finding in check_starter(write_starter(tmp_path, changes))]


def test_a_sound_folder_has_no_findings(tmp_path: Path) -> None:
    assert problems(tmp_path) == []


@pytest.mark.parametrize(
    ("table", "change", "expected"),
    [
        ("drugs", {"curie": "DRUGBANK:DB722"}, '`curie` is "DRUGBANK:DB722", which is malformed'),
        ("drugs", {"curie": "metformin"}, '`curie` is "metformin", which is malformed'),
        ("drugs", {"atc": "C9AA03"}, 'the ATC code "C9AA03" is malformed'),
        ("drugs", {"rxcui": "x1"}, 'the RxCUI "x1" is malformed'),
        ("conditions", {"xrefs": "MESH D006973"}, 'the xref "MESH D006973" is malformed'),
        ("indications", {"reference": ""}, "has no reference"),
        ("indications", {"reference": "ref_z"}, '`reference` is "ref_z", which no table defines'),
        ("indications", {"checked": ""}, '`checked` is ""; allowed: recalled, source_read'),
        ("indications", {"drug": "aspirin"}, '`drug` is "aspirin", which no table defines'),
        ("indications", {"partners": "aspirin"}, 'the partner "aspirin" is defined by no table'),
        ("indications", {"line_of_therapy": "first"}, '`line_of_therapy` is "first"; allowed: 1, 2, 3'),
        ("interactions", {"drug_a": "statins"}, '`drug_a` is "statins", which no table defines'),
        ("gene_drug", {"gene": "ABC"}, '`gene` is "ABC", which no table defines'),
        ("references", {"year": "24"}, '`year` is "24"'),
    ],
)
def test_a_broken_cell(tmp_path: Path, table: str, change: dict[str, Any], expected: str) -> None:
    rows = [{**ROWS[table][0], **change}, *ROWS[table][1:]]
    assert f"{table}.tsv, line 2: {expected}" in problems(tmp_path, **{table: rows})


def test_one_identifier_for_two_names(tmp_path: Path) -> None:
    rows = [*ROWS["drugs"], {**ROWS["drugs"][0], "drug": "zestril"}]
    assert problems(tmp_path, drugs=rows) == ["drugs.tsv, line 4: repeats line 2 (DRUGBANK:DB00722)"]


def test_a_fact_stated_twice(tmp_path: Path) -> None:
    assert problems(tmp_path, symptoms=ROWS["symptoms"] * 2) == [
        "symptoms.tsv, line 3: repeats line 2 (hypertension, HP:0002315)"
    ]


CLASH = {"drug": "lisinopril", "condition": "hypertension", "curie": "DOID:10763", "severity": "absolute", **CITED}


def test_treating_what_it_is_contraindicated_for(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, contraindications=[CLASH])
    assert found == "contraindications.tsv, line 2: lisinopril also treats hypertension; say for whom in `population`"


def test_a_population_resolves_the_contradiction(tmp_path: Path) -> None:
    assert problems(tmp_path, contraindications=[{**CLASH, "population": "bilateral renal artery stenosis"}]) == []


def test_the_shipped_tables_are_sound() -> None:
    assert [str(finding) for finding in check_starter()] == []


def test_shipped_phenotypes_are_terms_of_hpo() -> None:
    from kg.sources.hpo import HpoSource
    from kg.sources.source import Skip

    names = {
        node.curie: frozenset(name.lower() for name in (node.name, *node.synonyms))
        for node in HpoSource().read_nodes(None)
        if not isinstance(node, Skip) and node.curie.startswith("HP:")
    }
    rows = [(r["curie"], r["name"]) for table in ("symptoms", "side_effects") for r in read_table(table)]
    rows += [(r["curie"], r["condition"]) for table in ("contraindications", "conditions") for r in read_table(table)]
    rows = [(curie, name) for curie, name in rows if curie.startswith("HP:")]
    assert sorted(set(check_identifiers(rows, names, "HPO"))) == []


def test_shipped_diseases_are_terms_of_the_disease_ontology(shared_data: Callable[[str], Path]) -> None:
    with gzip.open(shared_data("ontology_small") / "HumanDO.tsv.gz", "rt", encoding="utf-8") as handle:
        names = {r["id"]: frozenset({r["label"].lower()}) for r in csv.DictReader(handle, delimiter="\t")}
    rows = [(r["curie"], r["condition"]) for table in ("contraindications", "conditions") for r in read_table(table)]
    rows += [(r["curie"], r["name"]) for r in read_table("findings")]
    rows = [(curie, name) for curie, name in rows if curie.startswith("DOID:")]
    assert sorted(set(check_identifiers(rows, names, "DO"))) == []


def test_shipped_drugs_are_what_drugbank_calls_them_or_are_listed(shared_data: Callable[[str], Path]) -> None:
    folder = shared_data("hetionet_xref")
    with gzip.open(folder / "drugbank.tsv.gz", "rt", encoding="utf-8") as handle:
        names = {f"DRUGBANK:{r['drugbank_id']}": {r["name"].lower()} for r in csv.DictReader(handle, delimiter="\t")}
    for identifier, aliases in json.loads(gzip.decompress((folder / "drugbank-aliases.json.gz").read_bytes())).items():
        names.setdefault(f"DRUGBANK:{identifier}", set()).update(alias.lower() for alias in aliases)
    with (FOLDER / "conflicts.tsv").open(encoding="utf-8") as handle:
        listed = {row["curie"] for row in csv.DictReader(handle, delimiter="\t")}
    rows = [(r["curie"], r["drug"]) for r in read_table("drugs") if r["curie"] in names and r["curie"] not in listed]
    known = {curie: frozenset(values) for curie, values in names.items()}
    assert list(check_identifiers(rows, known, "DrugBank")) == []
    assert len(rows) > 450


def test_every_citation_is_complete() -> None:
    assert all(r["title"] and r["publisher"] and r["year"] for r in read_table("references"))
    assert FOLDER.joinpath("README.md").is_file()
