"""What every adapter must be, whatever its platform. A platform is one row in `tests/stands.py`."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters import ADAPTERS
from bot.errors import ChatGone
from bot.model import Button, Card, Line, LineKind, Picture, Span, Style
from bot.ports import Answer, FindsOwnPosts, KnowsAdmins, SeedsReactions, State
from tests.around import FREE
from tests.stands import LINK, ROWS, Everyone, Stand, a_card


@pytest.fixture(params=ROWS)
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    async with ROWS[request.param](tmp_path) as one:
        yield one


def test_every_adapter_has_its_row() -> None:
    assert set(ROWS) == set(ADAPTERS)


async def test_it_is_ready_once_connected_and_ends_within_a_second_of_being_told(stand: Stand) -> None:
    assert stand.adapter.state is State.CONNECTING
    assert stand.adapter.platform == stand.chat.platform
    task = asyncio.create_task(stand.adapter.run(Everyone().dispatch))
    await stand.ready(task)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 1


async def test_it_can_be_cancelled_before_it_is_connected(stand: Stand) -> None:
    for steps in (0, 1, 3):
        task = asyncio.create_task(stand.adapter.run(Everyone().dispatch))
        for _ in range(steps):
            await asyncio.sleep(0)
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert time.monotonic() - began < 1


async def test_a_card_sent_is_a_message_with_its_words_its_link_and_its_buttons(stand: Stand) -> None:
    async with stand.running():
        message = await stand.adapter.send(stand.chat, a_card(), key="n7", departure=FREE)
        other = await stand.adapter.send(stand.chat, a_card("Rates rise", number=8), key="n8", departure=FREE)
        assert message.chat == other.chat == stand.chat
        assert message != other
        seen = await stand.look(message)
    for words in ("Rates fall", "Example News", "The bank lowered its rate.", "In all chats: bullish 3, bearish 1"):
        assert words in seen.words
    assert [link.rstrip("/") for link in seen.links] == [LINK]
    assert [label for label in seen.buttons if "ish" in label] == ["🐂 Bullish 0", "🐻 Bearish 0"]


async def test_an_edit_shows_something_else_and_the_same_again_is_success(stand: Stand) -> None:
    async with stand.running():
        message = await stand.adapter.send(stand.chat, a_card(), key="n7", departure=FREE)
        for _ in range(2):
            await stand.adapter.edit(message, a_card("Rates fall further", votes=1))
        seen = await stand.look(message)
        assert "Rates fall further" in seen.words
        assert "🐂 Bullish 1" in seen.buttons
        closed = a_card()
        for _ in range(2):
            await stand.adapter.edit(message, Card(closed.language, closed.lines))
        assert not [label for label in (await stand.look(message)).buttons if "ish" in label]


async def test_the_same_key_gives_the_same_message_where_the_platform_knows_keys(stand: Stand) -> None:
    async with stand.running():
        first = await stand.adapter.send(stand.chat, a_card(), key="n7", departure=FREE)
        if stand.adapter.recognises_keys:
            assert await stand.adapter.send(stand.chat, a_card(), key="n7", departure=FREE) == first
        if isinstance(stand.adapter, FindsOwnPosts):
            assert await stand.adapter.find(stand.chat, "v:7:b") == first
            assert await stand.adapter.find(stand.chat, "v:8:b") is None


class Watched:
    """A departure that looks at the chat when the message leaves it."""

    def __init__(self, stand: Stand, *, wanted: bool = True) -> None:
        self._stand = stand
        self._wanted = wanted
        self.left: list[tuple[int, str]] = []
        """Each time, how many turns had been granted and how the chat looked."""

    async def leaving(self) -> None:
        self.left.append((self._stand.pace.turns, await self._stand.page()))
        if not self._wanted:
            raise Unwanted

    async def refused(self) -> None:
        raise AssertionError


class Unwanted(Exception):
    """The message isn't to be sent."""


