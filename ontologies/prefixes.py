"""The prefix map: one preferred spelling for every identifier that comes in.

`normalise_curie` turns the spellings of the sources (`mesh:D003924`, `MIM:222100`, `Compound::DB00331`, a bare
`DB00331`, an OBO IRI) into one CURIE; `to_iri` gives the IRI that RDF exports write. The map is `prefixes.tsv`.
"""

from __future__ import annotations

import csv
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

from curies import Converter, Record

_TABLE: Final = Path(__file__).with_name("prefixes.tsv")
UNKNOWN_IRI: Final = "https://w3id.org/theragraph/id/"
_IRI_SAFE: Final = "!$&'()*+,;=:@/?~-._"

_BARE: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    (re.compile(r"DB\d{5}"), "DRUGBANK"),
    (re.compile(r"BE\d{7}"), "DRUGBANK.TARGET"),
    (re.compile(r"CHEMBL\d+"), "CHEMBL.COMPOUND"),
    (re.compile(r"C\d{7}"), "UMLS"),
    (re.compile(r"[CD]\d{6}(\d{3})?"), "MESH"),
    (re.compile(r"N\d{10}"), "NDFRT"),
    (re.compile(r"WP\d+(_r\d+)?"), "WIKIPATHWAYS"),
    (re.compile(r"PC7_\d+"), "PATHWAYCOMMONS"),
    (re.compile(r"R-HSA-\d+"), "REACT"),
    (re.compile(r"[A-Z]\d{2}[A-Z]{2}\d{2}"), "ATC"),
)
_KIND_PREFIX: Final = {
    "gene": "NCBIGene",
    "tax": "NCBITaxon",
    "atc": "ATC",
    "side effect": "UMLS",
    "symptom": "MESH",
}
_LOCAL_CLEAN: Final = {
    "ORPHA": re.compile(r"Orphanet_?|ORPHA_?"),
    "DRUGBANK": re.compile(r"DB:|DRUGBANK:", re.IGNORECASE),
}
_VERSIONED: Final = re.compile(r"(SNOMEDCT_US|ICD10CM|ICD9CM|UMLS)_\d{4}[_\d]*")

FHIR_SYSTEMS: Final[dict[str, str]] = {
    "http://snomed.info/sct": "SNOMEDCT",
    "urn:oid:2.16.840.1.113883.6.96": "SNOMEDCT",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10CM",
    "urn:oid:2.16.840.1.113883.6.90": "ICD10CM",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "urn:oid:2.16.840.1.113883.6.3": "ICD10",
    "http://hl7.org/fhir/sid/icd-9-cm": "ICD9CM",
    "urn:oid:2.16.840.1.113883.6.103": "ICD9CM",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXCUI",
    "urn:oid:2.16.840.1.113883.6.88": "RXCUI",
    "http://www.whocc.no/atc": "ATC",
    "urn:oid:2.16.840.1.113883.6.73": "ATC",
    "http://hl7.org/fhir/sid/ndc": "NDC",
    "urn:oid:2.16.840.1.113883.6.69": "NDC",
    "http://loinc.org": "LOINC",
    "urn:oid:2.16.840.1.113883.6.1": "LOINC",
    "http://human-phenotype-ontology.org": "HP",
    "http://purl.obolibrary.org/obo/hp.owl": "HP",
    "http://purl.obolibrary.org/obo/doid.owl": "DOID",
    "http://purl.obolibrary.org/obo/mondo.owl": "MONDO",
    "http://www.omim.org": "OMIM",
    "https://www.omim.org": "OMIM",
    "http://www.orpha.net": "ORPHA",
    "http://id.nlm.nih.gov/mesh": "MESH",
    "http://go.drugbank.com": "DRUGBANK",
}


@cache
def read_prefix_map() -> Converter:
    """Return the prefix map of `prefixes.tsv` as a `curies` converter."""
    with _TABLE.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    records = [
        Record(
            prefix=r["prefix"],
            uri_prefix=r["iri"],
            prefix_synonyms=[s for s in r["synonyms"].split("|") if s],
        )
        for r in rows
    ]
    return Converter(records)


@cache
def _preferred_prefixes() -> dict[str, str]:
    """Every known spelling of a prefix in lower case, with the preferred one."""
    spellings: dict[str, str] = {}
    for record in read_prefix_map().records:
        for spelling in (record.prefix, *record.prefix_synonyms):
            spellings[spelling.lower()] = record.prefix
    return spellings


