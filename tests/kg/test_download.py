"""Resumed downloads: from servers whose file changed, that ignore what they are asked, or send something else."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from kg.download import Part, download
from kg.errors import InputError
from kg.progress import ignore_progress

OLD, NEW = b"o" * 1000, b"n" * 1000
URL = "http://publisher.example/x.tsv"


class Broken(httpx.SyncByteStream):
    """Half of the old file, then the connection ends."""

    def __iter__(self) -> Iterator[bytes]:
        yield OLD[:500]
        raise httpx.ReadError("the connection was lost")


class Publisher:
    """Serves `content` as one version; `heeds` says whether `If-Range` is."""

    def __init__(self, content: bytes, version: dict[str, str], *, heeds: bool = True) -> None:
        self.content, self.version, self.heeds = content, version, heeds
        self.requests: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.headers)
        start = int(request.headers.get("Range", "bytes=0-")[6:-1])
        if self.heeds and request.headers.get("If-Range") not in self.version.values():
            start = 0
        if start and start >= len(self.content):
            return httpx.Response(416, headers={"Content-Range": f"bytes */{len(self.content)}"})
        place = {"Content-Range": f"bytes {start}-{len(self.content) - 1}/{len(self.content)}"} if start else {}
        return httpx.Response(
            206 if start else 200, headers=self.version | place, stream=httpx.ByteStream(self.content[start:])
        )


def bring(part: Part, answer: object) -> bytes:
    with httpx.Client(transport=httpx.MockTransport(answer)) as http:  # type: ignore[arg-type]
        download(http, URL, part, "x.tsv", ignore_progress)
    return part.path.read_bytes()


@pytest.fixture
def part(tmp_path: Path) -> Part:
    return Part(tmp_path / "x.tsv.part")


def break_off(part: Part, version: dict[str, str]) -> None:
    with pytest.raises(InputError, match="try again, it goes on where it stopped"):
        bring(part, lambda _: httpx.Response(200, headers=version, stream=Broken()))
    assert part.path.read_bytes() == OLD[:500]


@pytest.mark.parametrize("version", [{"ETag": '"1"'}, {"Last-Modified": "Sun, 02 Aug 2026 10:00:00 GMT"}])
def test_the_same_file_goes_on_where_it_broke_off(part: Part, version: dict[str, str]) -> None:
    break_off(part, version)
    publisher = Publisher(OLD, version)
    assert bring(part, publisher) == OLD
    (asked,) = publisher.requests
    assert (asked["Range"], asked["If-Range"]) == ("bytes=500-", next(iter(version.values())))


@pytest.mark.parametrize("heeds", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"ETag": '"1"'}, {"ETag": '"2"'}),
        ({"Last-Modified": "Sun, 02 Aug 2026 10:00:00 GMT"}, {"Last-Modified": "Mon, 03 Aug 2026 10:00:00 GMT"}),
        ({}, {"ETag": '"2"'}),
        ({"ETag": 'W/"1"'}, {"ETag": 'W/"1"'}),
        ({}, {}),
    ],
)
@pytest.mark.parametrize("content", [NEW, NEW[:300]])
def test_a_file_that_changed_is_fetched_whole(
    part: Part, before: dict[str, str], after: dict[str, str], heeds: bool, content: bytes
) -> None:
    break_off(part, before)
    assert bring(part, Publisher(content, after, heeds=heeds)) == content


def test_an_answer_that_begins_elsewhere_is_not_joined(part: Part) -> None:
    break_off(part, {"ETag": '"1"'})

    def answer(request: httpx.Request) -> httpx.Response:
        if "Range" not in request.headers:
            return httpx.Response(200, stream=httpx.ByteStream(OLD))
        return httpx.Response(
            206, headers={"ETag": '"1"', "Content-Range": "bytes 0-999/1000"}, stream=httpx.ByteStream(OLD)
        )

    assert bring(part, answer) == OLD


def test_the_bytes_are_asked_for_as_they_are_stored(part: Part) -> None:
    publisher = Publisher(OLD, {})
    bring(part, publisher)
    assert publisher.requests[0]["Accept-Encoding"] == "identity"


def test_bytes_that_come_encoded_are_refused(part: Part) -> None:
    encoded = {"Content-Encoding": "gzip"}
    with pytest.raises(InputError, match=r"sends x\.tsv encoded \(gzip\) although it was asked not to; get the file"):
        bring(part, lambda _: httpx.Response(200, headers=encoded, stream=httpx.ByteStream(b"x")))
    assert not part.path.exists()


def test_a_web_page_in_the_place_of_the_file_is_refused(part: Part) -> None:
    with pytest.raises(InputError, match=r"answers with a web page \(text/html\) and not with x\.tsv, perhaps to ask"):
        bring(part, lambda _: httpx.Response(200, html="<html><form>Log in</form></html>"))
    assert not part.path.exists()
