"""Damaged Bundles: never a traceback, always the path of the element at fault, and still a plan or one clear error."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from kg.errors import FormatError, InputError, TheraGraphError
from recommender.patient import Patient
from recommender.read_fhir import read_bundle, read_fhir_file
from recommender.read_patient import read_patient
from recommender.recommend import Failure
from recommender.to_html import to_html
from recommender.to_json import to_json
from tests.recommender.memory_graph import starter_recommender

PATIENTS = Path(__file__).parents[2] / "examples" / "patients"
JUNK: tuple[Any, ...] = (
    None,
    "",
    "x" * 5_000,
    -1,
    1e308,
    float("nan"),
    True,
    [],
    {},
    [[]],
    [None],
    {"coding": "x"},
    {"coding": [1, None, {"system": 3, "code": {}}]},
    {"value": "much", "unit": 7},
    "9999-99-99",
    "2999-01-01",
    "-44-01-01",
    "\u0000\uffff",
)


def load(name: str = "interaction") -> dict[str, Any]:
    bundle: dict[str, Any] = json.loads((PATIENTS / f"{name}.json").read_text())
    return bundle


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON document."""
    found = [path] if path else []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        found += paths_of(member, (*path, key))
    return found


def mutated(bundle: dict[str, Any], random_: random.Random) -> dict[str, Any]:
    """The Bundle with one to three places deleted or replaced."""
    broken = copy.deepcopy(bundle)
    for _ in range(random_.randint(1, 3)):
        path = random_.choice(paths_of(broken))
        parent: Any = broken
        for key in path[:-1]:
            parent = parent[key]
        if random_.random() < 0.3:
            del parent[path[-1]]
        else:
            parent[path[-1]] = random_.choice(JUNK)
    return broken


@pytest.mark.parametrize("name", ["allergy", "interaction", "abstain"])
def test_mutated_bundles_give_a_plan_or_one_clear_error(name: str) -> None:
    random_, bundle = random.Random(7), load(name)
    recommender = starter_recommender()
    for _ in range(100):
        broken = mutated(bundle, random_)
        try:
            patient = read_bundle(broken)
        except InputError:
            continue
        plan = recommender.recommend(patient)
        to_html(plan)
        json.dumps(to_json(plan))
        assert all(issue.path.startswith("Bundle") for issue in patient.issues)


def with_resource(index: int, **changes: Any) -> Patient:
    bundle = load()
    bundle["entry"][index]["resource"].update(changes)
    return read_bundle(bundle)


def issues_of(patient: Patient) -> dict[str, str]:
    return {issue.path: issue.problem for issue in patient.issues}


def test_a_condition_without_a_code_is_reported_with_its_path() -> None:
    assert "Bundle.entry[1].resource.code" in issues_of(with_resource(1, code=None))


def test_a_wrong_type_is_reported_with_its_path() -> None:
    assert issues_of(with_resource(1, clinicalStatus=7))["Bundle.entry[1].resource.clinicalStatus"].startswith(
        "is a number"
    )


def test_dates_in_the_future_are_reported_and_dropped() -> None:
    patient = with_resource(0, birthDate="2999-01-01")
    assert "lies in the future" in issues_of(patient)["Bundle.entry[0].resource.birthDate"]
    assert patient.age_years is None


def test_negative_values_and_wrong_units_are_reported() -> None:
    below = with_resource(7, valueQuantity={"value": -1.1, "unit": "mg/dL", "code": "mg/dL"})
    assert any("never negative" in problem for problem in issues_of(below).values())
    wrong = with_resource(7, valueQuantity={"value": 1.1, "unit": "bananas", "code": "bananas"})
    assert any("is not a unit of creatinine_mg_dl" in problem for problem in issues_of(wrong).values())


def test_another_patient_s_resource_is_left_out() -> None:
    patient = with_resource(1, subject={"reference": "Patient/somebody-else"})
    assert "atrial" not in " ".join(c.concept.text for c in patient.conditions).lower()
    assert any("another patient" in problem for problem in issues_of(patient).values())


def test_a_bundle_without_a_patient_is_an_error() -> None:
    bundle = load()
    del bundle["entry"][0]
    with pytest.raises(InputError, match="has no Patient"):
        read_bundle(bundle)


@pytest.mark.parametrize("document", [[], 3, "x", None, {"resourceType": "Patient"}, {}])
def test_what_is_no_bundle_is_an_error(document: Any) -> None:
    with pytest.raises(InputError, match="not a FHIR Bundle"):
        read_bundle(document)


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b'{"resourceType": "Bundle", "entry": [', b"\xff\xfe\x00", b"[" * 100_000, b"\x00" * 10],
)
def test_truncated_and_binary_files_are_format_errors(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "patient.json"
    path.write_bytes(data)
    with pytest.raises(FormatError):
        read_fhir_file(path)


def test_a_damaged_gzip_is_a_format_error(tmp_path: Path) -> None:
    path = tmp_path / "patient.json.gz"
    path.write_bytes(gzip.compress(json.dumps(load()).encode())[:-20])
    with pytest.raises(FormatError):
        read_patient(path)


def test_fifty_megabytes_of_text_are_cut_and_reported() -> None:
    bundle = load()
    text = base64.b64encode(b"warfarin " * 6_000_000).decode()
    document = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain", "data": text}}],
    }
    bundle["entry"].append({"resource": document})
    patient = read_bundle(bundle)
    assert any("only the first 200000 are read" in issue.problem for issue in patient.issues)
    assert len(patient.texts[0].text) == 200_000


def test_a_batch_goes_on_after_a_bad_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text((PATIENTS / "allergy.json").read_text())
    first, second = starter_recommender().recommend_batch(sorted(tmp_path.iterdir()))
    assert isinstance(first, Failure)
    assert "a.json" in first.error
    assert not isinstance(second, Failure)


def test_a_missing_file_and_a_strange_suffix_say_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(TheraGraphError, match="is not a file"):
        read_patient(tmp_path / "none.json")
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(InputError, match=r"\.yaml"):
        read_patient(tmp_path / "x.txt")
