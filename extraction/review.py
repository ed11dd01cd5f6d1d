"""A page for the eye: what was read, marked in the text, in one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from extraction.assertion import ASSERTIONS
from extraction.document import Annotated, EntityType, Skipped
from kg.errors import ResourceError
from kg.model import Mention, Statement

_COLOURS = {
    EntityType.DISEASE: "#f8c9c4",
    EntityType.DRUG: "#c6e2f5",
    EntityType.SYMPTOM: "#fbe3b0",
    EntityType.GENE: "#d6efc9",
    EntityType.VARIANT: "#bfe8dc",
    EntityType.PROCEDURE: "#e1d5f2",
    EntityType.LAB_TEST: "#dcdfe4",
    EntityType.DOSE: "#f4d6ea",
}
_COLUMNS = ("subject", "predicate", "object", "confidence", "rule", "sentence")
_STYLE = """
body { font: 16px/1.7 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
article { border-top: 1px solid #999; padding: 1rem 0; }
.text { white-space: pre-wrap; }
mark { padding: .1em .25em; border-radius: .25em; color: inherit; }
mark small { font-size: .7em; margin-left: .35em; color: #333; }
mark.negated { text-decoration: line-through; }
mark.family, mark.historical, mark.hypothetical, mark.uncertain { outline: 2px dotted #555; }
table { border-collapse: collapse; margin-top: .75rem; font-size: .9rem; }
th, td { border: 1px solid #bbb; padding: .2rem .5rem; text-align: left; vertical-align: top; }
.denied { color: #8a1f11; }
"""


def write_review(read: Iterable[Annotated | Skipped], path: Path) -> int:
    """Write the page and return how many documents it shows; ResourceError when the file cannot be written."""
    shown = 0
    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(_head())
            for item in read:
                file.writelines(_article(item) if isinstance(item, Annotated) else _skipped(item))
                shown += isinstance(item, Annotated)
            file.write("</body></html>\n")
    except OSError as error:
        raise ResourceError(f"{path}: cannot be written ({error.strerror}); choose another place.") from error
    return shown


def to_marked_text(text: str, mentions: Iterable[Mention]) -> str:
    """Return a text as HTML with its mentions marked; everything from the text is escaped.

    >>> to_marked_text("a <b> c", [])
    'a &lt;b&gt; c'
    """
    parts, at = [], 0
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if mention.start >= at:
            parts += [escape(text[at : mention.start]), _mark(mention)]
            at = mention.end
    return "".join([*parts, escape(text[at:])])


def _head() -> str:
    legend = " ".join(f'<mark style="background:{c}">{escape(t.value)}</mark>' for t, c in _COLOURS.items())
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>What was read</title>'
        f"<style>{_STYLE}</style></head><body><h1>What was read</h1><p>{legend}</p>"
        "<p>Struck through: negated. Dotted: uncertain, hypothetical, family or past. Hold the pointer over a mention "
        "for its concept.</p>\n"
    )


def _article(annotated: Annotated) -> Iterator[str]:
    document = annotated.source.document
    yield f"<article><h2>{escape(document.document_id)}</h2>"
    place = f"{annotated.source.path}, {annotated.source.position}"
    yield f"<p>{escape(document.title)} <small>{escape(place)}</small></p>"
    yield f'<div class="text">{to_marked_text(document.text, annotated.mentions)}</div>'
    if annotated.statements:
        yield f"<table><tr>{''.join(f'<th>{name}</th>' for name in _COLUMNS)}</tr>"
        yield from (_row(document.text, statement) for statement in annotated.statements)
        yield "</table>"
    yield "</article>\n"


def _mark(mention: Mention) -> str:
    flags = [name for name in ASSERTIONS if getattr(mention, name)]
    tip = ", ".join(filter(None, [mention.type, mention.curie or "no concept", *flags, mention.section]))
    label = " ".join([mention.type, *flags])
    colour = _COLOURS[EntityType(mention.type)]
    return (
        f'<mark class="{" ".join(flags)}" style="background:{colour}" title="{escape(tip)}">{escape(mention.text)}'
        f"<small>{escape(label)}</small></mark>"
    )


def _row(text: str, statement: Statement) -> str:
    subject, target = text[slice(*statement.subject_span)], text[slice(*statement.object_span)]
    said = f"{'not ' if statement.negated else ''}{statement.predicate.value}{' ?' if statement.uncertain else ''}"
    cells = [
        f"{subject} ({statement.subject})",
        said,
        f"{target} ({statement.object})",
        "" if statement.confidence is None else f"{statement.confidence:.2f}",
        statement.rule,
        statement.sentence,
    ]
    kind = ' class="denied"' if statement.negated else ""
    return f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _skipped(item: Skipped) -> Iterator[str]:
    yield f"<p>Not read: {escape(item.path)}, {escape(item.position)}: {escape(item.reason)}</p>\n"
