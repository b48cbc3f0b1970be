"""Every refusal that tests/emulators/REFUSALS.md lists for Telegram is what the emulator answers, word for word.

The table's requests name places by symbols: `$group`, `$message` and so on are filled in by `furnished`,
`$repeat(x,5)` is xxxxx. `"_first"` holds requests to send before, `"_token"` replaces the bot's token.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.emulators.telegram import TelegramServer
from tests.emulators.telegram.access import SERVER_REFUSALS

TABLE = Path(__file__).parent / "emulators" / "REFUSALS.md"
AT_LEAST = 45


@dataclass(frozen=True)
class Refusal:
    number: str
    method: str
    body: str
    status: int
    code: int
    description: str
    source: str


def read_table() -> list[Refusal]:
    section = TABLE.read_text(encoding="utf-8").split("\n## Telegram\n")[1].split("\n## ")[0]
    rows = []
    for line in section.splitlines():
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 6 and cells[0].isdigit():
            method, _, body = cells[1].strip("`").partition(" ")
            rows.append(Refusal(cells[0], method, body, int(cells[2]), int(cells[3]), cells[4].strip("`"), cells[5]))
    return rows


REFUSALS = read_table()


async def furnished(tg: TelegramServer) -> dict[str, object]:
    """One place of each kind that the table speaks of."""
    ann, gone, away, foe = (tg.add_user(name) for name in ("Ann", "Gone", "Away", "Foe"))
    group = tg.create_supergroup("Group", members=[ann, away])
    tg.add_bot(group)
    muted = tg.create_supergroup("Muted")
    tg.add_bot(muted)
    tg.restrict(muted, can_send_messages=False, can_send_photos=False)
    forum = tg.create_forum("Forum")
    tg.add_bot(forum)
    topic, closed, deleted = (tg.create_topic(forum, name) for name in ("Open", "Closed", "Deleted"))
    tg.close_topic(forum, closed)
    tg.delete_topic(forum, deleted)
    channel, readonly = tg.create_channel("Channel"), tg.create_channel("Readonly")
    tg.add_bot(channel)
    tg.add_bot(readonly, ["can_edit_messages"])
    kicked, left = tg.create_supergroup("Kicked"), tg.create_group("Left")
    lost = tg.create_channel("Lost")
    for chat, banned in ((kicked, True), (left, False), (lost, True)):
        tg.add_bot(chat)
        tg.remove(chat, banned=banned)
    old = tg.create_group("Old")
    tg.add_bot(old)
    tg.migrate(old)
    picky = tg.create_supergroup("Picky")
    tg.add_bot(picky)
    tg.set_available_reactions(picky, ["👎"])
    private = tg.create_private(ann)
    tg.create_private(gone)
    tg.deactivate(gone)
    tg.block(foe)
    shut = {}
    for error in sorted(SERVER_REFUSALS):
        chat = shut[f"shut_{error.lower()}"] = tg.create_supergroup(error)
        tg.add_bot(chat)
        tg.shut_out(chat, error)
    others = tg.say(ann, group, "somebody else's")
    return {
        **{name: chat.id for name, chat in shut.items()},
        "group": group.id,
        "muted": muted.id,
        "forum": forum.id,
        "topic": topic.id,
        "closed_topic": closed.id,
        "deleted_topic": deleted.id,
        "channel": channel.id,
        "readonly_channel": readonly.id,
        "kicked_group": kicked.id,
        "left_group": left.id,
        "kicked_channel": lost.id,
        "migrated_group": old.id,
        "picky_group": picky.id,
        "picky_message": tg.say(tg.owner(picky), picky, "react!").id,
        "private": private.id,
        "deactivated": gone.id,
        "blocked": foe.id,
        "stranger": away.id,
        "foreign_message": others.id,
        "service_message": next(m.id for m in group.messages.values() if m.service),
    }


async def call(session: aiohttp.ClientSession, tg: TelegramServer, method: str, body: dict[str, Any]) -> Any:
    token = body.pop("_token", tg.token)
    async with session.post(f"{tg.base_url}{token}/{method}", json=body) as answer:
        return answer.status, await answer.json()


async def own_messages(session: aiohttp.ClientSession, tg: TelegramServer, symbols: dict[str, object]) -> None:
    """What the bot itself has put there: a text, a picture and a press to answer."""
    button = {"inline_keyboard": [[{"text": "Vote", "callback_data": "v"}]]}
    _, sent = await call(
        session, tg, "sendMessage", {"chat_id": symbols["group"], "text": "story", "reply_markup": button}
    )
    symbols["message"] = sent["result"]["message_id"]
    group = tg.world.chats[int(str(symbols["group"]))]
    symbols["press"] = tg.tap(tg.owner(group), group, int(sent["result"]["message_id"]), "v").id
    picture = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000400000004080200000026930929")
    form = aiohttp.FormData({"chat_id": str(symbols["group"]), "caption": "fig."})
    form.add_field("photo", picture, filename="a.png")
    async with session.post(f"{tg.base_url}{tg.token}/sendPhoto", data=form) as answer:
        symbols["photo_message"] = (await answer.json())["result"]["message_id"]


def filled(body: str, symbols: dict[str, object]) -> Any:
    body = re.sub(r"\$repeat\((.+?),(\d+)\)", lambda match: match.group(1) * int(match.group(2)), body)
    body = re.sub(r'"\$([a-z0-9_]+)"', lambda match: json.dumps(symbols[match.group(1)]), body)
    return json.loads(body or "{}")


def test_the_table_is_long_enough_and_numbered() -> None:
    assert len(REFUSALS) >= AT_LEAST
    assert [refusal.number for refusal in REFUSALS] == [str(n) for n in range(1, len(REFUSALS) + 1)]
    assert all(refusal.source for refusal in REFUSALS)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: f"{refusal.number}-{refusal.method}")
async def test_the_request_is_refused_as_written(refusal: Refusal) -> None:
    async with TelegramServer() as tg, aiohttp.ClientSession() as session:
        symbols = await furnished(tg)
        await own_messages(session, tg, symbols)
        body = filled(refusal.body, symbols)
        for method, before in body.pop("_first", []):
            status, answer = await call(session, tg, method, before)
            assert status == 200, answer
        status, answer = await call(session, tg, refusal.method, body)
    assert answer["ok"] is False
    assert (status, answer["error_code"], answer["description"]) == (
        refusal.status,
        refusal.code,
        refusal.description,
    )