async def test_a_message_leaves_once_after_its_last_turn_and_before_anybody_sees_it(stand: Stand) -> None:
    async with stand.running():
        watched = Watched(stand)
        message = await stand.adapter.send(stand.chat, a_card(), key="n7", departure=watched)
        [(turns, page)] = watched.left
        assert turns == stand.pace.turns
        assert "Rates fall" not in page
        assert "Rates fall" in (await stand.look(message)).words


async def test_a_message_that_waits_for_its_turn_has_not_left(stand: Stand) -> None:
    async with stand.running():
        watched = Watched(stand)
        stand.pace.gate.clear()
        stand.pace.asked.clear()
        asked = asyncio.create_task(stand.pace.asked.wait())
        sending = asyncio.create_task(stand.adapter.send(stand.chat, a_card(), key="n7", departure=watched))
        await asyncio.wait({asked, sending}, return_when=asyncio.FIRST_COMPLETED)
        # A platform that costs nothing asks for no turn.
        assert not watched.left or not asked.done()
        stand.pace.gate.set()
        await sending
        asked.cancel()
        assert len(watched.left) == 1


async def test_a_message_that_became_unwanted_while_it_waited_is_not_sent(stand: Stand) -> None:
    async with stand.running():
        with pytest.raises(Unwanted):
            await stand.adapter.send(stand.chat, a_card(), key="n7", departure=Watched(stand, wanted=False))
        assert "Rates fall" not in await stand.page()
        await stand.adapter.send(stand.chat, a_card(), key="n7", departure=Watched(stand))
        assert "Rates fall" in await stand.page()


async def test_where_it_has_every_right_nothing_is_missing(stand: Stand) -> None:
    async with stand.running():
        can = await stand.adapter.capabilities(stand.chat)
    assert (can.posts, can.buttons, can.missing) == (True, True, ())


async def test_a_chat_that_is_not_there_is_gone(stand: Stand) -> None:
    async with stand.running():
        with pytest.raises(ChatGone):
            await stand.adapter.send(stand.nowhere, a_card(), key="n7", departure=FREE)
        with pytest.raises(ChatGone):
            await stand.adapter.capabilities(stand.nowhere)


async def test_it_knows_who_administers_a_chat(stand: Stand) -> None:
    assert isinstance(stand.adapter, KnowsAdmins)
    async with stand.running():
        admin, chats = await stand.admin(), [stand.chat]
        assert await stand.adapter.is_admin(stand.chat, admin)
        assert not await stand.adapter.is_admin(stand.chat, stand.member)
        assert list(await stand.adapter.administered(admin, chats)) == chats
        assert not await stand.adapter.administered(stand.member, chats)


async def test_a_press_tells_which_button_of_which_message_and_its_answer_is_for_the_presser(stand: Stand) -> None:
    words = "Your vote counts: bullish."
    core = Everyone(answer=Answer(card=Card("en", (Line(LineKind.TEXT, (Span(words),)),)), private=True))
    async with stand.running(core):
        message = await stand.adapter.send(stand.chat, a_card(), key="n7", departure=FREE)
        assert words in await stand.press(message, "v:7:b")
        if stand.adapter.platform != "web":
            assert core.presses[0].actor.id == stand.member.id
        await stand.press(message, "v:7:s")
        [first, second] = core.presses
        assert (first.message, first.button, second.button) == (message, "v:7:b", "v:7:s")
        assert first.actor.id == second.actor.id
        assert first.carried
        assert second.carried
        assert first.event_id != second.event_id
        if isinstance(stand.adapter, SeedsReactions):
            for _ in range(2):
                await stand.adapter.seed(message, stand.adapter.ballot)


