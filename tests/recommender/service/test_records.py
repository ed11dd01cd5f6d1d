"""The commands for stored patients: erased for good, expired in time, keys changed without a loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import cli
from kg.errors import ResourceError
from recommender.policy.log_file import read_lines
from recommender.policy.served import LOG, SLATES
from recommender.service.chained_log import read_log, verify_log
from recommender.service.config import ServiceConfig
from recommender.service.records import expire, open_slates, rotate

MARKER = "MARKER-PATIENT-9001"


@pytest.fixture
def config(tmp_path: Path) -> ServiceConfig:
    config = ServiceConfig(state_dir=tmp_path / "state")
    store = config.open_patients()
    store.keep("ann", MARKER, {"id": MARKER}, {})
    store.keep("ann", "another-patient", {"id": "another-patient"}, {})
    store.close()
    return config


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(words))
    return done.exit_code, done.output


def test_an_erased_patient_is_nowhere(config: ServiceConfig) -> None:
    code, said = run("patients", "erase", MARKER, "--state", str(config.state_dir))
    assert code == 0, said
    assert said.startswith("1 records are erased")
    assert "nothing is left" in said
    kept = [path for path in config.state_dir.rglob("*") if path.is_file()]
    assert not [path for path in kept if MARKER.encode() in path.read_bytes()]
    store = config.open_patients()
    assert [patient_id for patient_id, _ in store.all_facts()] == ["another-patient"]
    store.close()
    assert read_log(config.audit_file, newest=1)[0]["action"] == "erase patient"
    assert verify_log(config.audit_file).broken_line is None


def test_what_is_left_elsewhere_is_named(config: ServiceConfig) -> None:
    (config.state_dir / "export.csv").write_text(MARKER)
    code, said = run("patients", "erase", MARKER, "--state", str(config.state_dir))
    assert code == 1
    assert "export.csv" in said


def test_keys_are_rotated_and_the_old_one_is_gone(config: ServiceConfig) -> None:
    path = config.state_dir / "field.keys"
    old = path.read_text()
    code, said = run("keys", "rotate", "--state", str(config.state_dir))
    assert code == 0, said
    assert old.strip() not in path.read_text()
    store = config.open_patients()
    assert {patient_id for patient_id, _ in store.all_facts()} == {MARKER, "another-patient"}
    store.close()


def test_a_rotation_cut_off_loses_nothing(config: ServiceConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    from recommender.service.patient_store import PatientStore

    whole, written = PatientStore._write, []

    def write_one(self: PatientStore, record: str, content: dict[str, object]) -> None:
        if written:
            raise ResourceError("the disk is full")
        written.append(record)
        whole(self, record, content)

    monkeypatch.setattr(PatientStore, "_write", write_one)
    with pytest.raises(ResourceError, match="full"):
        rotate(config)
    monkeypatch.undo()
    store = config.open_patients()
    assert {patient_id for patient_id, _ in store.all_facts()} == {MARKER, "another-patient"}
    store.close()
    assert rotate(config)[0] == 2
    assert len((config.state_dir / "field.keys").read_text().split("\n")) == 2


def test_one_key_in_a_variable_cannot_be_rotated(config: ServiceConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_FIELD_KEYS", (config.state_dir / "field.keys").read_text().strip())
    with pytest.raises(ResourceError, match="holds one key"):
        rotate(ServiceConfig(state_dir=config.state_dir, field_key="env:TEST_FIELD_KEYS"))


def test_records_within_their_time_stay(config: ServiceConfig) -> None:
    assert expire(config) == (0, 0)


def test_what_policies_learn_from_is_erased_and_expires_without_stored_patients(tmp_path: Path) -> None:
    state = tmp_path / "state"
    log = open_slates(state)
    kept = {"time": "2020-01-01T00:00:00+00:00", "condition": "DOID:1"}
    for name in (MARKER, "another-patient"):
        for path in (tmp_path / SLATES, tmp_path / LOG):
            with path.open("a", encoding="utf-8") as out:
                out.write(json.dumps({**kept, "patient": log.pseudonym(name)}) + "\n")
    code, said = run("patients", "erase", MARKER, "--state", str(state))
    assert code == 0, said
    assert "2 lines" in said
    assert expire(ServiceConfig(state_dir=state)) == (0, 1)
    assert [line["patient"] for line in read_lines(tmp_path / LOG)] == [log.pseudonym("another-patient")]
    assert read_log(state / "audit.jsonl", newest=2)[1]["patient"] == log.pseudonym(MARKER)


def test_without_stored_patients_there_is_a_sentence(tmp_path: Path) -> None:
    code, said = run("patients", "expire", "--state", str(tmp_path))
    assert code != 0
    assert "Traceback" not in said
    with pytest.raises(ResourceError, match="No patients are stored"):
        expire(ServiceConfig(state_dir=tmp_path))
