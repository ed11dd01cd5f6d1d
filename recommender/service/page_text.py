"""The page's templates and its two languages. Everything that is put in is escaped."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any, Final

from fastapi import Request
from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.responses import HTMLResponse

LANGUAGES: Final = ("en", "zh")


def read_language(request: Request, wanted: str = "") -> str:
    """The language asked for in the address, else the first of the browser's that there is, else English."""
    named = wanted or request.query_params.get("lang", "")
    if named in LANGUAGES:
        return named
    preferred = (part.strip()[:2].lower() for part in request.headers.get("accept-language", "").split(","))
    return next((lang for lang in preferred if lang in LANGUAGES), "en")


def render(template: str, language: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page. `t` in a template puts interface words into the language; clinical text stays as it is stated."""
    return HTMLResponse(render_part(template, language, **values), status, headers={"Content-Language": language})


def render_part(template: str, language: str, **values: Any) -> str:
    """Return a part of a page."""
    words = read_words() if language == "zh" else {}
    page = _environment().get_template(template)
    return page.render(lang=language, t=lambda english: words.get(english, english), **values)


@cache
def read_words() -> dict[str, str]:
    """The Chinese of every interface word."""
    words: dict[str, str] = json.loads(read_asset("page_words_zh.json"))
    return words


@cache
def read_asset(name: str) -> str:
    """The text of a file beside this one."""
    return resources.files("recommender.service").joinpath(name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(read_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
