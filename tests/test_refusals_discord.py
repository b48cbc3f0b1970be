"""Every row of the Discord table in tests/emulators/REFUSALS.md is sent with a bare client and refused as it says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.emulators.discord import DiscordServer, ManualClock

TABLE = Path(__file__).parent / "emulators" / "REFUSALS.md"
_ROW = re.compile(r"\| (\d+) \| `(.+?)` \| (\d+) \| (\S+) \| `(.+?)` \| (.+?) \|$")
_REPEAT = re.compile(r"\$repeat\((.+?),(\d+)\)")
_NAME = re.compile(r"\$([a-z_]+)")


@dataclass(frozen=True)
class Row:
    number: int
    request: str
    status: int
    code: str
    text: str


def rows() -> list[Row]:
    section = TABLE.read_text(encoding="utf-8").partition("## Discord\n")[2].partition("\n## ")[0]
    found = [_ROW.match(line) for line in section.splitlines()]
    return [Row(int(m[1]), m[2].replace("¦", "|"), int(m[3]), m[4], m[5]) for m in found if m]


def test_the_table_is_numbered_and_long_enough() -> None:
    assert [row.number for row in rows()] == list(range(1, len(rows()) + 1))
    assert len(rows()) >= 45


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.number}-{row.code}")
async def test_refused(row: Row) -> None:
    clock = ManualClock()
    async with DiscordServer(clock=clock, limits={}) as dc, aiohttp.ClientSession() as http:
        names = await furnish(dc, clock)
        method, _, rest = row.request.partition(" ")
        if method == "GATEWAY":
            code, text = await gateway(http, dc, fill(rest, names))
            assert (code, text) == (row.status, row.text)
            return
        path, _, raw = rest.partition(" ")
        status, answer = await rest_call(http, dc, method, fill(path, names), fill(raw or "{}", names))
        said = (status, str(answer.get("code", "–")), said_of(answer))
        assert said == (row.status, row.code, row.text)


def fill(text: str, names: dict[str, str]) -> str:
    text = _REPEAT.sub(lambda m: m[1] * int(m[2]), text)
    return _NAME.sub(lambda m: names.get(m[1], m[0]), text)


def expand(value: Any) -> Any:
    """{"_times": n, "_item": x} stands for n times x in a list, with # as the number."""
    if isinstance(value, list):
        return [inner for item in value for inner in _several(item)]
    if isinstance(value, dict):
        return {key: expand(item) for key, item in value.items()}
    return value


def _several(item: Any) -> Iterator[Any]:
    if isinstance(item, dict) and "_times" in item:
        for number in range(item["_times"]):
            yield expand(json.loads(json.dumps(item["_item"]).replace("#", str(number))))
    else:
        yield expand(item)


async def rest_call(
    http: aiohttp.ClientSession, dc: DiscordServer, method: str, path: str, raw: str
) -> tuple[int, dict[str, Any]]:
    body = json.loads(raw)
    body = body if isinstance(body, dict) else {"_body": body}
    token, times, raw_body = body.pop("_token", dc.token), body.pop("_repeat", 1), body.pop("_raw", None)
    if body.pop("_limits", False):
        dc.limits.real()
    data = raw_body if raw_body is not None else json.dumps(expand(body.pop("_body", body)))
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bot {token}"} if token else {})
    for _ in range(times):
        async with http.request(
            method, dc.api_url.removesuffix("/api/v10") + "/api/v10" + path, data=data, headers=headers
        ) as response:
            assert response.headers.get("Content-Type", "application/json") == "application/json"
            status, answer = response.status, await response.read()
    return status, json.loads(answer or b"{}")


def said_of(answer: dict[str, Any]) -> str:
    """The message, and for a bad form what is wrong where."""
    return " / ".join([answer.get("message", ""), *_complaints(answer.get("errors", {}), ())])


def _complaints(node: Any, path: tuple[str, ...]) -> Iterator[str]:
    for key, value in node.items():
        if key == "_errors":
            yield from (f"{'.'.join(path) or 'body'}: {e['code']}: {e['message']}" for e in value)
        else:
            yield from _complaints(value, (*path, key))


async def gateway(http: aiohttp.ClientSession, dc: DiscordServer, raw: str) -> tuple[int, str]:
    """Sends the frames and gives the close code; or the opcode of the refusal, if the connection lives on."""
    frames = json.loads(raw)
    query = frames.pop(0) if isinstance(frames[0], str) and frames[0].startswith("?") else "?v=10&encoding=json"
    async with asyncio.timeout(20), http.ws_connect(dc.gateway_url + query, autoclose=False) as ws:
        for frame in expand(frames):
            await ws.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        while True:
            message = await ws.receive()
            if message.type is aiohttp.WSMsgType.TEXT:
                heard = json.loads(message.data)
                if heard["op"] == 9:
                    return 9, f"invalid session, resumable {str(heard['d']).lower()}"
                continue
            return int(message.data or 0), str(message.extra or "")


