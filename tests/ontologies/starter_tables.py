"""A starter folder small enough to know by heart."""

from pathlib import Path

from ontologies.starter import TABLES

CITED = {"reference": "ref_a", "checked": "recalled"}
ROWS: dict[str, list[dict[str, str]]] = {
    "references": [
        {"reference": "ref_a", "kind": "guideline", "title": "Guide", "publisher": "Society", "year": "2024"},
    ],
    "conditions": [
        {"condition": "hypertension", "curie": "DOID:10763", "area": "cardiology", "synonyms": "high blood pressure",
         "xrefs": "MESH:D006973|ICD10CM:I10", **CITED},
    ],
    "drugs": [
        {"drug": "lisinopril", "curie": "DRUGBANK:DB00722", "atc": "C09AA03", "rxcui": "29046", "synonyms": "Zestril",
         "cost_class": "low", **CITED},
        {"drug": "clopidogrel", "curie": "DRUGBANK:DB00758", "atc": "B01AC04", "cost_class": "low", **CITED},
    ],
    "genes": [{"gene": "CYP2C19", "curie": "NCBIGene:1557", **CITED}],
    "findings": [{"curie": "DOID:1558", "name": "angioedema", "xrefs": "SNOMEDCT:41291007", **CITED}],
    "indications": [
        {"drug": "lisinopril", "condition": "hypertension", "line_of_therapy": "1", "role": "monotherapy",
         "evidence_level": "L1", "dose": "10 to 40 mg once daily", **CITED},
    ],
    "contraindications": [
        {"drug": "lisinopril", "condition": "angioedema", "curie": "DOID:1558", "severity": "absolute",
         "rationale": "airway risk", **CITED},
    ],
    "interactions": [
        {"drug_a": "ace_inhibitors", "drug_b": "clopidogrel", "severity": "minor", "mechanism": "none known",
         "management": "none", **CITED},
    ],
    "side_effects": [{"drug": "lisinopril", "curie": "HP:0012735", "name": "Cough", "frequency": "common", **CITED}],
    "drug_classes": [
        {"class_id": "ace_inhibitors", "name": "ACE inhibitors", "kind": "therapeutic", "atc": "C09AA", **CITED},
    ],
    "class_members": [{"class_id": "ace_inhibitors", "drug": "lisinopril", **CITED}],
    "gene_drug": [
        {"drug": "clopidogrel", "gene": "CYP2C19", "finding": "poor metaboliser", "effect": "inefficacy",
         "verdict": "blocked", "advice": "use another", **CITED},
    ],
    "symptoms": [
        {"condition": "hypertension", "curie": "HP:0002315", "name": "Headache", "frequency": "uncommon", **CITED},
    ],
}  # fmt: skip


def write_starter(folder: Path, changes: dict[str, list[dict[str, str]]] | None = None) -> Path:
    """Write every table, with `changes` in place of the rows of a table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns in TABLES.items():
        rows = (changes or {}).get(name, ROWS.get(name, []))
        lines = ["\t".join(columns), *("\t".join(row.get(column, "") for column in columns) for row in rows)]
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
