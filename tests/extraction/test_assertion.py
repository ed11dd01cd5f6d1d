"""Assertion: the trap suite, scopes, sections."""

import re
from pathlib import Path

import pytest

from extraction.assertion import ASSERTIONS, read_assertions, read_rules
from extraction.document import EntityType, Span
from extraction.sections import read_sections
from extraction.sentences import split_sentences

LETTERS = dict(zip(ASSERTIONS, "nuhfp", strict=True))
TRAPS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "assertion_traps.tsv").read_text("utf-8").splitlines()[1:]
]


def read_marked(marked: str) -> tuple[str, list[Span]]:
    """Return the text without its square brackets, and the spans that stood in them."""
    text, spans = "", []
    for part in re.split(r"(\[[^\]]*\])", marked.replace("\\n", "\n")):
        if part.startswith("["):
            spans.append(Span(len(text), len(text) + len(part) - 2, EntityType.DISEASE))
        text += part.strip("[]") if part.startswith("[") else part
    return text, spans


def assertions_of(marked: str) -> list[str]:
    """Return one string of letters per marked mention, "-" for a plain one."""
    text, spans = read_marked(marked)
    found = read_assertions(text, spans, split_sentences(text), read_sections(text))
    return ["".join(LETTERS[name] for name in ASSERTIONS if getattr(a, name)) or "-" for a in found]


@pytest.mark.parametrize(("sentence", "expected"), TRAPS)
def test_trap(sentence: str, expected: str) -> None:
    assert assertions_of(sentence) == expected.split(",")


def test_trap_suite_is_large_and_holds_every_assertion() -> None:
    assert len({sentence for sentence, _ in TRAPS}) >= 150
    assert {letter for _, expected in TRAPS for letter in expected if letter.isalpha()} == set(LETTERS.values())


def test_trigger_inside_a_mention_does_not_fire() -> None:
    assert assertions_of("[No-reflow phenomenon] and [chest pain].") == ["-", "-"]


def test_text_with_letters_that_grow_in_lower_case_keeps_its_offsets() -> None:
    assert assertions_of("İİİİ: no [fever].") == ["n"]


def test_rules_know_only_the_five_assertions() -> None:
    assert {r.assertion for r in read_rules()} <= {*ASSERTIONS, "any", "affirmed"}
    assert {r.direction for r in read_rules()} == {"forward", "backward", "pseudo", "stop"}


@pytest.mark.parametrize(
    ("text", "negated"),
    [
        ("X-ray of the back is unremarkable.", False),
        ("The X-ray was negative.", False),
        ("X-ray was not performed.", True),
        ("No X-ray was taken.", True),
    ],
)
def test_a_result_denies_no_procedure(text: str, negated: bool) -> None:
    start = text.index("X-ray")
    spans = [Span(start, start + 5, EntityType.PROCEDURE)]
    assert [a.negated for a in read_assertions(text, spans, [(0, len(text))], ())] == [negated]


def test_every_assertion_has_traps_that_a_plain_reading_fails() -> None:
    plain = [letter for _, expected in TRAPS for letter in expected.split(",")]
    assert plain.count("-") < len(plain) / 2
