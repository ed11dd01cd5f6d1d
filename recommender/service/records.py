"""What is done to all stored patients from the command line while no service runs; each act stands in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kg.errors import ResourceError
from recommender.service.chained_log import ChainedLog
from recommender.service.config import ServiceConfig
from recommender.service.field_cipher import FieldCipher, new_key
from recommender.service.patient_store import Erasure, PatientStore
from recommender.service.pseudonyms import Pseudonyms

_WHO = "command line"


def erase(config: ServiceConfig, patient_id: str) -> Erasure:
    """Remove every record of a patient and say what was made sure of; errors of `kg.errors`."""
    with _opened(config) as (store, audit):
        found = store.erase(patient_id, config.state_dir)
        pseudonym = Pseudonyms.open(config.state_dir).of(patient_id)
        result = f"{found.num_erased} records erased"
        audit.append({"who": _WHO, "action": "erase patient", "result": result, "patient": pseudonym})
    return found


def expire(config: ServiceConfig) -> int:
    """Remove the records whose time is over; returns how many."""
    with _opened(config) as (store, audit):
        num = store.remove_expired()
        audit.append({"who": _WHO, "action": "expire patients", "result": f"{num} records removed"})
    return num


def rotate(config: ServiceConfig) -> tuple[int, str]:
    """Encrypt all records with a new key; returns how many and where the key stands.

    Both keys are kept until every record is written anew, so that a rotation cut off in between loses nothing.
    """
    source = config.key_source
    with _opened(config) as (store, audit):
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
def _opened(config: ServiceConfig) -> Iterator[tuple[PatientStore, ChainedLog]]:
    if not config.patients_dir.is_dir():
        raise ResourceError(f"No patients are stored in {config.patients_dir}; give the right --state folder.")
    audit = ChainedLog(config.audit_file)
    try:
        store = config.open_patients()
        try:
            yield store, audit
        finally:
            store.close()
    finally:
        audit.close()
