"""Accounts: names, argon2 hashes of passwords, roles, in one file that only its owner can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kg.errors import FormatError, InputError, UnknownNameError
from recommender.owner_file import replace_for_owner
from recommender.service.roles import ACCOUNT_ROLES, Role, Roles

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Account:
    """One person or program that may sign in."""

    name: str
    password_hash: str
    roles: Roles


def read_accounts(path: Path) -> dict[str, Account]:
    """Return the accounts by name, none when there is no file; FormatError when the file is not what was written."""
    if not path.exists():
        return {}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: Account(name, str(row["password_hash"]), frozenset(Role(r) for r in row["roles"]))
            for name, row in rows.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FormatError(path, "is not a file of accounts", "restore it, or remove it and add the accounts") from error


def keep_account(path: Path, name: str, password: str, roles: Iterable[str]) -> Account:
    """Add or replace an account; InputError for a bad name, a short password or an unknown role."""
    if not _NAME.fullmatch(name):
        raise InputError(f'"{name}" is no account name; use up to 64 of a–z, 0–9, ".", "_", "-", a letter first.')
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise InputError(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters; choose another.")
    account = Account(name, _hasher().hash(password), frozenset(_to_role(role) for role in roles))
    if not account.roles:
        raise UnknownNameError("role", "", ACCOUNT_ROLES)
    _write(path, read_accounts(path) | {name: account})
    return account


def remove_account(path: Path, name: str) -> None:
    """Take an account away; UnknownNameError when there is none of that name."""
    accounts = read_accounts(path)
    if name not in accounts:
        raise UnknownNameError("account", name, accounts)
    del accounts[name]
    _write(path, accounts)


def check_password(account: Account | None, password: str) -> bool:
    """Whether the password is the account's. An unknown account takes as long as a known one."""
    stored = account.password_hash if account else _decoy()
    try:
        return _hasher().verify(stored, password[:MAX_PASSWORD]) and account is not None
    except (VerificationError, InvalidHashError):
        return False


def _to_role(role: str) -> Role:
    if role not in ACCOUNT_ROLES:
        raise UnknownNameError("role", role, ACCOUNT_ROLES)
    return Role(role)


def _write(path: Path, accounts: dict[str, Account]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    rows = {a.name: {"password_hash": a.password_hash, "roles": sorted(a.roles)} for a in accounts.values()}
    replace_for_owner(path, json.dumps(rows, indent=2))


@cache
def _hasher() -> PasswordHasher:
    """Argon2id as OWASP's password storage cheat sheet has it for one lane: 19 MiB; one round more than it asks for."""
    return PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


@cache
def _decoy() -> str:
    return _hasher().hash("nobody has this password")
