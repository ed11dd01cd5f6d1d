"""From the codes of patient records (SNOMED CT, ICD-10-CM, ICD-9-CM, RxNorm, ATC …) to the graph's CURIEs.

Codes lead to concepts through cross-references. An ICD code that no concept names is looked up by the shorter codes
above it, and the answer says that it is broader.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ontologies.ndc import PREFIX as NDC
from ontologies.ndc import normalise_ndc
from ontologies.prefixes import normalise_curie

_ICD: Final = frozenset({"ICD10CM", "ICD10", "ICD9CM"})
_ICD9_DOTLESS: Final = re.compile(r"(E\d{3}|V\d{2}|\d{3})(\d{1,2})")
_ICD10_DOTLESS: Final = re.compile(r"([A-Z]\d[0-9A-Z])([0-9A-Z]{1,4})")
_SISTERS: Final = {"ICD10CM": "ICD10", "ICD10": "ICD10CM"}


@dataclass(frozen=True, slots=True)
class CodeMatch:
    """One concept that a code means, or (`broad`) one that is above what it means."""

    curie: str
    mapping: Literal["exact", "broad"]


@dataclass(frozen=True, slots=True)
class CodeTable:
    """Concepts by code."""

    by_code: Mapping[str, tuple[str, ...]]

    @classmethod
    def from_xrefs(cls, concepts: Iterable[tuple[str, Iterable[str]]]) -> CodeTable:
        """Build the table from concepts and their cross-references; a concept's own CURIE is a code, too.

        >>> CodeTable.from_xrefs([("DOID:9352", ["MeSH:D003924"])]).match("MESH:D003924")
        (CodeMatch(curie='DOID:9352', mapping='exact'),)
        """
        found: dict[str, set[str]] = defaultdict(set)
        for curie, xrefs in concepts:
            for code in (curie, *xrefs):
                found[normalise_code(code)].add(curie)
        return cls({code: tuple(sorted(curies)) for code, curies in found.items()})

    def match(self, code: str) -> tuple[CodeMatch, ...]:
        """Return the concepts of a code, sorted; empty when it is not known.

        >>> table = CodeTable.from_xrefs([("DOID:9352", ["ICD10CM:E11"])])
        >>> table.match("ICD10CM:E11.65")
        (CodeMatch(curie='DOID:9352', mapping='broad'),)
        """
        code = normalise_code(code)
        for mapping, candidate in _broaden(code):
            curies = self.by_code.get(candidate, ())
            if curies:
                return tuple(CodeMatch(curie, mapping) for curie in curies)
        return ()


def normalise_code(code: str) -> str:
    """Return a code in its written form: preferred prefix, ICD codes with their dot and in upper case, NDC as digits.

    >>> normalise_code("icd9:25000"), normalise_code("ICD-10-CM:e1165"), normalise_code("ICD10CM:I10")
    ('ICD9CM:250.00', 'ICD10CM:E11.65', 'ICD10CM:I10')
    >>> normalise_code("NDC:0002-8215-01")
    'NDC:00002821501'
    """
    curie = normalise_curie(code)
    prefix, _, local = curie.partition(":")
    if prefix == NDC:
        return f"{NDC}:{normalise_ndc(local) or local}"
    if prefix not in _ICD:
        return curie
    form = _ICD9_DOTLESS if prefix == "ICD9CM" else _ICD10_DOTLESS
    local = local.strip().upper().rstrip(".")
    parts = form.fullmatch(local)
    return f"{prefix}:{parts.group(1)}.{parts.group(2)}" if parts else f"{prefix}:{local}"


def _broaden(code: str) -> Iterator[tuple[Literal["exact", "broad"], str]]:
    """The code, for ICD-10 its sister classification, and for ICD ever shorter codes down to three characters."""
    prefix, _, local = code.partition(":")
    prefixes = (prefix, _SISTERS[prefix]) if prefix in _SISTERS else (prefix,)
    yield from (("exact", f"{p}:{local}") for p in prefixes)
    while prefix in _ICD and "." in local:
        stem, _, rest = local.partition(".")
        local = f"{stem}.{rest[:-1]}" if len(rest) > 1 else stem
        yield from (("broad", f"{p}:{local}") for p in prefixes)
