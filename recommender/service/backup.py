"""One file that holds graph, logs, accounts, stored patients and models; and the way back, checked byte by byte."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kg.backup import Counts, restore_backup, write_backup
from kg.errors import FormatError, InputError, ResourceError
from kg.store import GraphStore
from recommender.service.chained_log import read_head, verify_log

MANIFEST: Final = "manifest.json"
_KEYS: Final = "field.keys"
_VOLATILE: Final = frozenset({"lock"})


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds, or what was restored; `keys_left_out` when stored patients' keys are not in it."""

    graph: Counts
    num_files: int
    models: tuple[str, ...]
    keys_left_out: bool


def write_archive(
    store: GraphStore, state: Path, models: Iterable[Path], out: Path, *, with_keys: bool
) -> BackupReport:
    """Write the archive; the service may run meanwhile. ResourceError when the place cannot be written."""
    folders = tuple(models)
    with tempfile.TemporaryDirectory(dir=_parent(out)) as name:
        root = Path(name)
        counts = write_backup(store, root / "graph")
        left_out = _copy_state(state, root / "state", with_keys)
        for number, folder in enumerate(folders):
            shutil.copytree(folder, root / "models" / str(number))
        files = sorted(p for p in root.rglob("*") if p.is_file())
        manifest = {
            "made": datetime.now(UTC).isoformat(),
            "graph": counts,
            "models": [str(folder) for folder in folders],
            "keys_left_out": left_out,
            "sha256": {str(p.relative_to(root)): _sha256(p) for p in files},
        }
        (root / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        draft = out.with_name(f"{out.name}.new")
        with tarfile.open(draft, "w") as archive:
            archive.add(root, arcname=".", filter=_for_owner)
        draft.chmod(0o600)
        draft.replace(out)
    return BackupReport(counts, len(files), tuple(map(str, folders)), left_out)


def restore_archive(store: GraphStore, state: Path, path: Path) -> BackupReport:
    """Bring back everything into an empty graph and absent folders, after every byte was checked.

    InputError for a graph or folder that is not empty, FormatError for a damaged archive.
    """
    with tempfile.TemporaryDirectory(dir=_parent(state)) as name:
        root = Path(name)
        manifest = _unpack(path, root)
        models = [Path(folder) for folder in manifest["models"]]
        for folder in (state, *models):
            if folder.exists() and any(folder.iterdir()):
                raise InputError(f"{folder} is not empty; move it away, then restore.")
        counts = restore_backup(store, root / "graph")
        _bring(root / "state", state)
        for number, folder in enumerate(models):
            _bring(root / "models" / str(number), folder)
    for log in sorted(state.glob("*.jsonl")):
        if (fault := verify_log(log)).broken_line is not None:
            raise FormatError(log, f"is not whole ({fault.reason})", "restore another backup", line=fault.broken_line)
    return BackupReport(counts, len(manifest["sha256"]), tuple(manifest["models"]), bool(manifest["keys_left_out"]))


def _copy_state(state: Path, to: Path, with_keys: bool) -> bool:
    """Copy the state folder; a log is cut at the line that its head knew, so that a writing service does no harm."""
    to.mkdir(mode=0o700)
    left_out = False
    for path in sorted(state.rglob("*")) if state.is_dir() else ():
        place = to / path.relative_to(state)
        if path.is_dir():
            place.mkdir(mode=0o700)
        elif path.name == _KEYS and not with_keys:
            left_out = True
        elif path.suffix == ".jsonl" and path.with_suffix(".head").exists():
            head = read_head(path)
            place.with_suffix(".head").write_text(json.dumps(head), encoding="ascii")
            place.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[: head["lines"]]))
        elif path.name not in _VOLATILE and path.suffix not in (".new", ".head"):
            shutil.copy2(path, place)
    return left_out


def _unpack(path: Path, root: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path) as archive:
            archive.extractall(root, filter="data")
        manifest: dict[str, Any] = json.loads((root / MANIFEST).read_text(encoding="utf-8"))
        wrong = [name for name, digest in manifest["sha256"].items() if _sha256(root / name) != digest]
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise FormatError(path, f"is no whole backup ({error})", "give another") from error
    if wrong:
        raise FormatError(path, f"was changed: {wrong[0]} is not what was written", "give another backup")
    return manifest


def _bring(source: Path, to: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, to, dirs_exist_ok=True)
        to.chmod(0o700)


def _for_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o700 if member.isdir() else 0o600
    return member


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parent(path: Path) -> Path:
    parent = path.resolve().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResourceError(f"{parent} cannot be written ({error.strerror}); choose another place.") from error
    return parent
