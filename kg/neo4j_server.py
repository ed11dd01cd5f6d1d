"""A real Neo4j Community server without Docker, from its published artifacts.

Maven brings the jars, which are compared with pinned checksums; the server runs under `kg.supervisor` like the
embedded one, on loopback, and stops with its owner.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from neo4j import GraphDatabase
from neo4j.exceptions import DriverError, Neo4jError

from kg.errors import FormatError, GraphUnavailableError, ResourceError, UnknownNameError
from kg.export_neo4j import IMPORT_OPTIONS
from kg.supervised import did_not_start, free_ports, port_open, start_supervisor, write_command

PASSWORD_FILE = "password"
_CHECKSUMS = Path(__file__).with_name("neo4j_checksums.tsv")
_START_SECONDS = 180.0
_IMPORTED = re.compile(r"(\d+) nodes\s+(\d+) relationships")
_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion>
<groupId>theragraph</groupId><artifactId>neo4j</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>{dependencies}</dependencies>
</project>
"""
_ARTIFACTS = (("org.neo4j", "neo4j"), ("org.neo4j.app", "neo4j-server"), ("org.neo4j", "neo4j-import-tool"))


@dataclass(frozen=True, slots=True)
class Neo4jVersion:
    """A version that was tried; `java` is the least Java it runs on."""

    number: str
    main_class: str
    java: int


VERSIONS = {
    version.number: version
    for version in (
        Neo4jVersion("5.26.30", "org.neo4j.server.CommunityEntryPoint", 17),
        Neo4jVersion("2026.08.1", "org.neo4j.server.Neo4jCommunity", 21),
    )
}


def choose_version(number: str) -> Neo4jVersion:
    """Return the version of that number; UnknownNameError when it was not tried."""
    if number not in VERSIONS:
        raise UnknownNameError("Neo4j version", number, VERSIONS)
    return VERSIONS[number]


