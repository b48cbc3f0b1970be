"""What was asked and acknowledged survives a restart: it is carried out, once, and answered if anybody still waits."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram import kept
from adapters.telegram.inbound import Ears, Heard, hear
from adapters.telegram.kept import Kept, kept_form
from adapters.telegram.questions import question
from bot.errors import StorageError
from bot.events import ButtonPressed, ChatChanged, ChatJoined, CommandInvoked
from bot.model import Card, Phrase
from bot.ports import Answer
from tests.adapters.telegram.test_answers import group_with, posted, says
from tests.around import Core, Keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def waiting(world) -> list[str]:
    return [key for key in world.keys.kept if key.startswith("asked:")]


def commands(core: Core) -> list[str]:
    return [f"{event.name} {event.text}".strip() for event in core.events if isinstance(event, CommandInvoked)]


def hello(event):
    return Answer(says(f"To {event.name} {event.text}".strip())) if isinstance(event, CommandInvoked) else None


class Stuck(Core):
    """Carries out nothing that is asked."""

    async def dispatch(self, event):
        answer = await super().dispatch(event)
        if question(event) is not None:
            await asyncio.Event().wait()
        return answer


async def dies_with(world, *said: str, chat, who):
    """What was said is acknowledged, and then we die before anything of it was carried out."""
    before = len(waiting(world))
    async with world.running(Stuck()):
        for text in said:
            world.server.say(who, chat, text)
        await world.keys.until(lambda: len(waiting(world)) == before + len(said))
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


async def test_commands_that_were_acknowledged_are_carried_out_in_their_order_after_a_restart(world, core):
    group, ann = group_with(world, "Ann")
    said = ["/sources@newstally_bot follow crypto", "/sources@newstally_bot follow tech", "/language@newstally_bot de"]
    await dies_with(world, *said, chat=group, who=ann)
    core.replies = hello
    async with world.running(core):
        await world.server.wait_for(lambda: len(world.server.messages(group, by_bot=True)) == 3)
        await world.keys.until(lambda: not waiting(world))
    assert commands(core) == ["sources follow crypto", "sources follow tech", "language de"]
    replies = [message.reply_to for message in world.server.messages(group, by_bot=True)]
    assert replies == [message.id for message in world.server.messages(group)[:3]]


async def test_presses_and_first_words_are_kept_too(world, core):
    group, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    stuck = Stuck()
    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
    async with world.running(stuck):
        world.server.tap(ann, group, message, "c:language:fr", forged=True)
        world.server.say(ann, private, "/start")
        await world.keys.until(lambda: len(waiting(world)) == 2)
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
    after = Core()
    async with world.running(after):
        await after.heard(2, ButtonPressed, ChatJoined)
        await world.keys.until(lambda: not waiting(world))
    assert [type(event) for event in after.events] == [ButtonPressed, ChatJoined]
    (before,) = [event for event in stuck.events if isinstance(event, ButtonPressed)]
    # Whether a message carries the button is of interest for votes alone, which are never kept like this.
    assert replace(after.events[0], actor=before.actor, carried=before.carried) == before
    assert after.events[0].actor.id == before.actor.id


async def test_what_waits_for_its_answer_is_answered_after_a_restart_and_then_forgotten(world, core):
    _, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    core.replies = hello
    held = world.server.hold("sendMessage")
    async with world.running(core):
        world.server.say(ann, private, "/help")
        world.server.say(ann, private, "/status")
        await core.heard(2, CommandInvoked)
        await held.arrived.wait()
    held.release()
    async with world.running(core):
        await world.server.wait_for(lambda: world.server.last_message(private).text == "To status")
        await world.keys.until(lambda: not waiting(world))
    told = len(world.server.messages(private, by_bot=True))
    async with world.running(core):
        world.server.say(ann, private, "/privacy")
        await world.server.wait_for(lambda: len(world.server.messages(private, by_bot=True)) == told + 1)
    assert commands(core)[-1] == "privacy"


async def test_long_work_that_was_cut_off_is_done_after_a_restart(world, core):
    _, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    gate = asyncio.Event()

    async def look() -> Card:
        await gate.wait()
        return says("Found")

    core.replies = lambda event: Answer(says("Looking…"), follow_up=look) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        world.server.say(ann, private, "/sources add example.com")
        await world.server.wait_for(lambda: world.server.last_message(private).text == "Looking…")
    gate.set()
    async with world.running(core):
        await world.server.wait_for(lambda: world.server.last_message(private).text == "Found")
        await world.keys.until(lambda: not waiting(world))


@pytest.mark.parametrize("late", [False, True])
async def test_what_was_asked_long_ago_is_carried_out_but_not_answered_into_a_group_that_has_moved_on(
    world, core, late
):
    group, ann = group_with(world, "Ann")
    private = world.server.create_private(ann)
    await dies_with(world, "/language@newstally_bot de", chat=group, who=ann)
    stuck = Stuck()
    async with world.running(stuck):
        world.server.say(ann, private, "/help")
        await world.keys.until(lambda: len(waiting(world)) == 2)
    world.passed += timedelta(minutes=6 if late else 4)
    worked = []

    async def work() -> Card:
        worked.append(True)
        return says("Found")

    core.replies = lambda event: Answer(says("Here"), follow_up=work) if isinstance(event, CommandInvoked) else None
    async with world.running(core):
        await core.heard(2, CommandInvoked)
        await world.keys.until(lambda: not waiting(world))
    assert sorted(commands(core)) == ["help", "language de"]
    assert len(worked) == 2
    assert world.server.last_message(private).text == "Found"
    assert [message.text for message in world.server.messages(group, by_bot=True)] == ([] if late else ["Found"])


async def test_what_is_older_than_telegram_would_have_kept_it_is_forgotten(world, core):
    group, ann = group_with(world, "Ann")
    await dies_with(world, "/language@newstally_bot de", chat=group, who=ann)
    world.passed += timedelta(days=2)
    async with world.running(core):
        assert waiting(world) == []
    assert commands(core) == []


async def test_what_was_kept_and_comes_again_is_carried_out_once(world, core):
    """We died after it was kept, and before Telegram had our word for it."""
    group, ann = group_with(world, "Ann")
    await dies_with(world, "/language@newstally_bot de", chat=group, who=ann)
    (key,) = waiting(world)
    update = json.loads(world.keys.kept[key])["update"]
    world.server.poison(update)
    async with world.running(core):
        world.server.say(ann, group, "/help@newstally_bot")
        await world.server.wait_for(lambda: "help" in commands(core))
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)
    assert commands(core) == ["language de", "help"]


async def test_what_can_not_be_kept_is_not_acknowledged_and_carried_out_when_it_comes_again(world, core):
    group, ann = group_with(world, "Ann")
    world.keys.refusals = [StorageError(Phrase("disk full"))] * 2
    core.replies = hello
    async with world.running(core):
        world.server.say(ann, group, "/language@newstally_bot de")
        await world.server.wait_for(lambda: not world.server.bot.queue.entries and commands(core))
        await world.keys.until(lambda: not waiting(world))
    assert commands(core) == ["language de"]
    assert world.slept[:2] == [1.0, 2.0]


async def test_a_database_that_refuses_for_a_moment_costs_no_command(world, core):
    group, ann = group_with(world, "Ann")
    refusals = [StorageError(Phrase("disk full"))] * 2

    def reply(event):
        if isinstance(event, CommandInvoked) and refusals:
            raise refusals.pop()
        return hello(event)

    core.replies = reply
    async with world.running(core):
        world.server.say(ann, group, "/language@newstally_bot de")
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
    assert world.slept[:2] == [1.0, 2.0]


async def test_a_question_that_fails_at_every_start_stops_nothing_and_is_forgotten(world, core):
    group, ann = group_with(world, "Ann")
    await dies_with(world, "/language@newstally_bot de", chat=group, who=ann)
    world.keys.kept |= {
        "asked:1": "nonsense",
        "asked:2": '{"at": "2026-11-22T12:00:00+00:00", "update": {"update_id": 2}}',
    }

    def reply(event):
        if isinstance(event, CommandInvoked) and event.name == "language":
            raise RuntimeError("a bug")
        return hello(event)

    core.replies = reply
    async with world.running(core):
        world.server.say(ann, group, "/help@newstally_bot")
        await world.server.wait_for(lambda: world.server.messages(group, by_bot=True))
        await world.keys.until(lambda: waiting(world) == ["asked:2"])


async def test_votes_do_not_wait_for_questions_to_be_kept(world, core):
    group, ann = group_with(world, "Ann")
    never = asyncio.Event()

    async def change(put, drop):
        await never.wait()

    async with world.running(core) as adapter:
        message = await posted(world, core, group, adapter)
        world.keys.change = change
        world.server.say(ann, group, "/help@newstally_bot")
        press = world.server.tap(ann, group, message, "v:7:b")
        await asyncio.wait_for(press.answered.wait(), 5)


async def test_a_crowd_is_kept_in_few_writes(world, core):
    people = [world.server.add_user(f"Reader {n}") for n in range(50)]
    group = world.server.create_supergroup("Readers", members=people)
    world.server.add_bot(group, "admin")
    writes = []
    change = world.keys.change

    async def counted(put, drop):
        writes.append(len(put))
        await asyncio.sleep(0)  # as a database does
        await change(put, drop)

    world.keys.change = counted
    async with world.running(core):
        await core.first(ChatJoined)
        held = world.server.hold("getUpdates")
        world.server.bot.queue.release()
        await held.arrived.wait()
        for person in people:
            world.server.say(person, group, "/help@newstally_bot")
        held.release()
        await core.heard(50, CommandInvoked)
    assert sum(writes) == 50
    assert len([count for count in writes if count]) <= 3


async def test_only_so_much_is_kept(monkeypatch, capsys):
    keys = Keys()
    monkeypatch.setattr(kept, "MOST_KEPT", 3)
    store = Kept(keys, lambda: NOW)
    for number in range(5):
        await store.keep(command("/help", number))
    await store.keep(command("/help " + "x" * 20_000, 9))
    assert len(keys.kept) == 3
    assert "would be lost" in capsys.readouterr().out
    await store.drop(command("/help", 0))
    await store.keep(command("/help", 7))
    assert set(keys.kept) == {"asked:1", "asked:2", "asked:7"}


# --- its form --------------------------------------------------------------------------------------------------------

EARS = Ears("newstally_bot")
ANN = {"id": 5, "is_bot": False, "first_name": "Ann", "language_code": "de"}
GROUP = {"id": -100, "type": "supergroup", "title": "Readers"}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
people = st.fixed_dictionaries(
    {"id": st.integers(1, 10**12), "is_bot": st.booleans(), "first_name": st.text(max_size=9)},
    optional={"last_name": anything, "language_code": st.text(max_size=9), "username": anything, "photo": anything},
)
chats = st.fixed_dictionaries(
    {"id": st.integers(), "type": st.sampled_from(["private", "group", "supergroup", "channel", "new"])},
    optional={"title": st.text(max_size=9), "username": st.text(max_size=9), "is_forum": anything, "photo": anything},
)
messages = st.fixed_dictionaries(
    {"message_id": st.integers(), "date": st.integers(), "chat": chats},
    optional={
        "from": people,
        "sender_chat": chats,
        "text": st.text(max_size=9).map(lambda words: f"/help {words}"),
        "is_topic_message": st.booleans(),
        "message_thread_id": st.integers(),
        "reply_to_message": anything,
        "entities": anything,
    },
)
queries = st.fixed_dictionaries(
    {"id": st.text("0123456789", max_size=9), "from": people},
    optional={"message": messages, "data": st.text(max_size=64), "game": anything, "chat_instance": anything},
)
updates = st.one_of(
    st.fixed_dictionaries({"update_id": st.integers(0), "message": messages}),
    st.fixed_dictionaries({"update_id": st.integers(0), "callback_query": queries}),
)


def command(text: str, number: int = 1, **more) -> dict:
    message = {"message_id": 7, "date": 1, "chat": GROUP, "from": ANN, "text": text, **more}
    return {"update_id": number, "message": message}


@given(updates)
def test_what_is_kept_of_a_question_says_the_same(update):
    try:
        heard = hear(update, EARS)
    except (KeyError, TypeError, ValueError, AttributeError):
        return
    if heard and not isinstance(heard[0].event, ChatChanged):
        stored = json.loads(json.dumps(kept_form(update)))
        assert [nameless(one) for one in hear(stored, EARS)] == [nameless(one) for one in heard]


def nameless(heard: Heard) -> Heard:
    event = heard.event
    assert isinstance(event, CommandInvoked | ButtonPressed | ChatJoined)
    changed = {"actor": event.actor and replace(event.actor, name="")}
    changed |= {name: value for name, value in {"title": "", "carried": None}.items() if hasattr(event, name)}
    return replace(heard, event=replace(event, **changed))


def test_nothing_is_kept_that_nobody_reads_and_nobodys_name():
    more = {"reply_to_message": {"text": "secret"}, "entities": [], "date": 1, "photo": ["secret"]}
    private = {"id": 5, "type": "private", "first_name": "secret", "username": "secret"}
    for chat in (GROUP, private):
        author = {**ANN, "first_name": "secret", "last_name": "secret", "username": "secret"}
        stored = kept_form(command("/help", **more, chat=chat, **{"from": author}))
        assert "secret" not in json.dumps(stored)
    [heard] = hear(kept_form(command("/help")), EARS)
    assert heard.event.title == "Readers"
    assert len(json.dumps(kept_form(command("/" + "😀" * 4095)))) < kept.LONGEST * 4


@given(st.text() | anything.map(json.dumps) | updates.map(lambda update: json.dumps({"at": "x", "update": update})))
async def test_whatever_stands_in_the_file_is_read_or_dropped(text):
    keys = Keys({"asked:1": text, "other": "stays"})
    assert isinstance(await Kept(keys, lambda: NOW).load(), list)
    assert keys.kept["other"] == "stays"
