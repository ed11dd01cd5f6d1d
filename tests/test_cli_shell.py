"""The interactive Cypher shell, fed with keys on the embedded server."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from cli_shell import Shell, ShellCompleter, open_session
from kg.completion import Words
from kg.store import GraphStore, open_graph


@pytest.fixture(scope="module")
def store(embedded_selector: str) -> Iterator[GraphStore]:
    with open_graph(embedded_selector) as opened:
        opened.create_constraints()
        opened.cypher("CREATE (:Entity:Drug {curie: 'SHELL:1', name: 'aspirin'})", write=True)
        yield opened
        opened.cypher("MATCH (n:Entity {curie: 'SHELL:1'}) DELETE n", write=True)


@pytest.fixture
def type_keys(store: GraphStore, tmp_path: Path) -> Callable[..., Shell]:
    """Return what a session that got some keys became; Ctrl-D ends it."""

    def feed(keys: str, *, write: bool = False) -> Shell:
        shell = Shell(store, write=write, words=Words(labels=("Drug",)))
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            pipe.send_text(keys + "\x04")
            shell.run(open_session(shell, tmp_path / "state" / "history"))
        return shell

    return feed


def test_a_query_of_several_lines_is_answered(
    type_keys: Callable[..., Shell], capsys: pytest.CaptureFixture[str]
) -> None:
    type_keys("MATCH (d:Drug {curie: 'SHELL:1'})\rRETURN d.name AS drug;\r")
    shown = capsys.readouterr()
    assert "aspirin" in shown.out
    assert "1 rows in" in shown.err


def test_mistakes_are_said_and_the_session_goes_on(
    type_keys: Callable[..., Shell], capsys: pytest.CaptureFixture[str]
) -> None:
    type_keys("MATCH (n) DELETE n;\rRETURN nonsense(;\r:formt csv\r:limit none\rRETURN 41 + 1 AS answer;\r")
    shown = capsys.readouterr()
    assert "This query would write (DELETE)" in shown.err
    assert 'no command ":formt"; allowed:' in shown.err
    assert '"none" is no number of rows' in shown.err
    assert "42" in shown.out


def test_parameters_limit_and_format(type_keys: Callable[..., Shell], capsys: pytest.CaptureFixture[str]) -> None:
    shell = type_keys(':param n=[7, 8, 9]\r:limit 2\r:format csv\rUNWIND $n AS x RETURN x;\r:exit\rRETURN "never";')
    shown = capsys.readouterr()
    assert shown.out.split() == ["x", "7", "8"]
    assert "only the first 2" in shown.err
    assert shell.parameters == {"n": [7, 8, 9]}


def test_writing_needs_leave(type_keys: Callable[..., Shell], store: GraphStore) -> None:
    type_keys("MATCH (n:Entity {curie: 'SHELL:1'}) SET n.note = 'x';\r", write=True)
    assert store.cypher("MATCH (n:Entity {curie: 'SHELL:1'}) RETURN n.note AS note") == [{"note": "x"}]


def test_the_history_is_kept_for_its_owner_alone(
    type_keys: Callable[..., Shell], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    type_keys("RETURN 'once' AS word;\r")
    path = tmp_path / "state" / "history"
    assert "RETURN 'once' AS word;" in path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    capsys.readouterr()
    type_keys("\x1b[A\r")  # the arrow up, Return
    assert "once" in capsys.readouterr().out


def test_completions_stand_for_the_started_word(store: GraphStore) -> None:
    completer = ShellCompleter(Shell(store, words=Words(labels=("Drug",))))
    (completion,) = completer.get_completions(Document("MATCH (d:Dr"), CompleteEvent())
    assert (completion.text, completion.start_position) == ("Drug", -2)
    assert list(completer.get_completions(Document(":limit 1"), CompleteEvent())) == []