def normalise_prefix(prefix: str) -> str:
    """Return the preferred spelling of a prefix; an unknown one comes back as it is.

    >>> normalise_prefix("MeSH"), normalise_prefix("ORDO"), normalise_prefix("mine")
    ('MESH', 'ORPHA', 'mine')
    """
    versioned = _VERSIONED.fullmatch(prefix)
    return _preferred_prefixes().get((versioned.group(1) if versioned else prefix).lower(), prefix)


@lru_cache(maxsize=1 << 16)
def normalise_curie(text: str) -> str:
    """Return the CURIE that `text` means, with the preferred prefix; text of no known form comes back unchanged.

    >>> normalise_curie("mesh:D003924"), normalise_curie("DB00331"), normalise_curie("Compound::DB00331")
    ('MESH:D003924', 'DRUGBANK:DB00331', 'DRUGBANK:DB00331')
    >>> normalise_curie("http://purl.obolibrary.org/obo/DOID_9352"), normalise_curie("Gene::5468")
    ('DOID:9352', 'NCBIGene:5468')
    """
    text = text.strip()
    if "::" in text:
        return _from_typed_id(text)
    if text.startswith(("http://", "https://")):
        return read_prefix_map().compress(text) or text
    prefix, colon, local = text.partition(":")
    if not colon:
        return _from_bare_id(text)
    return _join(normalise_prefix(prefix), local)


def to_iri(curie: str) -> str:
    """Return the IRI of a CURIE; one with an unknown prefix gets an IRI of this project.

    >>> to_iri("DOID:9352"), to_iri("mine:a b")
    ('http://purl.obolibrary.org/obo/DOID_9352', 'https://w3id.org/theragraph/id/mine:a%20b')
    """
    prefix, _, local = curie.partition(":")
    base = read_prefix_map().bimap.get(prefix)
    return base + quote(local, safe=_IRI_SAFE) if base else UNKNOWN_IRI + quote(curie, safe=_IRI_SAFE)


def from_iri(iri: str) -> str:
    """Return the CURIE of an IRI that `to_iri` made; an IRI of no known prefix comes back unchanged.

    >>> from_iri(to_iri("mine:a b"))
    'mine:a b'
    """
    if iri.startswith(UNKNOWN_IRI):
        return unquote(iri.removeprefix(UNKNOWN_IRI))
    curie = read_prefix_map().compress(iri)
    return unquote(curie) if curie else iri


def from_fhir_code(system: str, code: str) -> str | None:
    """Return the CURIE of a FHIR coding, or None when its code system is not one that is known here.

    A code may repeat the prefix, as those of the OBO ontologies do.

    >>> from_fhir_code("http://snomed.info/sct", "44054006")
    'SNOMEDCT:44054006'
    >>> from_fhir_code("https://human-phenotype-ontology.org", "HP:0001250")
    'HP:0001250'
    """
    named = system.strip().rstrip("/")
    prefix = FHIR_SYSTEMS.get(named) or FHIR_SYSTEMS.get(named.replace("https://", "http://"))
    local = code.strip().removeprefix(f"{prefix}:")
    return f"{prefix}:{local}" if prefix and local else None


def _from_typed_id(text: str) -> str:
    """Hetionet's and DRKG's `Kind::identifier`."""
    kind, _, local = text.partition("::")
    if ":" in local:
        prefix, _, rest = local.partition(":")
        return _join(normalise_prefix(prefix), rest)
    prefix = _KIND_PREFIX.get(kind.lower(), "")
    if prefix:
        return f"{prefix}:{local}"
    bare = _from_bare_id(local)
    return bare if bare != local else f"{kind.replace(' ', '')}:{local.replace(' ', '_')}"


def _from_bare_id(text: str) -> str:
    """An identifier without a prefix, recognised by its form."""
    return next((f"{prefix}:{text}" for form, prefix in _BARE if form.fullmatch(text)), text)


def _join(prefix: str, local: str) -> str:
    """Join a preferred prefix and a local identifier that may repeat the prefix (`ORPHA:Orphanet_752`)."""
    clean = _LOCAL_CLEAN.get(prefix)
    return f"{prefix}:{clean.sub('', local, count=1) if clean else local}"
