"""Notes are read by one thread at a time, and a model that is missing does not stop the service."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from starlette.exceptions import HTTPException

from kg.errors import ModelError
from recommender.patient import ClinicalText, TextMention
from recommender.service.notes import OneAtATime


def test_threads_take_turns() -> None:
    inside, most = [0], [0]

    def read(text: ClinicalText) -> list[TextMention]:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return [TextMention(text.text, "DOID:1", "disease")]

    reader = OneAtATime(read)
    with pytest.raises(HTTPException, match="503"):
        reader(ClinicalText("asthma"))
    reader.warm()
    threads = [threading.Thread(target=reader, args=(ClinicalText("asthma"),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert reader(ClinicalText("asthma"))[0].text == "asthma"


def test_a_missing_model_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def read(text: ClinicalText) -> list[TextMention]:
        raise ModelError("there is no model")

    with caplog.at_level(logging.WARNING, logger="theragraph.service"):
        OneAtATime(read).warm()
    assert "there is no model" in caplog.text
