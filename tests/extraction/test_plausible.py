"""What a note does not name."""

import pytest

from extraction.document import EntityType, Span
from extraction.plausible import keep_plausible


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("Gastrointestinal", EntityType.DISEASE, False),
        ("gastrointestinal bleeding", EntityType.DISEASE, True),
        ("sits", EntityType.DRUG, False),
        ("aspirin", EntityType.DRUG, True),
        ("Eyes\nVisual acuity", EntityType.DISEASE, False),
    ],
)
def test_kept(name: str, kind: EntityType, kept: bool) -> None:
    assert keep_plausible(name, [Span(0, len(name), kind)]) == ((Span(0, len(name), kind),) if kept else ())
