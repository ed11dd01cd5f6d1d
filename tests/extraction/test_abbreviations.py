"""Abbreviations mean in a document what it says they mean."""

import pytest

from extraction.abbreviations import settle_abbreviations
from extraction.document import EntityType, Span
from extraction.pipeline import build_language, tokenize


def settle(text: str, *found: tuple[str, str]) -> list[tuple[str, str]]:
    spans = []
    for name, kind in found:
        start = max([s.end for s in spans], default=0)
        place = text.index(name, start)
        spans.append(Span(place, place + len(name), EntityType(kind)))
    settled = settle_abbreviations(text, tokenize(build_language(), [text])[0], spans)
    return [(text[s.start : s.end], s.type.value) for s in settled]


@pytest.mark.parametrize(
    ("text", "found", "settled"),
    [
        (
            "Colorectal cancer (CRC) is common. CRC kills.",
            [("Colorectal cancer", "disease"), ("CRC", "drug"), ("CRC", "drug")],
            [("Colorectal cancer", "disease"), ("CRC", "disease"), ("CRC", "disease")],
        ),
        (
            "Lattice corneal dystrophy (LCD) is seen.",
            [("corneal dystrophy", "disease")],
            [("corneal dystrophy", "disease"), ("LCD", "disease")],
        ),
        (
            "Aldosterone-producing adenomas (APA) grow.",
            [("Aldosterone", "drug"), ("adenomas", "disease")],
            [("Aldosterone", "drug"), ("adenomas", "disease"), ("APA", "disease")],
        ),
        (
            "Basal cell carcinomas (BCCs) grow. A BCC was seen.",
            [("Basal cell carcinomas", "disease")],
            [("Basal cell carcinomas", "disease"), ("BCCs", "disease"), ("BCC", "disease")],
        ),
        (
            "Dopamine receptor (DR) binding; bleomycin (BLM) lungs, BLM-like.",
            [("Dopamine", "drug"), ("bleomycin", "drug")],
            [("Dopamine", "drug"), ("bleomycin", "drug"), ("BLM", "drug")],
        ),
        (
            "Asthma (AST) or AST deficiency.",
            [("Asthma", "disease"), ("AST deficiency", "disease")],
            [("Asthma", "disease"), ("AST", "disease"), ("AST deficiency", "disease")],
        ),
        (
            "Polyposis coli (PC); the PC gene; PC again.",
            [("Polyposis coli", "disease")],
            [("Polyposis coli", "disease"), ("PC", "disease"), ("PC", "disease")],
        ),
        (
            "Polyposis coli (PC), PC, the PC gene.",
            [("Polyposis coli", "disease"), ("PC", "gene"), ("PC", "gene"), ("PC", "gene")],
            [("Polyposis coli", "disease"), ("PC", "disease"), ("PC", "disease"), ("PC", "gene")],
        ),
        (
            "Phosphodiesterase 4D (PD4D) and PD4D.",
            [("Phosphodiesterase 4D", "drug"), ("PD4D", "gene"), ("PD4D", "gene")],
            [("Phosphodiesterase 4D", "drug"), ("PD4D", "gene"), ("PD4D", "gene")],
        ),
        (
            "Multiple endocrine neoplasia (MEN), MEN1, MEN type 2A; morphine (MOR), MOR1.",
            [("Multiple endocrine neoplasia", "disease"), ("morphine", "drug")],
            [
                ("Multiple endocrine neoplasia", "disease"),
                *((short, "disease") for short in ("MEN", "MEN1", "MEN type 2A")),
                ("morphine", "drug"),
                ("MOR", "drug"),
            ],
        ),
        ("Aspirin (n = 12) helped.", [("Aspirin", "drug")], [("Aspirin", "drug")]),
    ],
)
def test_short_forms_follow_their_long_forms(
    text: str, found: list[tuple[str, str]], settled: list[tuple[str, str]]
) -> None:
    assert settle(text, *found) == settled
