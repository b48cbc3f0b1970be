"""What every command of the command line needs: the configuration, and how the operator is told of what went wrong.

Heavy imports stand within functions, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.config import Settings

DEFAULT_CONFIG = Path("config.toml")

BAD_CONFIG = 2
"""Exit code, as for any wrong use of the command line."""

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file; without it, config.toml here, where there is one.",
)


def say(line: str) -> None:
    """Tell the operator, apart from what a command writes to standard output."""
    click.echo(line, err=True)


def announce(line: str) -> None:
    """Tell whoever started the product, apart from its log: on standard output, at once also when that is a file."""
    click.echo(line)
    sys.stdout.flush()


def found(config: Path | None) -> Path | None:
    return DEFAULT_CONFIG if config is None and DEFAULT_CONFIG.exists() else config


def load(config: Path | None) -> Settings:
    from adapters import ADAPTERS
    from bot import log
    from bot.config import load, secrets_of
    from bot.errors import ConfigError
    from bot.gather.apis.names import NAMES
    from bot.gather.packs import PACKS

    tables = {name: row.settings_model() for name, row in ADAPTERS.items()}
    try:
        settings = load(config, tables, packs=(*PACKS, *NAMES))
    except ConfigError as error:
        end(error)
    log.configure(settings.log.level, settings.log.format, secrets_of(settings))
    return settings


async def reported(work: Coroutine[Any, Any, Any]) -> Any:
    """Await it; what a person can act on ends in a message, not in a trace."""
    from bot.errors import NewstallyError

    try:
        return await work
    except NewstallyError as error:
        end(error)
    except BaseExceptionGroup as group:
        # Tasks that run side by side end in a group; what it holds is what counts.
        _expected, unexpected = group.split(NewstallyError)
        if unexpected is not None:
            raise
        end(_first(group))


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def end(error: BaseException) -> Any:
    from bot.errors import ConfigError

    if isinstance(error, ConfigError):
        say("The configuration has faults:")
        for fault in error.faults:
            say(f"  - {fault}")
        sys.exit(BAD_CONFIG)
    say(f"Error: {error}")
    sys.exit(1)
