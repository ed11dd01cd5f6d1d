"""The interactive Cypher shell: history, completion, and one sentence for every mistake."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import platformdirs
from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition
from prompt_toolkit.history import FileHistory

from cli_output import TableFormat, read_parameters, say, write_answer
from kg.completion import Words, find_completions, read_words
from kg.errors import GraphUnavailableError, InputError, TheraGraphError, UnknownNameError

if TYPE_CHECKING:
    from kg.store import GraphStore

HELP: Final = """A query ends with a semicolon and may take several lines.
Tab completes, the arrow up brings back earlier queries, Ctrl-R finds one.
  :param name=value     set a parameter, used as $name; JSON values are read
  :params               show the parameters
  :limit 1000           the most rows to fetch
  :format table         table, csv or json
  :words                the labels and types of this graph
  :help, :exit          this text; leave (also Ctrl-D)"""
_FORMATS: Final = (TableFormat.TABLE, TableFormat.CSV, TableFormat.JSON)


@dataclass(slots=True)
class Shell:
    """What an interactive session keeps between queries."""

    store: GraphStore
    write: bool = False
    limit: int = 1000
    form: TableFormat = TableFormat.TABLE
    parameters: dict[str, Any] = field(default_factory=dict)
    words: Words = field(default_factory=Words)

    def run(self, session: PromptSession[str]) -> None:
        """Read and answer until the user leaves; only an unreachable graph ends it with an error."""
        Thread(target=self._learn_words, daemon=True).start()
        while True:
            try:
                text = session.prompt().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if text.rstrip(";") in {":exit", ":quit"}:
                return
            self.answer(text)

    def answer(self, text: str) -> None:
        """Run a query or a command; what is wrong with it is said, and the session goes on."""
        if not text.strip(" ;\n"):
            return
        try:
            if text.startswith(":"):
                self._command(text.rstrip(";"))
            else:
                self._query(text.rstrip().rstrip(";"))
        except GraphUnavailableError:
            raise
        except TheraGraphError as error:
            say(str(error))
        except KeyboardInterrupt:
            say("Interrupted.")

    def _query(self, text: str) -> None:
        start = time.perf_counter()
        answer = self.store.ask(text, self.parameters, write=self.write, limit=self.limit)
        seconds = time.perf_counter() - start
        write_answer(answer, self.form, None)
        num = len(answer.rows)
        more = f"; only the first {self.limit}, :limit N fetches more" if num == self.limit else ""
        say(f"{num} rows in {seconds * 1000:.0f} ms{more}")

    def _command(self, text: str) -> None:
        name, _, value = text.partition(" ")
        commands: dict[str, Callable[[str], None]] = {
            ":param": self._set_parameter,
            ":params": self._show_parameters,
            ":limit": self._set_limit,
            ":format": self._set_format,
            ":words": self._show_words,
            ":help": lambda _: say(HELP),
        }
        if name not in commands:
            raise UnknownNameError("command", name, (*commands, ":exit"))
        commands[name](value.strip())

    def _set_parameter(self, value: str) -> None:
        self.parameters |= read_parameters([value])

    def _show_parameters(self, _: str) -> None:
        for name, value in sorted(self.parameters.items()):
            say(f"{name} = {value!r}")

    def _set_limit(self, value: str) -> None:
        if not value.isdigit() or not int(value):
            raise InputError(f'"{value}" is no number of rows; write :limit 1000.')
        self.limit = int(value)

    def _set_format(self, value: str) -> None:
        if value not in _FORMATS:
            raise UnknownNameError("format", value, _FORMATS)
        self.form = TableFormat(value)

    def _show_words(self, _: str) -> None:
        say(f"Labels: {', '.join(self.words.labels)}\nTypes: {', '.join(self.words.types)}")

    def _learn_words(self) -> None:
        """Read the graph's names beside the first prompt; without them the shell completes keywords only."""
        try:
            self.words = read_words(self.store)
        except TheraGraphError as error:
            say(f"Labels and types are not completed: {error}")


@dataclass(frozen=True, slots=True)
class ShellCompleter(Completer):
    """Completes what stands before the cursor."""

    shell: Shell

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield the words that may stand there."""
        shell = self.shell
        text = document.text_before_cursor
        if not text.startswith(":"):
            word, candidates = find_completions(text, shell.words, shell.parameters, write=shell.write)
            yield from (Completion(candidate, start_position=-len(word)) for candidate in candidates)


def open_session(shell: Shell, history: Path | None = None, **terminal: Any) -> PromptSession[str]:
    """Return a prompt that knows the history and completes; Return ends a query that ends with a semicolon."""
    path = history or Path(platformdirs.user_state_dir("theragraph")) / "cypher_history"
    session: PromptSession[str] = PromptSession(
        "cypher (write)> " if shell.write else "cypher> ",
        history=_open_history(path),
        completer=ShellCompleter(shell),
        auto_suggest=AutoSuggestFromHistory(),
        complete_while_typing=False,
        prompt_continuation="      | ",
        **terminal,
    )
    session.multiline = Condition(lambda: not _is_complete(session.default_buffer.text))
    return session


def _open_history(path: Path) -> FileHistory:
    """Queries may name a person, so only their owner reads them."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    return FileHistory(path)


def _is_complete(text: str) -> bool:
    return text.lstrip().startswith(":") or not text.strip() or text.rstrip().endswith(";")
