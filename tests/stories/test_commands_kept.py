"""Commands that were given just before the power failed: Telegram has forgotten them, we have not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.emulators.telegram import Limits, TelegramServer
from tests.product import EVERY_SECOND, chat_table, spawned, telegram_table

KEPT = "SELECT count(*) FROM meta WHERE key LIKE 'telegram:asked:%'"


async def test_commands_given_just_before_a_power_cut_are_carried_out_after_it_once_and_in_order(
    tmp_path: Path,
) -> None:
    async with TelegramServer(limits=Limits.off()) as telegram:
        olga = telegram.add_user("Olga", language_code="en")
        group = telegram.create_supergroup("Readers", owner=olga)
        telegram.add_bot(group, "admin", by=olga)
        config = telegram_table(telegram) + EVERY_SECOND + chat_table("telegram", group.id, "en")
        async with spawned(tmp_path, config) as one:
            await one.product.ready("telegram")
            held = telegram.hold("getChatMember")  # whether she may
            for language in ("de", "hy", "fr"):
                telegram.say(olga, group, f"/language {language}")
            await asyncio.wait_for(held.arrived.wait(), 20)
            await one.product.until(lambda: one.product.rows(KEPT) == [(3,)])
            await telegram.wait_for(lambda: not telegram.bot.queue.entries)
            await one.kill()
        held.release()
        assert telegram.messages(group, by_bot=True) == []
        async with spawned(tmp_path, config) as one:
            await telegram.wait_for(lambda: len(telegram.messages(group, by_bot=True)) == 3, 20)
            await one.product.until(lambda: one.product.rows(KEPT) == [(0,)])
            wanted = [
                (f"telegram:u{olga.id}", "language", old, new)
                for old, new in (("en", "de"), ("de", "hy"), ("hy", "fr"))
            ]
            assert one.product.changes(group.id)[-3:] == wanted
        assert "Traceback" not in one.written
