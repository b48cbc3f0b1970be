"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import search  # noqa: F401  # adds its command to the stories'
from bot.cli.command import announce, config_option, found, load, reported, say
from bot.cli.sources import sources
from bot.cli.stories import stories

if TYPE_CHECKING:
    from bot.config import Settings


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


main.add_command(sources)
main.add_command(stories)


@main.command()
@config_option
def run(config: Path | None) -> None:
    """Start the product and run until Ctrl-C."""
    config = found(config)
    settings = load(config)
    sample_wire = config is None if settings.gather.sample_wire is None else settings.gather.sample_wire
    announce(f"Newstally starts with {config or 'its defaults (there is no config.toml here)'}.")
    announce(f"Database: {settings.storage.path.absolute()}")
    _run(settings, sample_wire=sample_wire)


@main.command(short_help="Show the sample stories alone.")
def demo() -> None:
    """Show the sample stories alone, in a database that is thrown away at the end."""
    from adapters import ADAPTERS

    with tempfile.TemporaryDirectory(prefix="newstally-") as folder:
        settings = load(None)
        storage = settings.storage.model_copy(update={"path": Path(folder) / "demo.db"})
        announce("Newstally shows its sample stories; nothing is kept.")
        alone = dict.fromkeys(set(ADAPTERS) - {"web"})  # platforms are off, whatever tokens the environment has
        _run(settings.model_copy(update={"storage": storage, **alone}), sample_wire=True, real_sources=False)


@main.command()
@click.option("--log", is_flag=True, help="Tell who changed which setting of which chat, too.")
@config_option
def check(config: Path | None, log: bool) -> None:
    """Tell what is right and wrong; exit with 1 when there are faults."""
    from bot.check import check as findings

    settings = load(found(config))
    faults = asyncio.run(reported(findings(settings, click.echo, log=log)))
    click.echo(f"{faults} fault{'' if faults == 1 else 's'}." if faults else "All is well.")
    sys.exit(1 if faults else 0)


@main.command(short_help="Copy the database into TARGET.")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def backup(target: Path, config: Path | None) -> None:
    """Copy the database into TARGET, consistently, also while the product runs."""
    from bot.copies import back_up

    settings = load(found(config))
    asyncio.run(reported(back_up(settings.storage.path, target)))
    say(f"Copied to {target}.")


@main.command("export")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@config_option
def export_(target: Path, config: Path | None) -> None:
    """Write everything as JSON lines into TARGET (- for standard output)."""
    from bot.copies import export_lines

    settings = load(found(config))
    rows = asyncio.run(reported(export_lines(settings.storage.path, target)))
    say(f"{rows} rows written.")


@main.command("import")
@click.argument("origin", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@config_option
def import_(origin: Path, config: Path | None) -> None:
    """Fill an empty database from an export in ORIGIN (- for standard input)."""
    from bot.copies import import_lines

    settings = load(found(config))
    rows = asyncio.run(reported(import_lines(settings.storage.path, origin)))
    say(f"{rows} rows read.")


def _run(settings: Settings, *, sample_wire: bool, real_sources: bool = True) -> None:
    from bot import app

    async def until_told_to_stop() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await app.run(settings, sample_wire=sample_wire, say=announce, stop=stop, real_sources=real_sources)

    asyncio.run(reported(until_told_to_stop()))
    # All is closed. The interpreter would look for cycles in everything once more: seconds on a busy machine.
    gc.freeze()
    announce("Stopped.")


if __name__ == "__main__":
    main(prog_name="newstally")
