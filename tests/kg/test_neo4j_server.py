"""Finding a Java that runs a version of Neo4j."""

from pathlib import Path

import pytest

from kg.errors import ResourceError, UnknownNameError
from kg.neo4j_server import choose_version, find_java


def make_java(home: Path, version: str) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    java.chmod(0o755)
    return java


def test_a_java_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = make_java(tmp_path / "old", "17.0.9"), make_java(tmp_path / "new", "999.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "old"))
    monkeypatch.setenv("PATH", str(new.parent))
    assert find_java(17) == old
    assert find_java(900) == new
    with pytest.raises(ResourceError, match="No Java 1000 or newer was found; install one"):
        find_java(1000)


def test_only_versions_that_were_tried() -> None:
    assert choose_version("2026.08.1").java == 21
    with pytest.raises(UnknownNameError, match=r'no Neo4j version "4"; allowed: 2026\.08\.1, 5\.26\.30'):
        choose_version("4")
