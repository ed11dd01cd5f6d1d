"""Downloads from a server on this machine."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kg import fetch
from kg.download import Part
from kg.errors import FormatError, InputError, ResourceError
from kg.fetch import fetch_source
from kg.sources.source import RemoteFile, SourceInfo

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
TAG = '"1"'


class Publisher(BaseHTTPRequestHandler):
    """Serves CONTENT with ranges; `/cut` breaks off in the middle at first; `/plain` knows no ranges."""

    ranges: list[str] = []  # noqa: RUF012 (one list for all requests of a test)

    def do_GET(self) -> None:
        asked = self.headers.get("Range", "")
        type(self).ranges.append(asked)
        if self.path == "/missing":
            self.send_error(404)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0) if asked and self.path != "/plain" else 0
        if start >= len(CONTENT):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = CONTENT[start:]
        self.send_response(206 if start else 200)
        self.send_header("ETag", TAG)
        self.send_header("Content-Length", str(len(body)))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.path == "/cut" and not asked else body)

    def log_message(self, *_: str) -> None:
        """Stay quiet."""


@pytest.fixture
def address() -> Iterator[str]:
    Publisher.ranges = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(url: str, sha256: str = "", member: str = "") -> None:
        class Fake:
            files = (RemoteFile(url, "x.bin", sha256, member),)
            info = SourceInfo("x", "X", "infores:x", "CC0 1.0", "1", "http://x", files)

        monkeypatch.setattr(fetch, "open_source", lambda name: Fake())

    return change


def test_a_pinned_file_is_fetched_once_and_its_licence_said_first(
    tmp_path: Path, address: str, publish: Callable[..., None]
) -> None:
    publish(f"{address}/file", SHA256)
    said: list[str] = []
    steps: list[tuple[str, int, int | None]] = []
    (file,) = fetch_source(
        "x",
        tmp_path,
        announce=lambda info: said.append(info.licence),
        progress=lambda label, done, total: steps.append((label, done, total)),
    )
    assert file.path.read_bytes() == CONTENT
    assert (file.sha256, file.check, file.fetched) == (SHA256, "pinned", True)
    assert said == ["CC0 1.0"]
    assert steps[-1] == ("x.bin", len(CONTENT), len(CONTENT))
    (again,) = fetch_source("x", tmp_path)
    assert not again.fetched
    assert len(Publisher.ranges) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(
    tmp_path: Path, address: str, publish: Callable[..., None]
) -> None:
    publish(f"{address}/cut", SHA256)
    with pytest.raises(InputError, match="it goes on where it stopped"):
        fetch_source("x", tmp_path)
    assert not (tmp_path / "x.bin").exists()
    (file,) = fetch_source("x", tmp_path)
    assert file.path.read_bytes() == CONTENT
    first, second = Publisher.ranges
    assert first == ""
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= len(CONTENT) // 2
    assert list(tmp_path.glob("x.bin.part*")) == []


def write_part(folder: Path, content: bytes) -> None:
    part = Part(folder / "x.bin.part")
    part.start(TAG)
    part.path.write_bytes(content)


def test_a_server_without_ranges_starts_over(tmp_path: Path, address: str, publish: Callable[..., None]) -> None:
    publish(f"{address}/plain", SHA256)
    write_part(tmp_path, CONTENT[:10])
    (file,) = fetch_source("x", tmp_path)
    assert file.path.read_bytes() == CONTENT


def test_a_part_that_is_already_whole(tmp_path: Path, address: str, publish: Callable[..., None]) -> None:
    publish(f"{address}/file", SHA256)
    write_part(tmp_path, CONTENT)
    (file,) = fetch_source("x", tmp_path)
    assert file.path.read_bytes() == CONTENT
    assert Publisher.ranges == [f"bytes={len(CONTENT)}-"]


def test_without_a_pin_the_first_checksum_is_recorded_and_held(
    tmp_path: Path, address: str, publish: Callable[..., None]
) -> None:
    publish(f"{address}/file")
    assert fetch_source("x", tmp_path)[0].check == "recorded"
    assert fetch_source("x", tmp_path)[0].check == "as recorded"
    (tmp_path / "x.bin").write_bytes(b"changed")
    with pytest.raises(InputError, match=f"expected {SHA256}"):
        fetch_source("x", tmp_path)


def test_another_content_than_pinned_is_refused(tmp_path: Path, address: str, publish: Callable[..., None]) -> None:
    publish(f"{address}/file", "0" * 64)
    with pytest.raises(InputError, match="it was deleted, fetch it again"):
        fetch_source("x", tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("records", ["{", "[]", '{"x.bin": 1}', "\xff"])
def test_damaged_records_are_named_before_anything_is_fetched(
    tmp_path: Path, address: str, publish: Callable[..., None], records: str
) -> None:
    publish(f"{address}/file")
    (tmp_path / "checksums.json").write_bytes(records.encode("latin-1"))
    with pytest.raises(FormatError, match=r"checksums\.json: is no JSON object of checksums by file; delete it"):
        fetch_source("x", tmp_path)
    assert Publisher.ranges == []


def test_addresses_that_do_not_answer(tmp_path: Path, address: str, publish: Callable[..., None]) -> None:
    publish(f"{address}/missing")
    with pytest.raises(InputError, match="answers 404"):
        fetch_source("x", tmp_path)
    publish("http://127.0.0.1:9/x")
    with pytest.raises(InputError, match="cannot be read"):
        fetch_source("x", tmp_path)


def test_a_folder_that_cannot_be_made(tmp_path: Path, address: str, publish: Callable[..., None]) -> None:
    publish(f"{address}/file")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResourceError, match="cannot be written"):
        fetch_source("x", tmp_path / "file")


def test_a_source_that_only_people_can_download() -> None:
    with pytest.raises(InputError, match="get it at https://www"):
        fetch_source("rxnorm")


def test_the_file_of_an_archive_is_unpacked_beside_it(
    tmp_path: Path, address: str, publish: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("./LICENSE", "./deep/triples.tsv"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))
    monkeypatch.setattr(f"{__name__}.CONTENT", packed.getvalue())
    publish(f"{address}/file", member="triples.tsv")
    fetch_source("x", tmp_path)
    assert (tmp_path / "triples.tsv").read_text() == "./deep/triples.tsv"
    publish(f"{address}/file", member="other.tsv")
    with pytest.raises(FormatError, match=r"holds no file other\.tsv"):
        fetch_source("x", tmp_path)
    (tmp_path / "x.bin").write_bytes(packed.getvalue()[:60])
    (tmp_path / "checksums.json").unlink()
    with pytest.raises(FormatError, match="no whole archive"):
        fetch_source("x", tmp_path)
