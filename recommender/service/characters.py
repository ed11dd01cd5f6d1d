"""Half characters: JSON can escape them, and then no answer, log or file can hold them."""

from __future__ import annotations

import json
import re
from typing import Final

_HALF: Final = re.compile(rb"\\ud[89a-f]", re.IGNORECASE)


def has_half_character(text: bytes) -> bool:
    r"""Whether a JSON text escapes one half of a surrogate pair without the other; False for what is not JSON.

    >>> has_half_character(rb'{"name": "\ud83d\ude00"}'), has_half_character(rb'{"name": "\ud83d"}')
    (False, True)
    """
    if not _HALF.search(text):
        return False
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False
