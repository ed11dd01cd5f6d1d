"""What patterns need, told from how they are written, and held against what they match."""

import re

import pytest

from extraction.assertion import read_rules
from extraction.literals import Prefilter, find_needed
from extraction.relations import read_relation_rules
from extraction.tables import read_patterns

TEXTS = (
    "She denies chest pain but was started on metformin 500 mg daily for type 2 diabetes; no rash was noted.",
    "«d0» is not known to be effective in patients with «c1», and should be avoided (2-3 mg/kg per day).",
    "The Arg506Gln mutation of factor V Leiden, c.35G>A, was ruled out in her mother's brother.",
)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        (r"\bno\b", {"no"}),
        (r"results? (?:in|from)", {"result in", "results in", "result from", "results from"}),
        (r"(?:ab|abc)\d+", {"ab"}),
        (r"x{2}(?:deny)?(?=longer)", {"longer"}),
        (r"[-–]induced", {"-induced", "–induced"}),
        (r"(?i:MG)/\w+kilo", {"kilo"}),
        (r"(?i:MG)/\d", {"mg"}),
        (r"(?:Ala|(?i:alanine))\d", {"Ala", "alanine"}),
        (r"\w+|never", None),
        (r"(?:not )?\d", None),
        (r"(?:only|\d) just", {" just"}),
        (r"on(?= \w+ daily)(?<=upon)", {" daily"}),
        (r"(?:on|by(?= mouth))\b", {"on", " mouth"}),
        (r"(?:up|at(?= night))(?= all)", {" all"}),
    ],
)
def test_what_every_match_holds(pattern: str, needed: set[str] | None) -> None:
    assert find_needed(re.compile(pattern)) == needed


def test_many_texts_are_not_multiplied_out() -> None:
    letters = "(?:a|b|c|d|e|f|g|h|i)"
    assert find_needed(re.compile(f"{letters}{letters}{letters}")) == set("abcdefghi")


def test_only_patterns_that_may_match_are_named() -> None:
    prefilter = Prefilter([re.compile("no longer"), re.compile(r"\d"), re.compile("DENIES", re.I), re.compile("Ala")])
    assert prefilter.find("she denies it") == [1, 2]
    assert prefilter.find("no longer") == [0, 1]
    assert prefilter.find("Denies alanine") == [1, 2]
    assert prefilter.find("Ala") == [1, 3]


@pytest.mark.parametrize("text", TEXTS)
def test_no_rule_that_matches_is_left_out(text: str) -> None:
    rules = [r.pattern for r in read_rules()] + [r.pattern for r in read_relation_rules()]
    rules += [pattern for _, pattern in read_patterns("span_patterns.tsv")]
    matching = {place for place, pattern in enumerate(rules) if pattern.search(text)}
    assert matching
    assert matching <= set(Prefilter(rules).find(text))
