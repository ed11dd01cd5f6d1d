"""Names that look alike and mean the reverse: hypotension and hypertension, an antagonist and what it works against.

Neither letters nor sentence vectors tell them apart, so a look-alike with the reverse direction is no candidate.
"""

from __future__ import annotations

import re
from functools import lru_cache

from extraction.concepts import DRUG

_MEASURED = (
    "activ|albumin|aldosteron|algesi|ammon|bilirubin|calc|cholesterol|coagul|cortisol|(?:a)?esthes|glyc|gonad|hidros|"
    "homocystein|insulin|kal|kines|lact|lipid|magnes|natr|o?x|parathyroid|phosphat|pigment|prolactin|reflex|secret|"
    "somn|tens|therm|thyroid|ton|triglycerid|uric|ventil|viscos|vitamin|vol"
)
_LOW = re.compile(
    rf"\b(?:hypo(?:{_MEASURED})\w*|brady\w*|\w+penia|underweight|underactive|low|lower(?:ed|ing)|decreas\w*|reduced|"
    r"reduction|drops?|dropp\w+|falls?|fell|falling|declin\w*|diminish\w*|plung\w*|loss|lack|deplet\w*|deficien\w*)\b"
)
_HIGH = re.compile(
    rf"\b(?:hyper(?:{_MEASURED})\w*|tachy\w*|\w+(?:cytosis|philia|cythemia)|overweight|overactive|overload|high|rais\w+|"
    r"ris(?:e|es|en|ing)|rose|elevat\w*|increas\w*|excess\w*|gain|surge\w*)\b"
)
_AGAINST = re.compile(
    r"\banti(?!bod|gen|th|mon)\w*|\b(?:antagonists?|blockers?|inhibitors?|binders?|chelators?|lowering)\b"
)
_NOT = re.compile(r"\bnon ?(\w{4})")
_REMEMBERED = 20_000


def are_opposite(kind: str, name: str, other: str) -> bool:
    """Tell whether one look-up key of a kind of concept is the reverse of another.

    One says low and the other high, or "non" stands before what the other affirms; of two drugs, only one works against
    what both name.

    >>> are_opposite("disease", "drop in blood pressure", "hypertension")
    True
    >>> are_opposite("disease", "low platelets", "thrombocytopenia")
    False
    >>> are_opposite("drug", "morphine antagonist", "morphine")
    True
    """
    return (
        _go_apart(name, other)
        or _denies(name, other)
        or _denies(other, name)
        or (kind == DRUG and _works_against(name) != _works_against(other))
    )


def _go_apart(name: str, other: str) -> bool:
    sides = {_direction(name), _direction(other)}
    return sides == {(True, False), (False, True)}


def _denies(name: str, other: str) -> bool:
    """Tell whether a name has "non" before a word that stands in the other alone, by its first four letters."""
    denied = _NOT.search(name)
    return denied is not None and not _NOT.search(other) and re.search(rf"\b{denied[1]}", other) is not None


@lru_cache(maxsize=_REMEMBERED)
def _direction(name: str) -> tuple[bool, bool]:
    """Whether a key says low, and whether it says high."""
    return _LOW.search(name) is not None, _HIGH.search(name) is not None


@lru_cache(maxsize=_REMEMBERED)
def _works_against(name: str) -> bool:
    return _AGAINST.search(name) is not None
