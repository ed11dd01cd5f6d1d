"""What the page's form sends: a patient and switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from kg.errors import InputError
from recommender.service.characters import has_half_character
from recommender.service.plan_routes import read_example
from recommender.what_if import Change, read_change

SETTINGS: Final = ("egfr", "age", "pregnant", "child_pugh")
ADDITIONS: Final = ("drug", "allergy", "condition")


@dataclass(frozen=True, slots=True)
class PageForm:
    """The fields by name, every one a text."""

    values: Mapping[str, str]

    @classmethod
    def from_body(cls, body: bytes) -> PageForm:
        """Read an urlencoded body; the last value of a field counts."""
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=50)
        return cls({name: values[-1].strip() for name, values in fields.items()})

    def __getitem__(self, name: str) -> str:
        """A field, "" when it was not sent."""
        return self.values.get(name, "")

    def read_patient(self) -> dict[str, Any]:
        """The pasted patient, else the chosen example; InputError when there is neither or the text is not JSON."""
        if self["patient"]:
            return _read_json(self["patient"])
        if self["example"]:
            return read_example(self["example"])
        raise InputError("No patient was given; choose an example, or paste a FHIR Bundle.")

    def read_changes(self) -> tuple[Change, ...]:
        """The switches that were touched; InputError for a value that is not understood."""
        changes = [read_change("set", f"{name}={self[name]}") for name in SETTINGS if self[name]]
        changes += [read_change("add", f"{name}:{self[name]}") for name in ADDITIONS if self[name]]
        if self["without"]:
            changes.append(read_change("without", f"source:{self['without']}"))
        return tuple(changes)


def _read_json(text: str) -> dict[str, Any]:
    if has_half_character(text.encode()):
        raise InputError("The patient holds half of a character (a lone surrogate); paste it whole.")
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"The patient is not JSON: {error.msg} in line {error.lineno}; paste a whole document."
        ) from None
    except RecursionError:
        raise InputError("The patient is nested too deeply; paste a FHIR Bundle.") from None
    if not isinstance(value, dict):
        raise InputError("The patient is not a JSON object; paste a FHIR Bundle or a plain patient.")
    return value
