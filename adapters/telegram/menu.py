"""The menu of commands that Telegram's apps show: what is published in which language and to whom, and when."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

import structlog
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.calls import Calls
from adapters.telegram.errors import seconds
from adapters.telegram.updates import backoff
from bot.ports import Audience, Command, KeyStore, Translators

log = structlog.get_logger()

KEY = "telegram.commands"
MAX_DESCRIPTION = 256


@dataclass(frozen=True, slots=True)
class Menu:
    """One setMyCommands."""

    scope: str
    language: str
    """Two letters, or none for everyone whose language has no menu."""
    commands: tuple[tuple[str, str], ...]


def menus(commands: Sequence[Command], translators: Translators) -> list[Menu]:
    """What to publish: everything by default, and to a group's members only what members may use.

    Telegram takes languages of exactly two letters, without script or region.
    """
    everyone = [command for command in commands if command.audience is Audience.MEMBER]
    scopes = {"default": list(commands)}
    if len(everyone) < len(commands):
        scopes |= {"all_group_chats": everyone, "all_chat_administrators": list(commands)}
    return [
        Menu(scope, "" if language == "en" else language, _described(chosen, language, translators))
        for scope, chosen in scopes.items()
        if chosen
        for language in translators.names
        if len(language) == 2
    ]


def _described(commands: Sequence[Command], language: str, translators: Translators) -> tuple[tuple[str, str], ...]:
    t = translators(language)
    return tuple((command.name, t.phrase(command.description)[:MAX_DESCRIPTION]) for command in commands)


def fingerprint(wanted: Sequence[Menu], bot_id: int) -> str:
    """Changes whenever something of what is published does."""
    text = json.dumps([bot_id, [asdict(menu) for menu in wanted]], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


async def publish(
    wanted: Sequence[Menu], bot_id: int, calls: Calls, keys: KeyStore, sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Bring Telegram's menus up to date; does nothing when they are, since so many calls at each start invite a 429.

    Outlasts trouble; raises InvalidToken where that is no use.
    """
    mark = fingerprint(wanted, bot_id)
    if not wanted or await keys.get(KEY) == mark:
        return
    for menu in wanted:
        await _set(menu, calls, sleep)
    await keys.put(KEY, mark)
    log.info("the commands are published", menus=len(wanted))


async def _set(menu: Menu, calls: Calls, sleep: Callable[[float], Awaitable[None]]) -> None:
    failures = 0
    while True:
        try:
            await calls.account(
                "setMyCommands",
                commands=[{"command": name, "description": description} for name, description in menu.commands],
                scope={"type": menu.scope},
                language_code=menu.language or None,
            )
            return
        except RetryAfter as error:
            await sleep(seconds(error))
        except BadRequest as error:
            log.warning("a menu of commands is refused", language=menu.language, reason=error.message)
            return
        except InvalidToken:
            raise  # the token was revoked meanwhile, or the server knows no menus
        except TelegramError:
            failures += 1
            await sleep(backoff(failures))
