"""Names found in a sentence, per family."""

from pathlib import Path

import pytest

from extraction.lexicon import FAMILIES, build_lexicon, read_lexicon
from kg.errors import ModelError

DISEASE, DRUG = 1 << FAMILIES.index("mesh_disease"), 1 << FAMILIES.index("mesh_chemical")
GOES_ON = 8


def test_the_longest_name_is_marked_from_begin_to_end() -> None:
    lexicon = build_lexicon({"heart failure": DISEASE, "congestive heart failure": DISEASE})
    found = lexicon.match(["Congestive", "heart", "failure", "rose"])
    assert found == [DISEASE, DISEASE << GOES_ON, DISEASE << GOES_ON, 0]


def test_marks_inside_and_plurals_do_not_hide_a_name() -> None:
    lexicon = build_lexicon({"beta blocker": DRUG})
    assert lexicon.match(["beta", "-", "blockers"]) == [DRUG, DRUG << GOES_ON, DRUG << GOES_ON]


def test_a_name_does_not_cross_a_full_stop() -> None:
    assert build_lexicon({"heart failure": DISEASE}).match(["heart", ".", "failure"]) == [0, 0, 0]


def test_families_overlap_freely() -> None:
    lexicon = build_lexicon({"lithium": DRUG, "lithium toxicity": DISEASE})
    assert lexicon.match(["lithium", "toxicity"]) == [DISEASE, DISEASE << GOES_ON]


def test_the_shipped_lexicon_knows_naloxone() -> None:
    assert read_lexicon().match(["Naloxone"])[0] & DRUG


def test_a_missing_lexicon_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lexicon is missing"):
        read_lexicon(tmp_path / "none.gz")
