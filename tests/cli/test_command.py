"""How the operator is told what went wrong."""

from __future__ import annotations

import asyncio

import pytest

from bot.cli.command import reported
from bot.errors import ConfigError, StorageError
from bot.model import Phrase


async def _fail(error: Exception) -> None:
    raise error


async def _side_by_side(*errors: Exception) -> None:
    async with asyncio.TaskGroup() as outer:

        async def inner() -> None:
            async with asyncio.TaskGroup() as tasks:
                for error in errors:
                    tasks.create_task(_fail(error))

        outer.create_task(inner())


def test_what_a_person_can_act_on_is_a_line_also_when_it_comes_out_of_several_tasks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        asyncio.run(reported(_side_by_side(StorageError(Phrase("The disk is full.")))))
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: The disk is full.\n"
    with pytest.raises(SystemExit) as ended:
        asyncio.run(reported(_side_by_side(ConfigError(("a: is wrong",)))))
    assert ended.value.code == 2
    assert "a: is wrong" in capsys.readouterr().err


def test_a_bug_is_told_with_all_that_is_known_of_it() -> None:
    with pytest.raises(ExceptionGroup):
        asyncio.run(reported(_side_by_side(StorageError(Phrase("The disk is full.")), ZeroDivisionError())))
