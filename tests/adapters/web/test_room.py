"""Rooms over real HTTP, without the script."""

from __future__ import annotations

import asyncio
import html
import json
import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from adapters.web.hub import STREAMS_OF_A_MEMBER
from bot.errors import ChatGone, StorageError
from bot.events import ButtonPressed, ChatJoined, CommandInvoked
from bot.model import Actor, ChatKind, ChatRef, Phrase, Tally
from bot.ports import State
from tests.around import FREE
from tests.languages import LANGUAGES
from tests.visitor import answers, buttons, pressed
from tests.web_house import House, a_story, web_house

JSON = {"accept": "application/json"}
EN = ChatRef("web", "en")


def new_visitor(house: House) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(house.address, cookie_jar=aiohttp.CookieJar(unsafe=True))


async def page_of(client: aiohttp.ClientSession, path: str = "/r/en") -> str:
    async with client.get(path) as response:
        assert response.status == 200, await response.text()
        return await response.text()


async def press(client: aiohttp.ClientSession, message: str, button: str, **headers: str) -> aiohttp.ClientResponse:
    return await client.post("/r/en/press", data={"message": message, "button": button}, headers=headers)


@pytest.mark.parametrize(
    ("accept", "room"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("da, en;q=0.5, ja;q=0.7", "ja"),
        ("pt-BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("da", "en"),
        ("", "en"),
        ("fr;q=0", "en"),
        ("fr;q=nonsense, de;q=0.1", "de"),
        (",,;;q=,", "en"),
    ],
)
async def test_the_front_page_leads_to_the_visitors_language(
    client: aiohttp.ClientSession, accept: str, room: str
) -> None:
    async with client.get("/", headers={"accept-language": accept}, allow_redirects=False) as response:
        assert (response.status, response.headers["location"]) == (303, f"/r/{room}")


async def test_each_language_has_a_room_that_opens_once(house: House, client: aiohttp.ClientSession) -> None:
    for language in LANGUAGES:
        for _ in range(2):
            text = await page_of(client, f"/r/{language}")
            assert f'<html lang="{language}"' in text
    opened = [event for event in house.core.heard if isinstance(event, ChatJoined)]
    assert [event.language for event in opened] == list(LANGUAGES)
    assert all(event.kind is ChatKind.ROOM and event.chat.id == event.language for event in opened)


@pytest.mark.parametrize("path", ["/r/xx", "/r/EN", "/r/..%2fen", "/r/", "/r/en/x", "/static/../room.html", "/nothing"])
async def test_there_is_nothing_anywhere_else(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 404


async def test_a_story_is_on_the_page_and_its_form_votes(house: House, client: aiohttp.ClientSession) -> None:
    await house.core.post(a_story())
    text = await page_of(client)
    assert "Bitcoin climbs past a round number" in text
    message = re.search(r'name="message" value="([^"]+)"', text)[1]  # type: ignore[index]
    button = re.search(r'name="button" value="([^"]+)"', text)[1]  # type: ignore[index]

    async with await press(client, message, button) as response:
        assert [seen.status for seen in response.history] == [303]
        page = await response.text()
        assert buttons(page)[0] == ("m1", "v:1:b", "Bullish 1")
        assert "Your vote counts" not in page, "the button says so itself"
    async with await press(client, message, button) as response:
        page = await response.text()
        assert buttons(page)[0] == ("m1", "v:1:b", "Bullish 0")
        assert "Your vote is taken back." in page


async def test_a_members_own_vote_is_marked_for_them_alone_and_stays_so(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.core.post(a_story())
    await page_of(client)
    async with await press(client, "m1", "v:1:b", **JSON) as response:
        assert (await response.json())["pressed"] is True
    assert pressed(await page_of(client)) == ["v:1:b"]
    async with await press(client, "m1", "v:1:s", **JSON) as response:
        assert (await response.json())["pressed"] is True
    assert pressed(await page_of(client)) == ["v:1:s"]
    async with new_visitor(house) as other:
        assert pressed(await page_of(other)) == []
        assert pressed(await page_of(other)) == []
    async with await press(client, "m1", "v:1:s", **JSON) as response:
        assert (await response.json())["pressed"] is False
    assert pressed(await page_of(client)) == []


async def test_all_windows_of_a_member_hear_of_their_press_and_no_others(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.core.post(a_story())
    place = re.search(r'data-place="([^"]+)"', await page_of(client))[1]  # type: ignore[index]
    async with new_visitor(house) as other:
        await page_of(other)
        async with (
            client.get("/r/en/events", params={"after": place}) as own,
            other.get("/r/en/events", params={"after": place}) as theirs,
        ):
            (await press(client, "m1", "v:1:b", **JSON)).close()
            (await press(other, "m1", "v:1:s", **JSON)).close()
            heard = [await read_event(own) for _ in range(3)]
            assert [event["event"] for event in heard] == ["replace", "press", "replace"]
            assert json.loads(heard[1]["data"]) == {"button": "v:1:b", "pressed": True}
            assert 'aria-pressed="true"' not in heard[0]["data"] + heard[2]["data"]
            kinds = [(await read_event(theirs))["event"] for _ in range(3)]
            assert kinds == ["replace", "replace", "press"]


async def test_every_visitor_is_a_member_of_their_own_and_stays_the_same(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.core.post(a_story())
    async with new_visitor(house) as other:
        for session in (client, other, client):
            await page_of(session)
            (await press(session, "m1", "v:1:b")).close()
    actors = [event.actor.id for event in house.core.heard if isinstance(event, ButtonPressed)]
    assert actors[0] == actors[2] != actors[1]
    assert len({event.event_id for event in house.core.heard if isinstance(event, ButtonPressed)}) == 3


async def test_a_forged_cookie_names_nobody(house: House, client: aiohttp.ClientSession) -> None:
    await house.core.post(a_story())
    await page_of(client)
    cookie = next(iter(client.cookie_jar))
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert not cookie["secure"]
    member, _, signature = cookie.value.partition(".")
    for forged in (f"somebody.{signature}", f"{member}.", member, "", f"{member}.{signature}x", "é.é"):
        async with new_visitor(house) as forger:
            headers = {"cookie": f"newstally_member={forged}; newstally_admin={signature}"}
            async with await press(forger, "m1", "v:1:b", **headers) as refused:
                assert refused.status == 401
            async with forger.get("/r/en", headers=headers) as response:
                assert "newstally_member" in response.cookies
                assert response.cookies["newstally_member"].value.partition(".")[0] != member
    assert not [event for event in house.core.heard if isinstance(event, ButtonPressed)]


async def test_members_and_rooms_outlive_a_restart(tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    actors = []
    for run in range(2):
        async with web_house(tmp_path) as house, aiohttp.ClientSession(house.address, cookie_jar=jar) as client:
            if run == 0:
                await house.core.post(a_story())
            assert "Bitcoin climbs" in await page_of(client)
            (await press(client, "m1", "v:1:b")).close()
            actors += [event.actor.id for event in house.core.heard if isinstance(event, ButtonPressed)]
            assert sum(isinstance(event, ChatJoined) for event in house.core.heard) == (run == 0)
    assert actors[0] == actors[1]


async def test_the_admin_link_makes_an_admin_until_the_token_changes(tmp_path: Path) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with web_house(tmp_path) as house, aiohttp.ClientSession(house.address, cookie_jar=jar) as client:
        async with client.get("/enter", params={"token": "a guess"}) as response:
            assert response.status == 403
        async with client.get(house.admin_link) as response:
            assert str(response.url) == f"{house.address}/r/en"
            assert "You are an admin of these rooms now." in await response.text()
        (await client.post("/r/en/say", data={"text": "/help"}, headers=JSON)).close()
        (command,) = [event for event in house.core.heard if isinstance(event, CommandInvoked)]
        assert command.admin
        assert await house.adapter.is_admin(EN, command.actor)
        assert await house.adapter.administered(command.actor, [EN]) == [EN]
        assert not await house.adapter.is_admin(EN, Actor("web", "somebody"))
    async with (
        web_house(tmp_path, token="another-token-than-before") as house,
        aiohttp.ClientSession(house.address, cookie_jar=jar) as client,
    ):
        (await client.post("/r/en/say", data={"text": "/help"}, headers=JSON)).close()
        (command,) = [event for event in house.core.heard if isinstance(event, CommandInvoked)]
        assert not command.admin
        assert not await house.adapter.is_admin(EN, command.actor)


async def test_an_admins_cookie_is_worth_nothing_beside_another_members(
    house: House, client: aiohttp.ClientSession
) -> None:
    (await client.get(house.admin_link)).close()
    stolen = next(cookie.value for cookie in client.cookie_jar if cookie.key == "newstally_admin")
    async with new_visitor(house) as thief:
        await page_of(thief)
        thief.cookie_jar.update_cookies({"newstally_admin": stolen}, URL(house.address))
        assert ">Admin<" not in await page_of(thief)


async def test_what_is_typed_is_a_command_or_looked_for(house: House, client: aiohttp.ClientSession) -> None:
    await page_of(client)
    async with client.post(
        "/r/en/say", data={"text": "  /sources  add https://example.org/?a=1&b=2 "}, headers=JSON
    ) as r:
        answer = await r.json()
    assert "a member asked: add https://example.org/?a=1&amp;b=2" in answer["html"]
    command = next(event for event in house.core.heard if isinstance(event, CommandInvoked))
    assert (command.name, command.text) == ("sources", "add https://example.org/?a=1&b=2")
    assert (command.kind, command.admin, command.chat) == (ChatKind.ROOM, False, EN)

    for text, name, words in (
        ("hello  there", "search", "hello  there"),
        ("<script>", "search", "<script>"),
        ("HELP", "search", "HELP"),
        ("/HELP Me", "help", "Me"),
        ("／help", "help", ""),
        ("/ help", "help", ""),
        ("/unheardof <b>", "unheardof", "<b>"),
        ("/ПОМОЩЬ", "помощь", ""),
        ("/", "", ""),
        ("//x", "/x", ""),
        ("/" + "x" * 999, "x" * 32, ""),
    ):
        async with client.post("/r/en/say", data={"text": text}, headers=JSON) as response:
            answer = await response.json()
        command = [event for event in house.core.heard if isinstance(event, CommandInvoked)][-1]
        assert (command.name, command.text) == (name, words)
        assert ("There is no " in answer["html"]) == (name not in {"search", "help"})
        assert html.escape(f"/{name} {words}".rstrip()) in answer["html"]
    async with client.post("/r/en/say", data={"text": "  "}) as response:
        assert response.status == 200


async def test_the_menus_forms_give_declared_commands_only(house: House, client: aiohttp.ClientSession) -> None:
    await page_of(client)
    form = {
        "command": "sources",
        "subcommand": "add",
        "argument.address": " https://example.org ",
        "argument.evil": "x",
    }
    (await client.post("/r/en/command", data=form)).close()
    command = next(event for event in house.core.heard if isinstance(event, CommandInvoked))
    assert (command.name, command.subcommand, dict(command.arguments)) == (
        "sources",
        "add",
        {"address": "https://example.org"},
    )
    for bad in ({"command": "nope"}, {"command": "sources"}, {"command": "help", "subcommand": "add"}, {}):
        async with client.post("/r/en/command", data=bad) as response:
            assert response.status == 400


async def test_a_room_offers_no_choice_of_its_language_and_its_menu_leads_to_the_others(
    house: House, client: aiohttp.ClientSession
) -> None:
    (await client.get(house.admin_link)).close()
    page = await page_of(client)
    assert 'value="language"' not in page
    assert 'value="/language"' not in page
    assert [room for room in LANGUAGES if f'<a href="/r/{room}" lang="{room}"' in page] == list(LANGUAGES)
    (await client.post("/r/en/say", data={"text": "/language fr"})).close()
    assert [event.name for event in house.core.heard if isinstance(event, CommandInvoked)] == ["language"]


async def test_an_answer_stands_apart_from_the_stories_until_it_is_dismissed(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.core.post(a_story())
    await page_of(client)
    for word in ("one", "two", "three"):
        (await client.post("/r/en/say", data={"text": f"/help {word}"})).close()
    feed, _, rest = (await page_of(client)).partition("</section>")
    assert feed.count("<article") == 1
    assert answers(rest) == ["/help three Only you see this /help a member asked: three one two"]
    answer = re.search(r'name="answer" value="([^"]+)"', rest)[1]  # type: ignore[index]
    async with new_visitor(house) as other:
        await page_of(other)
        (await other.post("/r/en/dismiss", data={"answer": answer})).close()
        assert answers(await page_of(other)) == []
    assert len(answers(await page_of(client))) == 1
    async with client.post("/r/en/dismiss", data={"answer": answer}) as response:
        assert [seen.status for seen in response.history] == [303]
        assert answers(await response.text()) == []
    for nonsense in ("", "a-unknown", "é"):
        async with client.post("/r/en/dismiss", data={"answer": nonsense}, headers=JSON) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    ("path", "language", "title", "back"),
    [
        ("/r/ja/nothing", "ja", "ページがありません", "/r/ja"),
        ("/r/xx", "de", "Hier ist nichts", "/r/de"),
        ("/nothing", "de", "Hier ist nichts", "/r/de"),
        ("/enter?token=wrong", "de", "Dieser Link ist nicht gültig", "/r/de"),
    ],
)
async def test_a_page_that_refuses_says_so_and_leads_back(
    client: aiohttp.ClientSession, path: str, language: str, title: str, back: str
) -> None:
    async with client.get(path, headers={"accept-language": "de"}) as response:
        page = await response.text()
    assert f'<html lang="{language}"' in page
    assert f"<h1>{title}</h1>" in page
    assert re.findall(r'<a class="button primary" href="([^"]+)"', page) == [back]


async def test_a_bad_press_is_refused_before_it_reaches_the_core(house: House, client: aiohttp.ClientSession) -> None:
    await page_of(client)
    for message, button in (("m1", ""), ("", "v:1:b"), ("m1", "x" * 65), ("m1", "é")):
        async with await press(client, message, button) as response:
            assert response.status == 400
    assert not [event for event in house.core.heard if isinstance(event, ButtonPressed)]


async def test_who_does_too_much_is_asked_to_wait_and_others_are_not(
    house: House, client: aiohttp.ClientSession
) -> None:
    await house.core.post(a_story())
    await page_of(client)
    statuses = []
    for _ in range(60):
        async with await press(client, "m1", "v:1:b", **JSON) as response:
            statuses.append(response.status)
    assert statuses[0] == 200
    assert statuses[-1] == 429
    async with new_visitor(house) as other:
        await page_of(other)
        async with await press(other, "m1", "v:1:b", **JSON) as response:
            assert response.status == 200


async def test_what_could_not_be_stored_is_said(house: House, client: aiohttp.ClientSession) -> None:
    await house.core.post(a_story())
    await page_of(client)
    house.core.broken = StorageError(Phrase("The disk is full."))
    async with await press(client, "m1", "v:1:b", **JSON) as response:
        assert response.status == 503
        assert "The disk is full" not in await response.text()


@pytest.mark.parametrize(
    ("message", "button", "carried"),
    [
        ("m1", "v:1:b", True),
        ("m1", "v:2:b", False),
        ("m9", "v:1:b", False),
        ("m999999999999999999", "v:1:b", False),
        ("m" + "9" * 400, "v:1:b", None),
        ("m-1", "v:1:b", None),
        ("m１", "v:1:b", None),
        ("a1", "v:1:b", None),
    ],
)
async def test_a_press_tells_whether_the_message_has_the_button(
    house: House, client: aiohttp.ClientSession, message: str, button: str, carried: bool | None
) -> None:
    await house.core.post(a_story())
    await page_of(client)
    async with await press(client, message, button, **JSON):
        pass
    [heard] = [event for event in house.core.heard if isinstance(event, ButtonPressed)]
    assert heard.carried is carried


async def test_a_refusal_to_a_vote_is_a_notice(house: House, client: aiohttp.ClientSession) -> None:
    await page_of(client)
    async with await press(client, "m7", "v:99:b", **JSON) as response:
        assert await response.json() == {"notice": "This button is not ours.", "pressed": False}
    async with await press(client, "m7", "v:99:b") as response:
        assert "This button is not ours." in await response.text()


async def test_a_follow_up_that_breaks_is_said_and_nothing_else_breaks(
    house: House, client: aiohttp.ClientSession
) -> None:
    class Breaking(asyncio.Event):
        async def wait(self) -> bool:  # type: ignore[override]
            raise RuntimeError("a bug")

    house.core.slow = Breaking()
    await page_of(client)
    async with client.post("/r/en/say", data={"text": "/status"}) as response:
        assert "Something went wrong here" in await response.text()
    assert house.adapter.state is State.READY


async def test_a_room_that_is_no_language_is_gone(house: House) -> None:
    for chat in (ChatRef("web", "xx"), ChatRef("web", "en", "7")):
        with pytest.raises(ChatGone):
            await house.adapter.capabilities(chat)
    capabilities = await house.adapter.capabilities(EN)
    assert capabilities.posts
    assert capabilities.buttons
    assert not capabilities.reactions
    assert capabilities.emoji == frozenset(), "there is nothing to react with"


async def test_a_card_sent_twice_under_a_key_is_there_once(house: House, client: aiohttp.ClientSession) -> None:
    card = house.core._card(a_story(), 1, Tally(), "en")
    first = await house.adapter.send(EN, card, key="d1", departure=FREE)
    second = await house.adapter.send(EN, card, key="d1", departure=FREE)
    assert first == second
    assert (await page_of(client)).count("<article") == 1


async def test_the_cookie_is_secure_behind_https(tmp_path: Path) -> None:
    async with (
        web_house(tmp_path, public_url="https://news.example.org") as house,
        new_visitor(house) as client,
        client.get("/r/en") as response,
    ):
        assert response.cookies["newstally_member"]["secure"]


# --- events ----------------------------------------------------------------------------------------------------------


async def read_event(response: aiohttp.ClientResponse) -> dict[str, str]:
    event: dict[str, str] = {}
    async with asyncio.timeout(20):
        while True:
            line = (await response.content.readline()).decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if line:
                event[name] = value
            elif "event" in event:
                return {name: event[name] for name in ("event", "id", "data")}


async def test_who_keeps_no_cookie_leaves_room_for_those_who_listen(
    house: House, client: aiohttp.ClientSession
) -> None:
    await page_of(client)
    async with (
        AsyncExitStack() as held,
        aiohttp.ClientSession(house.address, cookie_jar=aiohttp.DummyCookieJar()) as no,
    ):
        statuses = [
            (await held.enter_async_context(no.get("/r/en/events"))).status for _ in range(STREAMS_OF_A_MEMBER + 3)
        ]
        assert statuses == [200] * STREAMS_OF_A_MEMBER + [503] * 3
        async with client.get("/r/en/events") as response:
            assert response.status == 200


async def test_events_tell_what_came_after_the_page_was_read(house: House, client: aiohttp.ClientSession) -> None:
    place = re.search(r'data-place="([^"]+)"', await page_of(client))[1]  # type: ignore[index]
    await house.core.post(a_story())
    async with client.get("/r/en/events", params={"after": place}) as response:
        first = await read_event(response)
        assert first["event"] == "append"
        assert json.loads(first["data"])["id"] == "m1"
        (await press(client, "m1", "v:1:b")).close()
        second = await read_event(response)
        assert second["event"] == "replace"
        assert buttons(json.loads(second["data"])["html"])[0][2] == "Bullish 1"
        assert (await read_event(response))["event"] == "press"
    async with client.get("/r/en/events", headers={"last-event-id": first["id"]}) as response:
        assert await read_event(response) == second


@pytest.mark.parametrize("place", ["", "nonsense", "00000000-0", "-", "x-99999999999999999999999"])
async def test_who_comes_from_an_unknown_place_starts_anew(client: aiohttp.ClientSession, place: str) -> None:
    await page_of(client)
    async with client.get("/r/en/events", params={"after": place}) as response:
        assert (await read_event(response))["event"] == "reset"


async def test_one_member_can_not_take_all_streams(house: House, client: aiohttp.ClientSession) -> None:
    await page_of(client)
    streams = [await client.get("/r/en/events") for _ in range(12)]
    async with client.get("/r/en/events") as refused:
        assert refused.status == 503
    async with new_visitor(house) as other:
        await page_of(other)
        async with other.get("/r/en/events") as response:
            assert response.status == 200
    for stream in streams:
        stream.close()


async def test_open_streams_do_not_hold_up_the_end(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    client = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with web_house(tmp_path) as house:
        await page_of(client, f"{house.address}/r/en")
        streams = [await client.get(f"{house.address}/r/en/events") for _ in range(5)]
        assert all(stream.status == 200 for stream in streams)
        house_ends_at = loop.time()
    assert loop.time() - house_ends_at < 2
    for stream in streams:
        await stream.read()  # comes to its end; a stream cut off would raise
    await client.close()


async def test_the_clock_is_the_one_that_is_given(tmp_path: Path) -> None:
    then = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    async with web_house(tmp_path, clock=lambda: then) as house, new_visitor(house) as client:
        await house.core.post(a_story())
        await page_of(client)
        (message,) = await house.adapter._surroundings.rooms.page("en")
        assert message.posted_at == then
