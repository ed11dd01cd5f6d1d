"""Stored patients on the disk: nothing readable, a time limit, erasing that is checked, rotation of keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kg.errors import FormatError, ResourceError
from recommender.service.field_cipher import FieldCipher, new_key
from recommender.service.patient_store import PatientStore

MARKER = "MARKER-PATIENT-4711"
START = datetime(2026, 9, 14, tzinfo=UTC)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> PatientStore:
    return PatientStore(tmp_path / "patients", FieldCipher((new_key(),)), retention_days=30, now=clock)


def keep(store: PatientStore, patient_id: str = MARKER, owner: str = "ann") -> str:
    return store.keep(owner, patient_id, {"id": patient_id, "note": "asthma"}, {"sex": "female"}).record


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_of_a_patient_stands_on_the_disk(store: PatientStore, tmp_path: Path) -> None:
    keep(store)
    for word in (MARKER, "asthma", "female"):
        assert word.encode() not in everything(tmp_path)
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "patients").iterdir())


def test_a_record_is_its_owner_s_and_is_replaced_by_the_same_patient(store: PatientStore) -> None:
    first = keep(store)
    assert store.find(first, "ann")
    assert store.find(first, "bob") is None
    assert keep(store) == first
    assert keep(store, owner="bob") != first
    assert len(store.of_owner("ann")) == 1


def test_it_survives_the_service(store: PatientStore, tmp_path: Path) -> None:
    record = keep(store)
    with pytest.raises(ResourceError, match="stop it"):
        PatientStore(tmp_path / "patients", store.cipher, 30)
    store.close()
    again = PatientStore(tmp_path / "patients", store.cipher, 30, now=lambda: START)
    found = again.find(record, "ann")
    assert found
    assert again.read(found, "document") == {"id": MARKER, "note": "asthma"}


def test_after_its_time_a_record_is_gone(store: PatientStore, clock: Clock, tmp_path: Path) -> None:
    record = keep(store)
    clock.now = START + timedelta(days=30)
    assert store.find(record, "ann") is None
    assert store.all_facts() == []
    assert store.remove_expired() == 1
    assert list((tmp_path / "patients").glob("*.json")) == []


def test_erasing_removes_every_record_of_a_patient_and_looks_for_what_is_left(
    store: PatientStore, tmp_path: Path
) -> None:
    keep(store)
    keep(store, owner="bob")
    keep(store, "somebody-else")
    (tmp_path / "note.txt").write_text(f"forgotten: {MARKER}")
    found = store.erase(MARKER, tmp_path)
    assert (found.num_erased, found.num_records_read) == (2, 1)
    assert found.left_in == (str(tmp_path / "note.txt"),)
    (tmp_path / "note.txt").unlink()
    assert store.erase(MARKER, tmp_path).left_in == ()
    assert [patient_id for patient_id, _ in store.all_facts()] == ["somebody-else"]


def test_a_short_id_is_not_found_by_chance(store: PatientStore, tmp_path: Path) -> None:
    keep(store, "1")
    keep(store, "12")
    assert store.erase("1", tmp_path).left_in == ()
    assert [patient_id for patient_id, _ in store.all_facts()] == ["12"]


def test_rotated_records_need_the_new_key_and_not_the_old(store: PatientStore, tmp_path: Path) -> None:
    record, old, new = keep(store), store.cipher, new_key()
    assert store.rotate(FieldCipher((new, *old.keys))) == 1
    store.close()
    with pytest.raises(ResourceError, match="not at hand"):
        PatientStore(tmp_path / "patients", old, 30)
    again = PatientStore(tmp_path / "patients", FieldCipher((new,)), 30, now=lambda: START)
    assert again.find(record, "ann")


def test_a_field_of_another_record_or_a_broken_file_is_not_read(store: PatientStore, tmp_path: Path) -> None:
    first, second = (tmp_path / "patients" / f"{keep(store, name)}.json" for name in ("patient-a", "patient-b"))
    swapped = json.loads(first.read_text())
    swapped["fields"] = json.loads(second.read_text())["fields"]
    first.write_text(json.dumps(swapped))
    found = store.find(first.stem, "ann")
    assert found
    with pytest.raises(ResourceError, match="changed or moved"):
        store.read(found, "document")
    first.write_text("{")
    with pytest.raises(FormatError, match="no stored record"):
        store.read(found, "document")
