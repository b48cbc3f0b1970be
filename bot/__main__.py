"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from bot.config import Settings

DEFAULT_CONFIG = Path("config.toml")

BAD_CONFIG = 2
"""Exit code, as for any wrong use of the command line."""

_config = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The configuration file; without it, config.toml here, where there is one.",
)


def _tell_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from bot.app import installed_version

        click.echo(f"Newstally {installed_version()}")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_tell_version, help="Show the version."
)
def main() -> None:
    """News where your community talks, and what it thinks of it."""


@main.command()
@_config
def run(config: Path | None) -> None:
    """Start the product and run until Ctrl-C."""
    config = _found(config)
    settings = _load(config)
    sample_wire = config is None if settings.gather.sample_wire is None else settings.gather.sample_wire
    say(f"Newstally starts with {config or 'its defaults (there is no config.toml here)'}.")
    say(f"Database: {settings.storage.path.absolute()}")
    _run(settings, sample_wire=sample_wire)


@main.command(short_help="Show the sample stories alone.")
def demo() -> None:
    """Show the sample stories alone, in a database that is thrown away at the end."""
    from adapters import ADAPTERS

    with tempfile.TemporaryDirectory(prefix="newstally-") as folder:
        settings = _load(None)
        storage = settings.storage.model_copy(update={"path": Path(folder) / "demo.db"})
        say("Newstally shows its sample stories; nothing is kept.")
        alone = dict.fromkeys(set(ADAPTERS) - {"web"})  # platforms are off, whatever tokens the environment has
        _run(settings.model_copy(update={"storage": storage, **alone}), sample_wire=True, real_sources=False)


@main.command()
@_config
def check(config: Path | None) -> None:
    """Tell what is right and wrong; exit with 1 when there are faults."""
    from bot.check import check as findings

    settings = _load(_found(config))
    faults = asyncio.run(_reported(findings(settings, click.echo)))
    click.echo(f"{faults} fault{'' if faults == 1 else 's'}." if faults else "All is well.")
    sys.exit(1 if faults else 0)


@main.command(short_help="Copy the database into TARGET.")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@_config
def backup(target: Path, config: Path | None) -> None:
    """Copy the database into TARGET, consistently, also while the product runs."""
    from bot.copies import back_up

    settings = _load(_found(config))
    asyncio.run(_reported(back_up(settings.storage.path, target)))
    say(f"Copied to {target}.")


@main.command("export")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@_config
def export_(target: Path, config: Path | None) -> None:
    """Write everything as JSON lines into TARGET (- for standard output)."""
    from bot.copies import export_lines

    settings = _load(_found(config))
    rows = asyncio.run(_reported(export_lines(settings.storage.path, target)))
    say(f"{rows} rows written.")


@main.command("import")
@click.argument("origin", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@_config
def import_(origin: Path, config: Path | None) -> None:
    """Fill an empty database from an export in ORIGIN (- for standard input)."""
    from bot.copies import import_lines

    settings = _load(_found(config))
    rows = asyncio.run(_reported(import_lines(settings.storage.path, origin)))
    say(f"{rows} rows read.")


def say(line: str) -> None:
    """Tell the operator, apart from the log and from what a command writes to standard output."""
    click.echo(line, err=True)


def _found(config: Path | None) -> Path | None:
    return DEFAULT_CONFIG if config is None and DEFAULT_CONFIG.exists() else config


def _load(config: Path | None) -> Settings:
    from adapters import ADAPTERS
    from bot import log
    from bot.config import load, secrets_of
    from bot.errors import ConfigError
    from bot.gather.packs import PACKS

    tables = {name: row.settings_model() for name, row in ADAPTERS.items()}
    try:
        settings = load(config, tables, packs=PACKS)
    except ConfigError as error:
        _end(error)
    log.configure(settings.log.level, settings.log.format, secrets_of(settings))
    return settings


def _run(settings: Settings, *, sample_wire: bool, real_sources: bool = True) -> None:
    from bot import app

    async def until_told_to_stop() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await app.run(settings, sample_wire=sample_wire, say=say, stop=stop, real_sources=real_sources)

    asyncio.run(_reported(until_told_to_stop()))
    say("Stopped.")


async def _reported(work: Coroutine[Any, Any, Any]) -> Any:
    """Await it; what a person can act on ends in a message, not in a trace."""
    from bot.errors import NewstallyError

    try:
        return await work
    except NewstallyError as error:
        _end(error)


def _end(error: Exception) -> Any:
    from bot.errors import ConfigError

    if isinstance(error, ConfigError):
        say("The configuration has faults:")
        for fault in error.faults:
            say(f"  - {fault}")
        sys.exit(BAD_CONFIG)
    say(f"Error: {error}")
    sys.exit(1)


if __name__ == "__main__":
    main(prog_name="newstally")
