"""What the words beside a stopped medication say about trying it again."""

from __future__ import annotations

import re
from typing import Final

from recommender.patient import StopReason

_INEFFECTIVE: Final = re.compile(
    r"\b(ineffective|inefficacy|treatment failure|therapy failure|failed|no (?:effect|response|benefit)|not effective|"
    r"lack of (?:effect|efficacy|response|benefit)|insufficient (?:effect|response)|inadequate (?:effect|response)|"
    r"refractory|resistant|(?:disease|tumou?r) progress\w*|progressive disease|relapse)\b",
    re.IGNORECASE,
)
_NOT_TOLERATED: Final = re.compile(
    r"\b(not tolerated|intoleran\w+|side effects?|adverse|toxicity|reaction|could not tolerate)\b", re.IGNORECASE
)


def to_stop_reason(text: str) -> StopReason:
    """The reason that the words give; harm counts before lack of effect.

    >>> [to_stop_reason(t).value for t in ("Lack of efficacy", "side effects: cough", "course completed")]
    ['ineffective', 'not tolerated', '']
    """
    if _NOT_TOLERATED.search(text):
        return StopReason.NOT_TOLERATED
    return StopReason.INEFFECTIVE if _INEFFECTIVE.search(text) else StopReason.NOT_STATED
