"""Feedback is on the disk when it is answered, and holds codes only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recommender.service.chained_log import read_log, verify_log
from tests.recommender.service.service_world import open_client

GIVEN: dict[str, Any] = {"condition": "DOID:1", "drugs": ["DRUGBANK:P"], "outcome": "accepted", "score": 7}


def test_feedback_is_kept(tmp_path: Path) -> None:
    with open_client(tmp_path) as client:
        assert client.post("/v1/feedback", json=GIVEN).status_code == 201
        overridden = GIVEN | {"outcome": "overridden", "reason": "patient-refuses"}
        assert client.post("/v1/feedback", json=overridden).status_code == 201
    newest, oldest = read_log(tmp_path / "feedback.jsonl", newest=5)
    assert (newest["outcome"], newest["reason"], newest["who"]) == ("overridden", "patient-refuses", "local")
    assert oldest["drugs"] == ["DRUGBANK:P"]
    assert verify_log(tmp_path / "feedback.jsonl").broken_line is None


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "overridden"},
        {"reason": "because Mr Smith said so", "outcome": "overridden"},
        {"drugs": []},
        {"condition": "the patient Smith"},
        {"who": "somebody else"},
        {"outcome": "liked"},
    ],
)
def test_other_words_than_ours_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with open_client(tmp_path) as client:
        assert client.post("/v1/feedback", json=GIVEN | change).status_code == 422
    assert read_log(tmp_path / "feedback.jsonl", newest=5) == []
