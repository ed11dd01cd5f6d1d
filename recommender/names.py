"""Reading drug and condition names out of the text that records put beside their codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SEMANTIC_TAG: Final = re.compile(
    r"\s*\((disorder|finding|situation|procedure|substance|product|morphologic abnormality)\)\s*$"
)
_QUALIFIER: Final = re.compile(r"\b(with|without|due to|secondary to|associated with|in|following|complicating)\b.*$")
_NOT_A_NAME: Final = re.compile(
    r"\b(no|not|normal|suspected|possible|risk|screening|family|without|ruled|history|absence)\b"
)
_HISTORY: Final = re.compile(r"^(?:personal )?(?:history of|hx of|h/o|status post)\s+|\s*-\s*history$")
_FAMILY: Final = re.compile(r"^(?:family history|fh|fhx)\b")
_ALLERGY_WORDS: Final = re.compile(
    r"\b(personal history of|history of|allerg(?:y|ic|ies)|status|hypersensitivity|adverse (?:drug )?reaction|"
    r"intolerance|to|reaction|drug|anaphyla(?:xis|ctic)|shock|caused by|due to)\b"
)
_IS_ALLERGY: Final = re.compile(
    r"\ballerg(?:y|ies)\b|\ballergic to\b|\b(?:hypersensitivity|adverse (?:drug )?reaction) to\b|"
    r"\banaphyla(?:xis|ctic \w+) (?:to|due to|caused by)\b"
)
_STRENGTH: Final = re.compile(
    r"\b\d[\d,.]*\s*-?\s*(?:mg|mcg|ug|µg|g|gm|ml|l|meq|mmol|unt|units?|iu|actuat|hr|hour|day|%|million|mu|puffs?|each)\b"
    r"(?:\s*/\s*(?:\d[\d.]*\s*)?(?:mg|mcg|g|ml|l|actuat|hr|day|h)\b)?"
)
_ROUTE: Final = re.compile(r"\b(?:topical|cutaneous|transdermal)\b")
_DISTINCT: Final = re.compile(r"\b(viral|streptococcal|congenital|neonatal|gestational|juvenile)\b")
_JOINED: Final = re.compile(r"(?<=[a-z]{5})-(?=[a-z]{5})")
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9'\-]*")
_STOP: Final = frozenset(
    {"of", "the", "a", "an", "and", "to", "nos", "unspecified", "disease", "disorder", "syndrome", "type"}
)
_FORMS: Final = _words(
    """oral tablet tablets capsule capsules injection injectable solution suspension extended release delayed er xr sr
    dr cr la ec powder inhaler inhalation dry metered dose prefilled syringe cream ointment gel topical spray nasal
    patch transdermal system drops ophthalmic chewable disintegrating sublingual rectal suppository vial ampule bag iv
    po im sc iso-osmotic in water pack kit prn soln tabs tab cap caps susp inj bottle human recombinant liquid film
    coated enteric"""
)
_SALTS: Final = _words(
    """sodium potassium calcium magnesium hydrochloride hcl sulfate succinate tartrate maleate besylate mesylate acetate
    phosphate citrate fumarate bitartrate propionate furoate dipropionate valerate hydrobromide nitrate gluconate
    monohydrate dihydrate anhydrous acid medoxomil chloride bromide trihydrate disodium"""
)
_MAX_WORDS: Final = 5
_MIN_FUZZY_LENGTH: Final = 8
_MIN_RATIO: Final = 90.0


def clean_condition(text: str) -> str:
    """A condition's text in lower case without its semantic tag.

    >>> clean_condition("Acute bronchitis (disorder)")
    'acute bronchitis'
    """
    return " ".join(_SEMANTIC_TAG.sub("", text.strip().lower()).split())


def split_history(text: str) -> tuple[str, bool]:
    """The condition that a text speaks of and whether it says that it is over.

    >>> split_history("history of myocardial infarction")
    ('myocardial infarction', True)
    """
    stripped = _HISTORY.sub("", text)
    return stripped, stripped != text


def is_family_history(text: str) -> bool:
    """True when the text speaks of a relative."""
    return _FAMILY.search(text) is not None


@lru_cache(maxsize=1 << 18)
def to_word_key(text: str) -> str:
    """Words in order of the alphabet without fillers, so that word order does not matter.

    >>> to_word_key("diabetes mellitus type 2") == to_word_key("type 2 diabetes mellitus")
    True
    """
    words = [_singular(w) for w in _WORD.findall(text.lower().replace("'s", "").replace("-", " "))]
    return " ".join(sorted(w for w in words if w not in _STOP) or sorted(words))


def broader_texts(text: str) -> Iterable[str]:
    """Broader readings of a condition's text, nearest first: without qualifier and site, then without leading words.

    A word that makes another disease of it (viral, congenital …) is never dropped.

    >>> list(broader_texts("chronic bacterial sinusitis with polyps")), list(broader_texts("viral sinusitis"))
    (['chronic bacterial sinusitis', 'bacterial sinusitis', 'sinusitis'], [])
    >>> list(broader_texts("osteoarthritis of knee"))
    ['osteoarthritis']
    """
    if _NOT_A_NAME.search(text) or _DISTINCT.search(text):
        return
    if " - " in text:
        yield text.rpartition(" - ")[2]
        return
    plain = _QUALIFIER.sub("", text).replace(",", " ").partition(" of ")[0].strip()
    if plain and plain != text:
        yield plain
    words = plain.split()
    for start in range(1, len(words)):
        rest = " ".join(words[start:])
        if len(rest) >= _MIN_FUZZY_LENGTH - 2:
            yield rest


def clean_drug(text: str) -> str:
    """A drug's text in lower case without strengths and dose forms.

    >>> clean_drug("Simvastatin 10 MG Oral Tablet")
    'simvastatin'
    """
    lowered = _STRENGTH.sub(" ", text.lower().replace("(", " ").replace(")", " "))
    words = [w for w in re.split(r"[\s,;]+", lowered) if w]
    return " ".join(w for w in words if (w not in _FORMS and not re.fullmatch(r"[\d.,%\-/]+", w)) or w == "/")


def find_route(text: str) -> str:
    """The route that a product's name tells, "" when it tells none.

    >>> find_route("Diclofenac Sodium 1 % Topical Gel")
    'topical'
    """
    found = _ROUTE.search(text.lower())
    return found.group() if found else ""


def is_allergy(text: str) -> bool:
    """True when a condition's text says that the patient is allergic to something, once or now.

    >>> [is_allergy(t) for t in ("allergy status to penicillin", "allergic rhinitis", "no known allergies")]
    [True, False, False]
    """
    return _IS_ALLERGY.search(text) is not None and not re.search(r"\b(?:no|not|without|family|seasonal)\b", text)


def clean_allergen(text: str) -> str:
    """An allergy's text without the words that say that it is one.

    >>> clean_allergen("Allergy to penicillin (disorder)")
    'penicillin'
    """
    return " ".join(
        _ALLERGY_WORDS.sub(" ", clean_condition(text).replace("(", " ").replace(")", " ")).split(" - ")[0].split()
    )


def find_drugs(
    text: str, names: Mapping[str, tuple[str, ...]], single_words: tuple[str, ...]
) -> tuple[tuple[str, ...], bool]:
    """Return the drugs whose names stand in the text, longest names first, and whether every name was exact.

    `names` maps lower-case names to ingredients; `single_words` are those of one word, for names with a typing error.
    """
    words = _WORD.findall(_JOINED.sub(" ", clean_drug(text)))
    found: dict[str, None] = {}
    is_exact = True
    start = 0
    while start < len(words):
        size, curies = _longest(words, start, names)
        if not curies and (not found or words[start] not in _SALTS):
            curies = _fuzzy(words[start], names, single_words)
            is_exact = is_exact and not curies
        if not (size == 1 and found and words[start] in _SALTS):
            found.update(dict.fromkeys(curies))
        start += max(size, 1)
    return tuple(found), is_exact


def _longest(words: list[str], start: int, names: Mapping[str, tuple[str, ...]]) -> tuple[int, tuple[str, ...]]:
    for size in range(min(_MAX_WORDS, len(words) - start), 0, -1):
        curies = names.get(" ".join(words[start : start + size]), ())
        if curies:
            return size, curies
    return 1, ()


def _fuzzy(word: str, names: Mapping[str, tuple[str, ...]], single_words: tuple[str, ...]) -> tuple[str, ...]:
    """One typing error apart from a known name of eight letters or more with the same first letter."""
    if len(word) < _MIN_FUZZY_LENGTH:
        return ()
    best = process.extractOne(word, single_words, scorer=fuzz.ratio, score_cutoff=_MIN_RATIO)
    return names[best[0]] if best and best[0][0] == word[0] else ()


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "is", "us")) else word