async def furnish(dc: DiscordServer, clock: ManualClock) -> dict[str, str]:
    """The places and things that the table's names stand for."""
    guild = await dc.create_guild("Investors")
    anna = await dc.add_user("anna", guild=guild)
    boris = await dc.add_user("boris", guild=guild)
    stranger = await dc.add_user("stranger")
    away = await dc.create_guild("Elsewhere", owner=stranger)
    their_channel = await dc.create_text(away)
    await dc.invite_bot(guild, ["VIEW_CHANNEL"])
    kept = {"allow": ["MANAGE_MESSAGES", "MANAGE_THREADS"]}
    news = await dc.create_text(guild, "news", overwrites={"bot": kept})
    plain = await dc.create_text(guild, "plain")
    hidden = await dc.create_text(guild, "hidden", overwrites={"everyone": {"deny": ["VIEW_CHANNEL"]},
                                                               "bot": {"deny": ["VIEW_CHANNEL"]}})  # fmt: skip
    readonly = await dc.create_text(guild, "readonly", overwrites={"bot": {"deny": ["SEND_MESSAGES"]}})
    denied = ("ATTACH_FILES", "EMBED_LINKS", "ADD_REACTIONS", "CREATE_PUBLIC_THREADS", "SEND_MESSAGES_IN_THREADS")
    bare = await dc.create_text(guild, "bare", overwrites={"bot": {"deny": denied}})
    blind = await dc.create_text(guild, "blind", overwrites={"bot": {"deny": ["READ_MESSAGE_HISTORY"]}})
    announcements = await dc.create_announcement(guild)
    forum = await dc.create_forum(guild, "stories", tags=["crypto"])
    tagged = await dc.create_forum(guild, "tagged", tags=["crypto"], require_tag=True)
    names: dict[str, str] = {}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {dc.token}"}) as http:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            async with http.request(method, dc.api_url + path, json=body) as response:
                assert response.status < 300, await response.text()
                return await response.json() if response.status != 204 else None

        async def post(channel: Any, **body: Any) -> str:
            return str((await ask("POST", f"/channels/{channel.id}/messages", body or {"content": "x"}))["id"])

        names["old"] = await post(news)
        clock.advance(3700)
        names["message"] = await post(news)
        names["layout"] = await post(news, flags=32768, components=[{"type": 10, "content": "x"}])
        names["rich"] = await post(news, embeds=[{"title": "x"}])
        names["threaded"] = await post(news)
        thread = await ask("POST", f"/channels/{news.id}/messages/{names['threaded']}/threads", {"name": "talk"})
        names["thread"] = thread["id"]
        closed = await dc.create_thread(anna, news, "closed", text="first")
        names["in_archived"] = await post(closed)
        await dc.archive(closed)
        locked = await dc.create_thread(anna, plain, "locked", text="first")
        await dc.lock(locked)
        names["published"] = await post(announcements)
        await ask("POST", f"/channels/{announcements.id}/messages/{names['published']}/crosspost")
        crowded = await dc.say(anna, news, "x")
        for number in range(20):
            await dc.react(anna, crowded, chr(0x1F400 + number))
        names["crowded"] = crowded.id
        boris.closed_dms = True
        names["closed_dm"] = (await ask("POST", "/users/@me/channels", {"recipient_id": boris.id}))["id"]
        names["dm"] = (await ask("POST", "/users/@me/channels", {"recipient_id": anna.id}))["id"]
        names["dm_message"] = (await dc.whisper(anna, "x")).id
        made = await ask("POST", f"/applications/{dc.application_id}/commands", {"name": "report", "description": "x"})
        names["command"] = made["id"]
        expired = await dc.slash(anna, news, "report")
        await ask("POST", f"/interactions/{expired.id}/{expired.token}/callback", {"type": 4, "data": {"content": "x"}})
        clock.advance(16 * 60)
        late = await dc.slash(anna, news, "report")
        clock.advance(4)
        done = await dc.slash(anna, news, "report")
        await ask("POST", f"/interactions/{done.id}/{done.token}/callback", {"type": 4, "data": {"content": "x"}})
        fresh = await dc.slash(anna, news, "report")
        names |= {"late": f"{late.id}/{late.token}", "done": f"{done.id}/{done.token}",
                  "fresh": f"{fresh.id}/{fresh.token}", "expired_token": expired.token,
                  "done_token": done.token, "fresh_token": fresh.token}  # fmt: skip
    on_plain = await dc.say(anna, plain, "x")
    on_bare = await dc.say(anna, bare, "x")
    on_blind = await dc.say(anna, blind, "x")
    small = await dc.create_guild("Small")
    await dc.invite_bot(small)
    full = await dc.create_text(small, "full")
    asleep = await dc.create_thread(small.members[small.owner_id].user, full, "asleep", text="first")
    await dc.archive(asleep)
    small.max_active_threads = 0
    full_announcements = await dc.create_announcement(small, "full_announcements")
    return names | {
        "news": news.id, "plain": plain.id, "hidden": hidden.id, "readonly": readonly.id, "bare": bare.id,
        "blind": blind.id, "announcements": announcements.id, "forum": forum.id, "tagged": tagged.id,
        "archived": closed.id, "locked": locked.id, "guild": guild.id, "elsewhere": away.id,
        "their_channel": their_channel.id, "anna": anna.id, "stranger": stranger.id, "app": dc.application_id,
        "token": dc.token, "theirs": on_plain.id, "on_bare": on_bare.id, "on_blind": on_blind.id, "full": full.id,
        "asleep_in_full": asleep.id,
        "full_announcements": full_announcements.id, "bot": dc.bot.id, "nothing": "999999999999999999",
    }  # fmt: skip
