"""The pure parts of the room: streams, answers, cookies and buckets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.web.answers import FILES, KEPT, LIFE, MEMBERS, Answers
from adapters.web.hub import REMEMBERED, WAITING, Hub, Kind, Stream
from adapters.web.members import Allowance, Buckets, Signer
from adapters.web.offers import offers
from bot.model import Card, Phrase
from bot.ports import Audience, Command, Document, Parameter
from tests.web_house import COMMANDS

CARD = Card("en", ())
NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def heard(stream: Stream) -> list[tuple[str, str]]:
    """What the stream holds, after it is ended from outside by one more event than it can take."""
    events = []
    frames = stream.frames()
    await anext(frames)
    while not stream._waiting.empty():
        frame = (await anext(frames)).decode()
        kind = frame.split("event: ")[1].split("\n")[0]
        events.append((kind, json.loads(frame.split("data: ")[1]).get("id", "")))
    return events


async def test_a_stream_tells_what_came_after_its_place_and_then_goes_on() -> None:
    hub = Hub()
    hub.tell("en", Kind.APPEND, "m1", "")
    place = hub.place("en")
    hub.tell("en", Kind.APPEND, "m2", "")
    hub.tell("fr", Kind.APPEND, "m3", "")
    stream = hub.listen("en", "ann", place)
    assert stream is not None
    hub.tell("en", Kind.REPLACE, "m1", "")
    assert await heard(stream) == [("append", "m2"), ("replace", "m1")]


async def test_an_answer_reaches_its_asker_alone_also_when_it_comes_between() -> None:
    hub = Hub()
    place = hub.place("en")
    early = hub.listen("en", "ben", place)
    hub.tell("en", Kind.ANSWER, "a1", "", only="ann")
    late = hub.listen("en", "ben", place)
    own = hub.listen("en", "ann", place)
    assert early is not None
    assert late is not None
    assert own is not None
    assert await heard(early) == await heard(late) == []
    assert await heard(own) == [("answer", "a1")]


async def test_too_long_an_absence_resets() -> None:
    hub = Hub()
    place = hub.place("en")
    for number in range(WAITING - 1):
        hub.tell("en", Kind.APPEND, f"m{number}", "")
    near = hub.listen("en", "ann", place)
    assert near is not None
    assert len(await heard(near)) == WAITING - 1
    for number in range(REMEMBERED):
        hub.tell("en", Kind.APPEND, f"n{number}", "")
    far = hub.listen("en", "ann", place)
    assert far is not None
    assert await heard(far) == [("reset", "")]


async def test_a_reader_that_is_too_slow_is_let_go() -> None:
    hub = Hub()
    slow = hub.listen("en", "ann", hub.place("en"))
    assert slow is not None
    for number in range(WAITING + 5):
        hub.tell("en", Kind.APPEND, f"m{number}", "")
    assert [frame async for frame in slow.frames()] == [b"retry: 1000\n\n"]


async def test_closing_ends_every_stream_and_lets_no_other_in() -> None:
    hub = Hub()
    stream = hub.listen("en", "ann", "")
    assert stream is not None
    hub.close()
    assert [frame async for frame in stream.frames()] == [b"retry: 1000\n\n"]
    assert hub.listen("en", "ann", "") is None


def test_answers_are_kept_for_a_while_for_their_member_and_room() -> None:
    answers = Answers()
    kept = [answers.add("ann", "en", f"/{number}", CARD, NOW) for number in range(KEPT + 2)]
    answers.add("ann", "fr", "/fr", CARD, NOW)
    assert answers.newest("ann", "en", NOW) == kept[-1]
    assert answers.newest("ann", "en", NOW + LIFE + timedelta(seconds=1)) is None
    assert answers.newest("ben", "en", NOW) is None
    assert [answers.find("ann", one.id) is None for one in kept] == [True] * 3 + [False] * (KEPT - 1)
    assert answers.find("ben", kept[-1].id) is None
    assert answers.replace("ben", kept[-1].id, CARD) is None
    assert answers.replace("ann", "a-unknown", CARD) is None
    changed = answers.replace("ann", kept[-1].id, Card("fr", ()))
    assert changed is not None
    assert answers.find("ann", changed.id) == changed


def test_an_answer_that_was_read_is_gone_with_those_before_it_and_no_other() -> None:
    answers = Answers()
    elsewhere = answers.add("ann", "fr", "/fr", CARD, NOW)
    first, second, third = (answers.add("ann", "en", f"/{number}", CARD, NOW) for number in range(3))
    for nobodys in ("a-unknown", ""):
        answers.dismiss("ann", nobodys)
    answers.dismiss("ben", third.id)
    assert answers.newest("ann", "en", NOW) == third
    answers.dismiss("ann", second.id)
    assert answers.find("ann", first.id) is None
    assert answers.newest("ann", "en", NOW) == third
    answers.dismiss("ann", third.id)
    assert answers.newest("ann", "en", NOW) is None
    assert answers.newest("ann", "fr", NOW) == elsewhere
    for number in range(KEPT + 1):
        answers.add("ann", "en", f"/{number}", CARD, NOW)
    assert answers.find("ann", elsewhere.id) is None, "no more are kept than before"


def test_answers_of_who_asked_longest_ago_go_first() -> None:
    answers = Answers()
    for number in range(MEMBERS + 1):
        answers.add(f"member {number}", "en", "", CARD, NOW)
    assert answers.newest("member 0", "en", NOW) is None
    assert answers.newest("member 1", "en", NOW) is not None


def test_only_a_members_own_pages_hear_what_they_have_pressed() -> None:
    hub = Hub()
    place = hub.place("en")
    hub.tell_press("en", "v:1:b", True, only="ann")
    ann, ben = hub.listen("en", "ann", place), hub.listen("en", "ben", place)
    assert ann is not None
    assert ben is not None
    assert (ann._waiting.qsize(), ben._waiting.qsize()) == (1, 0)
    frame = ann._waiting.get_nowait()
    assert frame is not None
    assert b"event: press" in frame
    assert b'{"button": "v:1:b", "pressed": true}' in frame


def test_offers_are_what_one_may_do_searching_first_and_a_press_last() -> None:
    assert [offer.typed for offer in offers(COMMANDS, admin=False)] == ["/search", "/help", "/sources list", "/status"]
    assert [offer.typed for offer in offers(COMMANDS, admin=True)] == [
        "/search",
        "/sources follow",
        "/sources add",
        "/sources remove",
        "/help",
        "/sources list",
        "/status",
    ]


def test_what_stands_beside_a_choice_of_the_language_has_a_form_without_it() -> None:
    def named(name: str, *, keyword: bool = False) -> Parameter:
        return Parameter(name, Phrase(name), required=False, keyword=keyword)

    parameters = (named("language"), named("fallback", keyword=True), named("translate", keyword=True))
    command = Command("language", Phrase("x"), parameters, audience=Audience.ADMIN, chooses_language=True)
    [offer] = offers([command], admin=True)
    assert offer.typed == "/language fallback"
    assert [parameter.name for parameter in offer.parameters] == ["fallback", "translate"]
    assert offers([command], admin=False) == []
    assert offers([replace(command, parameters=parameters[:1])], admin=True) == []


def test_a_cookie_is_its_members_and_its_keys() -> None:
    signer = Signer(b"key", "token")
    member = signer.new_member()
    cookie = signer.member_cookie(member)
    assert signer.read(cookie, "") is not None
    assert signer.read(cookie, signer.admin_cookie(member)).admin  # type: ignore[union-attr]
    assert not signer.read(cookie, signer.admin_cookie("other")).admin  # type: ignore[union-attr]
    assert not signer.read(cookie, Signer(b"key", "new token").admin_cookie(member)).admin  # type: ignore[union-attr]
    assert Signer(b"another", "token").read(cookie, "") is None
    assert signer.new_member() != member


def test_a_bucket_fills_again_with_time_and_forgets_who_is_long_gone() -> None:
    buckets = Buckets(Allowance(burst=2, rate=0.5), kept=2)
    assert [buckets.take("ann", 0.0) for _ in range(3)] == [True, True, False]
    assert buckets.take("ben", 0.0)
    assert not buckets.take("ann", 1.0)
    assert buckets.take("ann", 2.0)
    assert not buckets.take("ann", 1.0)  # a clock that was set back gives nothing
    buckets.take("cleo", 3.0)
    buckets.take("dan", 3.0)
    assert [buckets.take("ann", 3.0) for _ in range(3)] == [True, True, False]


def test_a_file_is_kept_a_while_for_its_member_alone_and_only_the_last_one() -> None:
    answers = Answers()
    first = answers.add("ann", "en", "/me", CARD, NOW, Document("votes.json", "1"))
    assert first.file == "votes.json"
    assert answers.file("ann", first.id, NOW) == Document("votes.json", "1")
    for member, answer_id, at in (("ben", first.id, NOW), ("ann", "a", NOW), ("ann", first.id, NOW + 2 * LIFE)):
        assert answers.file(member, answer_id, at) is None
    second = answers.add("ann", "en", "/me", CARD, NOW, Document("votes.json", "2"))
    assert answers.file("ann", first.id, NOW) is None
    assert answers.file("ann", second.id, NOW) == Document("votes.json", "2")
    answers.dismiss("ann", second.id)
    assert answers.file("ann", second.id, NOW) is None


def test_files_take_no_more_room_than_there_is() -> None:
    answers = Answers()
    large = Document("votes.json", "x" * (FILES // 2 + 1))
    asked = [answers.add(who, "en", "/me", CARD, NOW, large) for who in ("ann", "ben", "cid")]
    kept = [answers.file(who, one.id, NOW) for who, one in zip(("ann", "ben", "cid"), asked, strict=True)]
    assert [one is not None for one in kept] == [False, False, True]