def install(version: Neo4jVersion, root: Path) -> Path:
    """Bring the version's jars into `root` unless they are there; returns their folder.

    Raises ResourceError when a Java that runs it or Maven is missing, or Maven fails, and FormatError when a jar is not
    the one that was tried.
    """
    find_java(version.java)
    library = root / version.number / "lib"
    if is_installed(version, root):
        return library
    maven = shutil.which("mvn")
    if maven is None:
        raise ResourceError("Maven (mvn) is not installed, so Neo4j cannot be brought; install maven and Java.")
    draft = library.with_name("lib.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    _run_maven(maven, version, draft)
    check_jars(version, draft)
    draft.replace(library)
    return library


def is_installed(version: Neo4jVersion, root: Path) -> bool:
    """Whether `install` has brought the version."""
    return (root / version.number / "lib").is_dir()


def _run_maven(maven: str, version: Neo4jVersion, library: Path) -> None:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{version.number}</version></dependency>"
        for group, name in _ARTIFACTS
    )
    pom = library.with_name("pom.xml")
    pom.write_text(_POM.format(dependencies=dependencies), encoding="utf-8")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={library.absolute()}", "-DincludeScope=runtime"]
    done = subprocess.run([maven, "-q", "-B", "-f", str(pom), *goal], capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise ResourceError(
            f"Maven could not bring Neo4j {version.number} ({lines[0]}); check its settings and network."
        )


def check_jars(version: Neo4jVersion, library: Path) -> None:
    """FormatError unless the jars are exactly those whose checksums are pinned for the version."""
    pinned = _read_checksums(version)
    there = {jar.name: sha256(jar.read_bytes()).hexdigest() for jar in sorted(library.glob("*.jar"))}
    for name in sorted(pinned.keys() | there.keys()):
        if pinned.get(name) != there.get(name):
            raise FormatError(library / name, "is not the jar that was tried", "delete the folder and install again")


def _read_checksums(version: Neo4jVersion) -> dict[str, str]:
    rows = (line.split("\t") for line in _CHECKSUMS.read_text(encoding="utf-8").splitlines()[1:])
    return {name: digest for number, name, digest in rows if number == version.number}


def find_java(least: int) -> Path:
    """Return a Java of at least that feature version: of JAVA_HOME, on the path, or where Debian keeps others."""
    named = [Path(home, "bin", "java")] if (home := os.environ.get("JAVA_HOME")) else []
    on_path = [Path(found)] if (found := shutil.which("java")) else []
    others = sorted(Path("/usr/lib/jvm").glob("*/bin/java"))
    for java in (java for java in (*named, *on_path, *others) if java.is_file()):
        if _java_version(java) >= least:
            return java
    raise ResourceError(f"No Java {least} or newer was found; install one (Debian: openjdk, Temurin) and try again.")


def _java_version(java: Path) -> int:
    shown = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    number = re.search(r'version "(\d+)', shown)
    return int(number.group(1)) if number else 0


class Neo4jServer:
    """A running Neo4j; `uri`, `user` and `password` say how to reach it. Use it as a context manager."""

    user = "neo4j"

    def __init__(self, version: Neo4jVersion, library: Path, home: Path) -> None:
        self.version, self._library, self._home = version, library, home
        home.mkdir(parents=True, exist_ok=True)
        self._java = find_java(version.java)
        self.password = _read_password(home)
        self._port = self._write_configuration()
        self.uri = f"bolt://127.0.0.1:{self._port}"
        self._owner: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def selector(self) -> str:
        """What `--graph` takes to open this server."""
        return self.uri.replace("//", f"//{self.user}:{self.password}@")

    def start(self) -> Self:
        """Start the server and wait until it lets us in; GraphUnavailableError when it does not in three minutes."""
        write_command(self._home, self._command(self.version.main_class))
        self._owner = start_supervisor(self._home, keep=False)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._owner.poll() is None:
            if self._lets_in():
                return self
            time.sleep(0.25)
        self.stop()
        raise did_not_start(self._home)

    def stop(self) -> None:
        """Stop the server and wait for its end."""
        if self._owner is not None and self._owner.stdin is not None:
            self._owner.stdin.close()
            self._owner.wait(_START_SECONDS)
        self._owner = None

    def import_csv(
        self, nodes: list[str], relationships: list[str], options: Sequence[str] = IMPORT_OPTIONS
    ) -> tuple[int, int]:
        """Replace the database by what Neo4j's import tool makes of the files; the server must be stopped.

        Returns how many nodes and relationships the tool says it imported.
        """
        tool = ["org.neo4j.cli.AdminTool", "database", "import", "full", "neo4j", "--overwrite-destination=true"]
        inputs = [f"--nodes={files}" for files in nodes] + [f"--relationships={files}" for files in relationships]
        done = subprocess.run(
            [*self._command(*tool, arguments=[]), *inputs, *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._home,
            env={**os.environ, "NEO4J_HOME": str(self._home), "NEO4J_CONF": str(self._home / "conf")},
        )
        if done.returncode:
            last = (done.stderr or done.stdout).strip().splitlines()[-1:]
            raise GraphUnavailableError(f"Neo4j's import failed ({''.join(last)}); correct the files and import again.")
        counted = _IMPORTED.search(done.stdout)
        return (int(counted[1]), int(counted[2])) if counted else (0, 0)

    def _command(self, *words: str, arguments: list[str] | None = None) -> list[str]:
        opened = [f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch")]
        if arguments is None:
            arguments = [f"--home-dir={self._home}", f"--config-dir={self._home}/conf"]
        return [str(self._java), "-Xmx2g", *opened, "-cp", f"{self._library}/*", *words, *arguments]

    def _write_configuration(self) -> int:
        (bolt_port,) = free_ports(1)
        (self._home / "conf").mkdir(exist_ok=True)
        settings = {
            "server.default_listen_address": "127.0.0.1",
            "server.bolt.listen_address": f"127.0.0.1:{bolt_port}",
            "server.http.enabled": "false",
            "server.memory.pagecache.size": "512m",
            "dbms.usage_report.enabled": "false",
            "dbms.security.auth_minimum_password_length": "8",
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self._home / "conf" / "neo4j.conf").write_text(lines, encoding="utf-8")
        return bolt_port

    def _lets_in(self) -> bool:
        """Try the password; on the first start the initial one is changed to it."""
        if not port_open(self._port):
            return False
        for password in (self.password, "neo4j"):
            try:
                with GraphDatabase.driver(self.uri, auth=(self.user, password)) as driver:
                    if password == "neo4j":
                        change = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $new"
                        driver.execute_query(change, new=self.password, database_="system")
                        continue
                    driver.execute_query("RETURN 1")
                    return True
            except (DriverError, Neo4jError):
                continue
        return False


def _read_password(home: Path) -> str:
    path = home / PASSWORD_FILE
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(18))
    return path.read_text(encoding="utf-8")
