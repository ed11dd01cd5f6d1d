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
_THREE_LETTER: Final = re.compile(rf"({'|'.join(_AMINO_ACIDS)})(?=\d|[_\s;,)]|$)", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)")
_LIMIT: Final = re.compile(r"(>=|<=|>|<|≥|≤)\s*(\d+(?:\.\d+)?)")
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge, "≥": operator.ge, "<=": operator.le, "≤": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
_ALIASES: Final = {"PD-L1": "CD274", "PDL1": "CD274", "HER2": "ERBB2", "HER-2": "ERBB2", "C-MET": "MET", "TS": "TYMS"}
_NEGATIVE: Final = re.compile(r"\b(negative|not detected|absent|wild[ -]?type|no mutation|not amplified)\b")


def to_gene_symbol(name: str) -> str:
    """The HGNC symbol that a gene or protein name in a record stands for.

    >>> to_gene_symbol("PD-L1"), to_gene_symbol("EGFR")
    ('CD274', 'EGFR')
    """
    return _ALIASES.get(name.strip().upper(), name.strip())


def matches_finding(rule: str, result: str) -> bool:
    """True when the result says what the rule names; a negative result matches only a rule that asks for one.

    >>> matches_finding("L858R", "p.Leu858Arg"), matches_finding("*57:01", "HLA-B*57:01 negative")
    (True, False)
    >>> matches_finding(">=50%", "TPS 60%"), matches_finding("poor metaboliser", "CYP2C19 Poor Metabolizer")
    (True, True)
    """
    return any(_matches_one(wanted, result) for wanted in rule.split("|"))


def _matches_one(rule: str, result: str) -> bool:
    limit = _LIMIT.search(rule)
    if limit:
        value = _NUMBER.search(result)
        return value is not None and _COMPARE[limit.group(1)](float(value.group(1)), float(limit.group(2)))
    wanted, found = _normalise(rule), _normalise(result)
    if bool(_NEGATIVE.search(wanted)) != bool(_NEGATIVE.search(found)):
        return False
    wanted = wanted.removesuffix(" positive").strip()
    return re.search(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9:])", found) is not None


def _normalise(text: str) -> str:
    """Lower case, one-letter amino acids, one spelling of metaboliser, no `p.` and no double blanks."""
    short = _THREE_LETTER.sub(lambda m: _AMINO_ACIDS[m.group(1).lower()], text)
    lowered = short.lower().replace("metaboliser", "metabolizer").replace("p.", "").replace("mutated", "mutation")
    return " ".join(lowered.replace("(", " ").replace(")", " ").split())