async def test_what_is_far_too_long_arrives_shortened_and_can_be_voted_on(stand: Stand) -> None:
    paragraphs = tuple(
        Line(LineKind.TEXT, (Span(f"Paragraph {n}. ", Style.BOLD, url=f"{LINK}&p={n}"), Span("So it goes. 🐂" * 40)))
        for n in range(150)
    )
    title = "A title without end " * 400
    card = a_card(title)
    long = Card(
        card.language,
        (*card.lines[:2], *paragraphs, card.lines[3]),
        buttons=(*card.buttons, *((Button("Label " * 60, id=f"c:help:{n}"),) for n in range(30))),
        picture=Picture("https://news.example/" + "p" * 5000 + ".png", alt=title),
    )
    async with stand.running():
        message = await stand.adapter.send(stand.chat, long, key="n7", departure=FREE)
        await stand.adapter.edit(message, a_card("Short again"))
        assert "Short again" in (await stand.look(message)).words
        await stand.adapter.edit(message, long)
        seen = await stand.look(message)
        assert "A title without end A title without end" in seen.words
        assert "In all chats: bullish 3, bearish 1" in seen.words
        assert {"🐂 Bullish 0", "🐻 Bearish 0"} <= set(seen.buttons)
        assert all(link.startswith(LINK) for link in seen.links)
        # An empty card is no reason to fail either.
        empty = Card("en", (Line(LineKind.TITLE, (Span(" \u200b\n "),)), Line(LineKind.TEXT, ())))
        await stand.adapter.send(stand.chat, empty, key="n8", departure=FREE)


HOSTILE = {
    "mentions": "@everyone @here <@1001> <@&1> @bobby <#1> tg://user?id=1001",
    "markup": "<script>alert(1)</script> <b onmouseover=alert(1)>b</b> <img src=x onerror=alert(1)> </article>",
    "markdown": "**bold** __u__ *i* ~~s~~ ||m|| `code` ```pre``` [text](https://evil.example) > quote # head - item",
    "links": "https://evil.example evil.example/path mailto:a@evil.example javascript:alert(1) /start #tag $CASH",
    "times": "<t:1:R> <:emoji:1> <id:home> </start:1> <sound:1:1>",
    "entities": "&lt;b&gt; &amp;lt; &#60;script&#62;",
    "backslashes": r"\*\*not bold\*\* \[x\](https://evil.example) \\",
}


MARKUP = {"script", "img", "i", "u", "s", "mark", "code", "pre", "span.mention", "blockquote"}
ROUND = str.maketrans("[]", "()")


@pytest.mark.parametrize("attack", HOSTILE)
async def test_text_of_others_is_text_and_nothing_else(stand: Stand, attack: str) -> None:
    hostile = HOSTILE[attack]
    async with stand.running():
        message = await stand.adapter.send(stand.chat, a_card(f"T {hostile}", f"L {hostile}"), key="n7", departure=FREE)
        seen = await stand.look(message)
        assert [link.rstrip("/") for link in seen.links] == [LINK]
        assert not stand.pinged()
        assert not seen.tags & MARKUP
        assert not [tag for tag in seen.tags if tag.startswith("[")]
        # Word for word, but for brackets within a link and signs without width that keep it from being more. Only the
        # title is bold. Telegram's clients let one search for tags: that leads nowhere.
        shown = re.sub("[\u200b\u2060]", "", seen.words).translate(ROUND)
        assert f"T {hostile}".translate(ROUND) in shown
        assert f"L {hostile}".translate(ROUND) in shown
        assert not [words for words in seen.emphasised if words.startswith("L ")]
        assert {words for words in seen.emphasised if words[0] in "#$@/"} <= {"#tag", "$CASH"}
        assert "In all chats: bullish 3, bearish 1" in seen.words


async def test_signs_that_nobody_sees_and_the_other_direction_do_not_spill(stand: Stand) -> None:
    hebrew = "שלום עולם"
    override = "\u202eevil\u2066 \u0000\u0007\ud800 zero\u200bwidth\ufeff"
    async with stand.running():
        message = await stand.adapter.send(
            stand.chat, a_card(f"{hebrew} {override}", f"{hebrew}\r\n\n\n{override}"), key="n7", departure=FREE
        )
        seen = await stand.look(message)
    assert hebrew in seen.words
    assert "evil" in seen.words
    assert not set(seen.words) & {"\x00", "\x07", "\ud800"}
    # What turns the direction stays within its line, or isn't there at all.
    for line in seen.words.splitlines():
        if "Example News" in line or "In all chats" in line:
            assert "\u202e" not in line
