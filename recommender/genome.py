"""When a finding that a rule names is the finding that a test reported."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

_AMINO_ACIDS: Final = {
    "ala": "A", "arg": "R", "asn": "N", "asp": "D", "cys": "C", "gln": "Q", "glu": "E", "gly": "G", "his": "H",
    "ile": "I", "leu": "L", "lys": "K", "met": "M", "phe": "F", "pro": "P", "ser": "S", "thr": "T", "trp": "W",
    "tyr": "Y", "val": "V",
}  # fmt: skip
_THREE_LETTER: Final = re.compile(
    rf"(?<![A-Za-z])({'|'.join(_AMINO_ACIDS)})(?=\d|[_\s;,)]|$)|(?<=\d)({'|'.join(_AMINO_ACIDS)})(?![A-Za-z])",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(>=|<=|>|<|≥|≤)?\s*(\d+(?:\.\d+)?)")
_LIMIT: Final = re.compile(r"(>=|<=|>|<|≥|≤)\s*(\d+(?:\.\d+)?)")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge, "≥": operator.ge, "<=": operator.le, "≤": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_ALIASES: Final = {"PD-L1": "CD274", "PDL1": "CD274", "HER2": "ERBB2", "HER-2": "ERBB2", "C-MET": "MET", "TS": "TYMS"}
_NEGATIVE: Final = re.compile(
    r"\b(negative|not detected|none detected|no (?:variant|mutation|pathogenic variant)s?(?: (?:was |were )?detected)?"
    r"|absent|wild[ -]?type|not amplified)\b"
)
_NORMAL: Final = re.compile(r"\b(normal|wild[ -]?type|negative|not detected|none detected)\b|\*1/\*1(?!\d)")
_PHENOTYPE: Final = re.compile(
    r"\b(?:poor|intermediate|rapid|ultrarapid|slow|decreased|increased|deficient|deficiency)\b"
)
_STAIN_SCORES: Final = re.compile(r"\b(tps|cps|tc|ic)\b")
_EXON: Final = re.compile(r"\bex(?:on)?\s*(\d+)\s*(?:(del)(?:etions?)?\b)?")


def to_gene_symbol(name: str) -> str:
    """The HGNC symbol that a gene or protein name in a record stands for.

    >>> to_gene_symbol("PD-L1"), to_gene_symbol("EGFR")
    ('CD274', 'EGFR')
    """
    return _ALIASES.get(name.strip().upper(), name.strip())


def matches_finding(rule: str, result: str) -> bool:
    """True when the result says what the rule names; a negative result matches only a rule that asks for one.

    A rule may give alternatives, separated by `|`.

    >>> matches_finding("L858R", "p.Leu858Arg"), matches_finding("*57:01", "HLA-B*57:01 negative")
    (True, False)
    >>> matches_finding(">=50%", "TPS 60%"), matches_finding("poor metaboliser", "CYP2C19 Poor Metabolizer")
    (True, True)
    >>> matches_finding("TPS>=1%", "TPS <1%"), matches_finding("*57:01", "*57:01:01")
    (False, True)
    """
    found = _normalise(result)
    return any(_matches_one(_normalise(wanted), found) for wanted in rule.split("|"))


def is_understood(result: str) -> bool:
    """True when a result that no rule names is normal, or names a phenotype: only then does the rules' silence speak.

    >>> is_understood("Normal Metabolizer"), is_understood("*2/*4"), is_understood("indeterminate")
    (True, False, False)
    """
    found = _normalise(result)
    return bool(_NORMAL.search(found) or _PHENOTYPE.search(found))


def _matches_one(wanted: str, found: str) -> bool:
    limit = _LIMIT.search(wanted)
    if limit:
        return _is_within(wanted, found, limit.group(1), float(limit.group(2)))
    if bool(_NEGATIVE.search(wanted)) != bool(_NEGATIVE.search(found)):
        return False
    wanted = wanted.removesuffix(" positive").strip()
    before = "0-9" if wanted.startswith("*") else "a-z0-9"  # the gene's name may stand before the star
    after = "a-z0-9" if ":" in wanted else "a-z0-9:"  # a two-field allele is also named by its longer forms
    return re.search(rf"(?<![{before}]){re.escape(wanted)}(?![{after}])", found) is not None


def _is_within(wanted: str, found: str, sign: str, limit: float) -> bool:
    """Whether every number that the result allows is within the limit; scores of different names never compare."""
    ours, theirs = set(_STAIN_SCORES.findall(wanted)), set(_STAIN_SCORES.findall(found))
    if ours and theirs and not ours & theirs:
        return False
    number = _NUMBER.search(found)
    if number is None:
        return False
    bound, value = number.group(1) or "", float(number.group(2))
    if bound and bound[0] != sign[0] and (bound[0] in "<≤") != (sign[0] in "<≤"):
        return False
    return value <= limit if bound == "<" and sign == "<" else _COMPARE[sign](value, limit)


def _normalise(text: str) -> str:
    """Lower case, one-letter amino acids, one spelling of metaboliser and exon, no `p.` and no double blanks."""
    short = _THREE_LETTER.sub(lambda m: _AMINO_ACIDS[m.group(m.lastindex or 1).lower()], text.replace("_", " "))
    lowered = short.lower().replace("metaboliser", "metabolizer").replace("p.", "").replace("mutated", "mutation")
    lowered = lowered.replace("wild-type", "wild type")
    lowered = _EXON.sub(lambda m: f"exon{m.group(1)}{m.group(2) or ''} ", lowered)
    return " ".join(lowered.replace("(", " ").replace(")", " ").split())
