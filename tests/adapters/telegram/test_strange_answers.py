"""What is no Telegram, or answers as it never should, ends nothing."""

from __future__ import annotations

import pytest

from adapters.telegram.request import LONGEST_RETRY_AFTER, Flooded, understood
from bot.events import ReactionsChanged, WholeSet
from bot.model import ChatRef
from tests.adapters.telegram.test_posting import story

INFINITE = float("inf")
UPDATES = [
    {"message_reaction": {"chat": {"id": INFINITE, "type": "supergroup"}, "message_id": 1, "user": {"id": 7}}},
    {"message_reaction": {"chat": {"id": 1}, "message_id": INFINITE, "user": {"id": INFINITE}, "new_reaction": []}},
    {"message_reaction": {"new_reaction": [{"type": ["emoji"]}], "user": {"id": 1}, "actor_chat": {"id": INFINITE}}},
    {"message_reaction_count": {"reactions": [{"type": {"type": "emoji", "emoji": "👍"}, "total_count": INFINITE}]}},
    {"callback_query": {"id": 1, "from": {"id": INFINITE}, "message": {}, "data": {}}},
    {"my_chat_member": {"chat": {"id": INFINITE, "type": []}, "new_chat_member": {"status": {}}}},
    {"message": {"chat": {"id": 1, "type": []}, "migrate_to_chat_id": INFINITE}},
    {"message": {"chat": {"id": 1, "type": "group"}, "text": ["/help"], "from": "x"}},
]
BODIES = [
    b'{"ok": true, "result": {"id": 1e999, "username": "x"}}',
    b'{"ok": true, "result": [7]}',
    b'{"ok": true, "result": "me"}',
    b'{"ok": true, "result": null}',
    b'{"ok": true, "result": ' + b"[" * 5000,
    b"\xff\xfe",
    b'{"ok": false, "error_code": 1e999, "description": []}',
    b'{"ok": false, "error_code": 429, "description": "x", "parameters": {"retry_after": 1e999}}',
]


@pytest.mark.parametrize("update", UPDATES)
async def test_whatever_an_update_is_it_is_skipped_and_what_comes_after_it_counts(world, core, update):
    ann = world.server.add_user("Ann")
    group = world.server.create_supergroup("Readers", members=[ann])
    world.server.add_bot(group, "admin")
    async with world.running(core) as adapter:
        ref = await world.send(adapter, ChatRef("telegram", str(group.id)), story())
        world.server.poison(update)
        world.server.react(ann, group, int(ref.id), ["👍"])
        assert (await core.first(ReactionsChanged)).change == WholeSet(("👍",))
        await world.server.wait_for(lambda: not world.server.bot.queue.entries)


@pytest.mark.parametrize("method", ["getMe", "getUpdates"])
@pytest.mark.parametrize("body", BODIES)
async def test_an_answer_that_cant_be_read_is_asked_for_again(world, core, method, body):
    world.server.garble(method, body=body)
    async with world.running(core) as adapter:
        group = world.server.create_supergroup("Readers", members=[world.server.add_user("Ann")])
        world.server.add_bot(group, "admin")
        await world.send(adapter, ChatRef("telegram", str(group.id)), story())


@pytest.mark.parametrize("wait", [b"1e999", b"99999999999999999999", b"1000000000"])
def test_nobody_can_shut_us_up_for_years(wait):
    body = b'{"ok": false, "description": "x", "parameters": {"retry_after": ' + wait + b"}}"
    with pytest.raises(Flooded) as flooded:
        understood(429, body, {})
    assert flooded.value.wait <= LONGEST_RETRY_AFTER
