"""Brings owed stories to their chats: marked when it leaves, never sent twice, one chat never in another's way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.card.story import EXCERPT, Standing, story_card
from bot.errors import (
    CardRejected,
    ChatGone,
    ChatMoved,
    DeliveryError,
    PlatformDown,
    StorageError,
    Throttled,
    Unconfirmed,
)
from bot.model import ChatRef, MessageRef, Phrase, Sentiment, vote_button
from bot.pace import retry_delay
from bot.ports import ChatAdapter, FindsOwnPosts, SeedsReactions, State, Translators
from bot.publish.departure import Stayed, StoryDeparture
from bot.storage import chats, deliveries, owed
from bot.storage.database import Database

log = structlog.get_logger()

SEED_WITHIN = timedelta(hours=1)
"""Posts older than this are not seeded any more: their readers have come and gone."""

SEEDS_AT_ONCE = 200

LAST_SECONDS = 1.0
"""For what is on its way when we stop: who cuts it off never learns, on some platforms, whether it arrived."""


class Outbox:
    """Sends what is owed. `sweep` may be called at any time and as often as one likes.

    ``on_posted`` is told each delivery that became a post, so that reactions which came before that can be counted, and
    each one of which only what was heard meanwhile can tell whether it did.
    """

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, ChatAdapter],
        translators: Translators,
        clock: Callable[[], datetime],
        on_posted: Callable[[int], Awaitable[object]],
        *,
        excerpt: int = EXCERPT,
        offers: Callable[[], str] = str,
        hold: timedelta = deliveries.HOLD,
    ) -> None:
        """``offers``: the pairs of languages in which stories are translated now, as `storage.translations.want` takes
        them; empty: none. ``hold``: so long a post waits for its translation."""
        self._db = db
        self._adapters = adapters
        self._translators = translators
        self._clock = clock
        self._on_posted = on_posted
        self._excerpt = excerpt
        self._offers = offers
        self._hold = hold
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._departures: dict[int, StoryDeparture] = {}
        """The present attempt of a chat's sender. Both by chat."""
        self._seeding: dict[ChatRef, asyncio.Task[None]] = {}
        self._ending = False

    async def run(self, wake: asyncio.Event) -> None:
        """Sweep whenever ``wake`` is set, until cancelled; senders live and end with it, what is on its way a little
        later."""
        async with asyncio.TaskGroup() as senders:
            try:
                while True:
                    await wake.wait()
                    wake.clear()
                    await self._db.outlasting(lambda: self.sweep(senders))
            except asyncio.CancelledError:
                await self._land()
                raise

    async def sweep(self, senders: asyncio.TaskGroup) -> None:
        """Create the deliveries owed, and start a sender for every chat that has one waiting and no sender yet."""
        await self._db.write(owed.select_new, self._clock(), self._offers())
        ready = [name for name, adapter in self._adapters.items() if adapter.state is State.READY]
        # By chat: what a sender there has marked since is none of these.
        unsettled: dict[int, list[deliveries.CutOff]] = {}
        for cut in await self._db.read(deliveries.cut_off, ready, self._clock()):
            unsettled.setdefault(cut.chat_id, []).append(cut)
        waiting = await self._db.read(deliveries.chats_waiting, ready, self._clock(), self._hold)
        for chat_id in (*unsettled, *waiting):
            if chat_id not in self._sending:
                work = self._send_all(chat_id, unsettled.get(chat_id, ()))
                self._sending[chat_id] = senders.create_task(work, name=f"chat {chat_id}")
        await self._start_seeding(ready, senders)

    # --- sending ---

    async def _land(self) -> None:
        """Send nothing more, and give what is on its way some time to arrive."""
        flying = {task for chat_id, task in self._sending.items() if self._has_left(chat_id)}
        for departure in self._departures.values():
            departure.call_off()
        for task in {*self._sending.values(), *self._seeding.values()} - flying:
            task.cancel()
        self._ending = True
        if flying:
            await asyncio.wait(flying, timeout=LAST_SECONDS)

    def _has_left(self, chat_id: int) -> bool:
        departure = self._departures.get(chat_id)
        return departure is not None and departure.has_left

    async def _send_all(self, chat_id: int, unsettled: Sequence[deliveries.CutOff]) -> None:
        """First find out what became of attempts that were cut off: what waits may come after them."""
        try:
            for cut in unsettled:
                await self._recover(cut)
            while not self._ending and (
                out := await self._db.read(deliveries.next_due, chat_id, self._clock(), self._hold)
            ):
                await self._attempt(out)
        except StorageError:
            pass  # what waits, waits in the tables: a sweep takes it up when they can be used again
        except Exception:
            log.exception("sending to a chat failed", chat=chat_id)
        finally:
            del self._sending[chat_id]

    async def _attempt(self, out: deliveries.Outgoing) -> None:
        departure = self._departures[out.chat_id] = StoryDeparture(self._db, out, self._clock)
        try:
            await self._settle(out, departure)
        finally:
            del self._departures[out.chat_id]

    async def _settle(self, out: deliveries.Outgoing, departure: StoryDeparture) -> None:
        adapter = self._adapters[out.chat.platform]
        try:
            words = self._translators(out.language, out.timezone)
            card = story_card(
                out.story,
                out.id,
                Standing(),
                adapter.ballot,
                words,
                translation=out.translation,
                excerpt=self._excerpt,
            )
            message = await adapter.send(out.chat, card, key=_key(out.id), departure=departure)
        except Stayed:
            return
        except StorageError as error:
            await self._not_stored(out, departure, error)
        except Unconfirmed as error:
            await self._resolve(out.id, out.chat, out.attempts, error.phrase)
        except DeliveryError as error:
            await self._not_sent(out, error)
        except Exception as error:
            log.exception("posting a story failed", delivery=out.id, platform=out.chat.platform)
            await self._broken(out, departure, Phrase("An unexpected error: {error}", {"error": type(error).__name__}))
        else:
            shown = out.translation.version if out.translation is not None else 0
            await self._posted(
                out.id, message, out.language, out.story.revision, timezone=out.timezone, translated=shown
            )

    async def _not_stored(self, out: deliveries.Outgoing, departure: StoryDeparture, error: StorageError) -> None:
        """It could not be marked, or (where we keep the messages ourselves) not be kept."""
        if departure.has_left:
            await self._resolve(out.id, out.chat, out.attempts, error.phrase)
        else:
            await self._put_back(out, self._clock(), None)

    async def _broken(self, out: deliveries.Outgoing, departure: StoryDeparture, problem: Phrase) -> None:
        """A bug of ours or the library's: whether the message went out is unknown if it had left."""
        if departure.has_left:
            await self._resolve(out.id, out.chat, out.attempts, problem)
        else:
            await self._db.insist(deliveries.give_up, out.id, deliveries.State.FAILED, problem)

    async def _posted(
        self,
        delivery_id: int,
        message: MessageRef,
        language: str,
        revision: int,
        *,
        timezone: str | None = None,
        translated: int = 0,
    ) -> None:
        await self._db.insist(
            deliveries.mark_posted,
            delivery_id,
            message,
            language,
            revision,
            self._clock(),
            timezone=timezone,
            translated=translated,
        )
        await self._db.outlasting(lambda: self._on_posted(delivery_id))

    async def _not_sent(self, out: deliveries.Outgoing, error: DeliveryError) -> None:
        # Insistently, as all that becomes of an attempt: it is known here alone until it is written.
        now = self._clock()
        match error:
            case ChatGone():
                log.warning("chat paused", platform=out.chat.platform, chat=out.chat_id, reason=str(error))
                await self._put_back(out, now, error.phrase)
                await self._db.insist(chats.pause, out.chat, error.phrase)
            case ChatMoved(to=to):
                await self._db.insist(chats.migrate, out.chat, to)
                await self._put_back(out, now, None)
            case CardRejected():
                log.warning("story refused by the platform", delivery=out.id, reason=str(error))
                await self._db.insist(deliveries.give_up, out.id, deliveries.State.FAILED, error.phrase)
            case Throttled(retry_after=seconds):
                await self._put_back(out, now + timedelta(seconds=seconds), error.phrase)
            case PlatformDown():
                await self._put_back(out, now + retry_delay(out.attempts), error.phrase)
            case _:
                raise error

    async def _put_back(self, out: deliveries.Outgoing, at: datetime, problem: Phrase | None) -> None:
        await self._db.insist(deliveries.put_back, out.id, out.attempts, at, problem)

    # --- attempts cut off ---

    async def _recover(self, cut: deliveries.CutOff) -> None:
        """What became of an attempt that the last run did not finish, or of which we could not find out so far?"""
        problem = Phrase("Newstally stopped while this was being sent.")
        try:
            if await self._db.read(deliveries.is_cut_off, cut):
                await self._resolve(cut.id, cut.chat, cut.attempts, problem)
        except StorageError:
            raise
        except Exception:
            log.exception("finding out about an attempt failed", delivery=cut.id)

    async def _resolve(self, delivery_id: int, chat: ChatRef, attempts: int, problem: Phrase) -> None:
        """Find out whether an attempt arrived; where that can't be known, say so and never send it blindly again."""
        adapter = self._adapters[chat.platform]
        now = self._clock()
        if adapter.recognises_keys:
            await self._db.write(deliveries.put_back, delivery_id, attempts, now + retry_delay(attempts), problem)
        elif isinstance(adapter, FindsOwnPosts):
            await self._look_for(adapter, delivery_id, chat, attempts, problem)
        else:
            log.warning("post unconfirmed", platform=chat.platform, delivery=delivery_id)
            await self._db.write(deliveries.give_up, delivery_id, deliveries.State.UNCONFIRMED, problem)
            await self._on_posted(delivery_id)

    async def _look_for(
        self, adapter: FindsOwnPosts, delivery_id: int, chat: ChatRef, attempts: int, problem: Phrase
    ) -> None:
        try:
            since = await self._db.read(deliveries.attempted_at, delivery_id)
            message = await adapter.find(chat, vote_button(delivery_id, Sentiment.BULLISH), since)
        except DeliveryError as error:
            # Not known yet: it stays marked as being sent, and a later sweep looks again.
            log.warning("could not look for a post", delivery=delivery_id, reason=str(error))
            await self._db.write(deliveries.look_later, delivery_id, self._clock() + retry_delay(attempts))
            return
        if message is None:
            next_try_at = self._clock() + retry_delay(attempts)
            await self._db.write(deliveries.put_back, delivery_id, attempts, next_try_at, problem)
        else:
            # What it shows isn't known: revision 0 has the refresher draw it anew.
            await self._posted(delivery_id, message, "", 0)

    # --- seeds ---

    async def _start_seeding(self, ready: list[str], senders: asyncio.TaskGroup) -> None:
        platforms = [name for name in ready if isinstance(self._adapters[name], SeedsReactions)]
        if not platforms:
            return
        since = self._clock() - SEED_WITHIN
        by_chat: dict[ChatRef, list[deliveries.Posted]] = {}
        for posted in await self._db.read(deliveries.unseeded, platforms, since, SEEDS_AT_ONCE):
            by_chat.setdefault(posted.message.chat, []).append(posted)
        for chat, posts in by_chat.items():
            if chat not in self._seeding:
                self._seeding[chat] = senders.create_task(self._seed_all(chat, posts), name=f"seeds {chat.id}")

    async def _seed_all(self, chat: ChatRef, posts: list[deliveries.Posted]) -> None:
        adapter = self._adapters[chat.platform]
        assert isinstance(adapter, SeedsReactions)
        try:
            for posted in posts:
                await self._seed(adapter, posted)
        except StorageError:
            pass  # seeding is idempotent: the next sweep tries again
        except Exception:
            log.exception("seeding reactions failed", platform=chat.platform)
        finally:
            del self._seeding[chat]

    async def _seed(self, adapter: ChatAdapter, posted: deliveries.Posted) -> None:
        assert isinstance(adapter, SeedsReactions)
        try:
            await adapter.seed(posted.message, adapter.ballot)
        except (Throttled, PlatformDown, Unconfirmed):
            return  # the next sweep tries again: seeding is idempotent
        except DeliveryError as error:
            log.info("reactions can't be seeded", delivery=posted.id, reason=str(error))
        await self._db.write(deliveries.mark_seeded, posted.id)


def _key(delivery_id: int) -> str:
    """The idempotency key of a delivery, the same in every attempt (at most 25 characters: Discord's nonce)."""
    return f"n{delivery_id}"
