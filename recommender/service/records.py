"""What is done to all stored patients from the command line while no service runs; each act stands in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kg.errors import ResourceError
from recommender.policy.served import SlateLog
from recommender.service.chained_log import ChainedLog
from recommender.service.config import ServiceConfig
from recommender.service.field_cipher import FieldCipher, new_key
from recommender.service.patient_store import Erasure, PatientStore
from recommender.service.pseudonyms import KEY_FILE, Pseudonyms

_WHO = "command line"
_NOTHING = "No patients are stored in {}; give the right --state folder."


def open_slates(state_dir: Path) -> SlateLog:
    """The slates and the feedback beside a state folder, whose patients bear its pseudonyms."""
    return SlateLog(state_dir.parent, Pseudonyms.open(state_dir).of)


def erase(config: ServiceConfig, patient_id: str) -> tuple[Erasure, int]:
    """Remove every record of a patient, and every line of what policies learn from; say what was made sure of, and
    how many lines went. Errors of `kg.errors`."""
    with _opened(config) as (store, audit):
        num_lines = open_slates(config.state_dir).erase(patient_id)
        found = store.erase(patient_id, config.state_dir) if store else Erasure(0, 0, 0, ())
        pseudonym = Pseudonyms.open(config.state_dir).of(patient_id)
        result = f"{found.num_erased} records and {num_lines} lines of slates and feedback erased"
        audit.append({"who": _WHO, "action": "erase patient", "result": result, "patient": pseudonym})
    return found, num_lines


def expire(config: ServiceConfig) -> tuple[int, int]:
    """Remove the records whose time is over, and the slates older than a day; returns how many of each."""
    with _opened(config) as (store, audit):
        num = store.remove_expired() if store else 0
        num_slates = open_slates(config.state_dir).expire()
        result = f"{num} records and {num_slates} slates removed"
        audit.append({"who": _WHO, "action": "expire patients", "result": result})
    return num, num_slates


def rotate(config: ServiceConfig) -> tuple[int, str]:
    """Encrypt all records with a new key; returns how many and where the key stands.

    Both keys are kept until every record is written anew, so that a rotation cut off in between loses nothing.
    """
    source = config.key_source
    with _opened(config) as (store, audit):
        if store is None:
            raise ResourceError(_NOTHING.format(config.patients_dir))
        before = store.cipher
        if source.kind == "env":
            if len(before.keys) < 2:
                raise ResourceError(f"{source.name} holds one key; put a line of `theragraph keys new` before it.")
            after = before
        else:
            after = FieldCipher((new_key(), *before.keys))
            source.keep(after.keys)
        num = store.rotate(after)
        source.keep(after.keys[:1])
        audit.append({"who": _WHO, "action": "rotate keys", "result": f"{num} records encrypted anew"})
    return num, f"{source.kind}:{source.name}"


@contextmanager
def _opened(config: ServiceConfig) -> Iterator[tuple[PatientStore | None, ChainedLog]]:
    """The stored patients, None where a service ran that stored none, and the audit log."""
    has_patients = config.patients_dir.is_dir()
    if not has_patients and not (config.state_dir / KEY_FILE).is_file():
        raise ResourceError(_NOTHING.format(config.patients_dir))
    audit = ChainedLog(config.audit_file)
    try:
        store = config.open_patients() if has_patients else None
        try:
            yield store, audit
        finally:
            if store:
                store.close()
    finally:
        audit.close()
