"""The operator's log: structlog over the standard library, with every known secret struck out of every line."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "[secret]"

# Whatever the settings say, nothing that looks like a bot's token may pass: Telegram's stand in its URLs.
_LOOKS_SECRET = re.compile(r"(?<!\d)\d{6,}:[A-Za-z0-9_-]{30,}|\b[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}")

# They tell of every request or tick; what matters of it we say ourselves.
_CHATTY = ("aiosqlite", "alembic", "apscheduler", "asyncio", "discord", "httpcore", "httpx", "telegram", "uvicorn")


# Without the values of variables: a message's text, a signing key or an interaction's token may be among them.
_TRACES = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


class Redactor:
    """A structlog processor that strikes secrets out of the finished line."""

    def __init__(self, secrets: Iterable[str]) -> None:
        # The longest first, so that a secret within another leaves no remains.
        known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, logger: WrappedLogger, method: str, line: EventDict | str) -> str:
        text = str(line)
        if self._known is not None:
            text = self._known.sub(MASK, text)
        return _LOOKS_SECRET.sub(MASK, text)


def configure(level: str, form: Literal["console", "json"], secrets: Iterable[str]) -> None:
    """Send our log and the libraries' to standard error, in one form, at one level."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: list[Any] = (
        [_TRACES, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last, Redactor(secrets)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
