"""One document, one meaning: an abbreviation has the type of its long form wherever the document uses it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from spacy.tokens import Doc

from extraction.document import EntityType, Span
from extraction.spans import merge_spans

_SLACK = 4
_OPENED = re.compile(r"\s?\(\s?([A-Za-z][\w/+-]{1,9}?)s?(?=[),;:])")
_OF_GENE = re.compile(
    r"\)? (?:tumou?r suppressor |candidate )?(?:genes?|proteins?|mutations?|alleles?|loc(?:us|i)|mRNA|promoter|exons?|"
    r"transcripts?|homologue?s?|cDNA|gene products?|variants?|polymorphisms?|expression|region|carriers)\b"
)
_ENZYME = re.compile(r"\w{2}[^\We]ases?\b|prote(?:in)?ase", re.I)
_NUMBERED = r"(?:-?\d[A-Z]?|\s+type \d[A-Z]?)"
_NAMED = frozenset({EntityType.DISEASE, EntityType.SYMPTOM, EntityType.DRUG})


def settle_abbreviations(text: str, doc: Doc, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the spans of a text with every occurrence of their abbreviations, of their long form's type.

    `doc` is the text as spaCy read it, which joins it from its words at every call of `doc.text`.
    Abbreviations are those of the document's detector and the short words in brackets right behind a span. What was
    found to be a gene more often than anything else stays what it was found to be, unless the brackets say otherwise;
    the abbreviation of an enzyme stays so always.
    """
    in_brackets = dict(_in_brackets(text, spans))
    called = Counter((text[s.start : s.end], s.type == EntityType.GENE) for s in spans)
    meanings = {
        short: span
        for short, span in (in_brackets | dict(_detected(doc, spans))).items()
        if not _ENZYME.search(text, span.start, span.end)
        if short in in_brackets or called[short, True] <= called[short, False]
    }
    if not meanings:
        return tuple(spans)
    return merge_spans(_replace_short(text, meanings, spans))


def _detected(doc: Doc, spans: Sequence[Span]) -> Iterator[tuple[str, Span]]:
    """Yield the detector's abbreviations whose long form ends with a span; a drug's must be the whole of it.

    What ends in a mark, "Atm-/-", is a genotype.
    """
    by_end = {span.end: span for span in spans if span.type in _NAMED}
    for short in doc._.abbreviations:
        span = by_end.get(short._.long_form.end_char)
        if span is not None and short.text[-1].isalnum():
            apart = abs(span.start - short._.long_form.start_char)
            if apart <= _SLACK or span.type != EntityType.DRUG:
                yield short.text, span if apart <= _SLACK else replace(span, curie="")


def _in_brackets(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, Span]]:
    """Yield (short form, span) for spans like "heart failures (HFs)": capitals that fit the span's first letters."""
    for span in spans:
        opened = _OPENED.match(text, span.end)
        if span.type not in _NAMED or opened is None or sum(c.isupper() for c in opened[1]) < 2:
            continue
        words = re.findall(r"\w+", text[span.start : span.end].upper())
        last = next((c for c in reversed(opened[1]) if c.isupper()), "")
        if words[0].startswith(opened[1][0].upper()) or words[-1].startswith(last):
            yield opened[1], span


def _replace_short(text: str, meanings: Mapping[str, Span], spans: Sequence[Span]) -> list[Span]:
    """Return the spans with each occurrence of a short form as its long form's type, unless a longer span holds it.

    A disease may bear a number, "SJS type 2", "MEN1".
    "The APC gene" of polyposis is no disease, unless it was found to be one.
    """
    pattern = "|".join(re.escape(short) for short in sorted(meanings, key=len, reverse=True))
    found = {(s.start, s.end) for s in spans if s.type != EntityType.GENE}
    shorts = [
        replace(meanings[match[1]], start=match.start(), end=match.end())
        for match in re.finditer(rf"(?<![\w-])({pattern})(?:s|({_NUMBERED}))?(?![\w-])", text)
        if match[2] is None or meanings[match[1]].type == EntityType.DISEASE
        if match.span() in found or not _OF_GENE.match(text, match.end())
    ]
    taken = {(s.start, s.end) for s in shorts}
    longer = [s for s in spans if any(s.start <= a and b <= s.end and (s.start, s.end) != (a, b) for a, b in taken)]
    return [*longer, *shorts, *(s for s in spans if (s.start, s.end) not in taken)]
