"""Fields at rest: what is not there without the key, and what cannot be moved or changed."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from kg.errors import InputError, ResourceError
from recommender.service.field_cipher import FieldCipher, KeySource, new_key, to_line

PLACE = "patients/1/document"


@pytest.fixture
def cipher() -> FieldCipher:
    return FieldCipher((new_key(),))


def test_a_value_comes_back_and_is_never_written_twice_alike(cipher: FieldCipher) -> None:
    first, second = cipher.encrypt(b"asthma", PLACE), cipher.encrypt(b"asthma", PLACE)
    assert first != second
    assert cipher.decrypt(first, PLACE) == cipher.decrypt(second, PLACE) == b"asthma"
    assert b"asthma" not in base64.b64decode(first.partition(".")[2])


def test_every_changed_byte_is_found(cipher: FieldCipher) -> None:
    key_id, _, text = cipher.encrypt(b"asthma", PLACE).partition(".")
    raw = base64.b64decode(text)
    for i in range(len(raw)):
        changed = base64.b64encode(raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1 :]).decode()
        with pytest.raises(ResourceError, match="changed or moved"):
            cipher.decrypt(f"{key_id}.{changed}", PLACE)


def test_a_value_cannot_stand_in_another_patient_s_place(cipher: FieldCipher) -> None:
    with pytest.raises(ResourceError, match="changed or moved"):
        cipher.decrypt(cipher.encrypt(b"asthma", PLACE), "patients/2/document")


def test_another_key_reads_nothing(cipher: FieldCipher) -> None:
    sealed = cipher.encrypt(b"asthma", PLACE)
    with pytest.raises(ResourceError, match="not at hand"):
        FieldCipher((new_key(),)).decrypt(sealed, PLACE)
    other = FieldCipher(((cipher.keys[0][0], new_key()[1]),))
    with pytest.raises(ResourceError, match="changed or moved"):
        other.decrypt(sealed, PLACE)


def test_nist_s_test_vector() -> None:
    """AES-256-GCM as McGrew & Viega's test case 14: zero key, zero nonce, one zero block."""
    key, nonce = bytes(32), bytes(12)
    expected = bytes.fromhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")
    sealed = f"zero.{base64.b64encode(nonce + expected).decode()}"
    assert FieldCipher((("zero", key),)).decrypt(sealed, "") == bytes(16)


def test_keys_in_a_file_are_the_owner_s_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "field.keys"
    cipher = KeySource.parse(f"file:{path}").open()
    assert path.stat().st_mode & 0o077 == 0
    assert KeySource.parse(f"file:{path}").open() == cipher
    path.chmod(0o644)
    with pytest.raises(ResourceError, match="chmod 600"):
        KeySource.parse(f"file:{path}").open()


def test_keys_in_a_variable_are_the_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = new_key(), new_key()
    monkeypatch.setenv("TEST_FIELD_KEYS", f"{to_line(new)},{to_line(old)}")
    cipher = KeySource.parse("env:TEST_FIELD_KEYS").open()
    assert cipher.keys == (new, old)
    assert cipher.decrypt(FieldCipher((old,)).encrypt(b"x", PLACE), PLACE) == b"x"
    monkeypatch.setenv("TEST_FIELD_KEYS", "")
    with pytest.raises(InputError, match="is empty"):
        KeySource.parse("env:TEST_FIELD_KEYS").open()


def test_keys_in_a_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the library keyring is not installed (extra: privacy)")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1  # type: ignore[assignment]

        def __init__(self) -> None:
            super().__init__()
            self.kept: dict[tuple[str, str], str] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.kept.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.kept[service, username] = password

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        first = KeySource.parse("keyring:theragraph").open()
        assert KeySource.parse("keyring:theragraph").open() == first
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize("text", ["field.keys", "file:", "vault:x", ""])
def test_a_place_that_is_none_is_named(text: str) -> None:
    with pytest.raises(InputError, match="file:PATH"):
        KeySource.parse(text)


@pytest.mark.parametrize("line", ["abc", "id c2hvcnQ=", "i-d " + base64.b64encode(bytes(32)).decode(), "id ***"])
def test_a_line_that_is_no_key_is_refused(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setenv("TEST_FIELD_KEYS", line)
    with pytest.raises(InputError, match="no key"):
        KeySource.parse("env:TEST_FIELD_KEYS").open()
