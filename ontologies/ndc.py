"""National Drug Codes: one spelling for the forms that records use.

A code has a labeler, a product and, for what is packed, a package segment. FDA writes ten digits with hyphens (4-4-2,
5-3-2 or 5-4-1; 21 CFR 207.33), billing writes eleven without (5-4-2), the shorter segment filled up with a zero in
front. What a package contains is decided by its labeler and product.
"""

from __future__ import annotations

import re
from typing import Final

PREFIX: Final = "NDC"
_WIDTHS: Final = (5, 4, 2)
_NUM_PRODUCT: Final = 9
_HYPHENS: Final = re.compile(r"(\d{4,5})-(\d{3,4})(?:-(\d{1,2}))?")
_DIGITS: Final = re.compile(r"\d{9}|\d{11}")
_LENGTHS: Final = frozenset({(4, 4, 2), (5, 3, 2), (5, 4, 1), (5, 4, 2), (4, 4), (5, 3), (5, 4)})


def normalise_ndc(code: str) -> str:
    """Return the eleven digits of a package or the nine of a product, "" for what is neither.

    Ten digits without hyphens have several readings, so they are none.

    >>> normalise_ndc("0002-8215-01"), normalise_ndc("50580-449"), normalise_ndc("00002821501")
    ('00002821501', '505800449', '00002821501')
    >>> normalise_ndc("0002821501"), normalise_ndc("12-34")
    ('', '')
    """
    text = code.strip()
    if _DIGITS.fullmatch(text):
        return text
    match = _HYPHENS.fullmatch(text)
    segments = [part for part in match.groups() if part] if match else []
    if tuple(map(len, segments)) not in _LENGTHS:
        return ""
    return "".join(part.zfill(width) for part, width in zip(segments, _WIDTHS, strict=False))


def to_product(code: str) -> str:
    """Return the nine digits of labeler and product of a code in any of its forms, "" for what is none.

    >>> to_product("0002-8215-01"), to_product("nonsense")
    ('000028215', '')
    """
    return normalise_ndc(code)[:_NUM_PRODUCT]
