"""Every table, in SQLAlchemy Core. The migrations must produce exactly these (a test compares)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    case,
    event,
    literal_column,
    text,
)
from sqlalchemy.engine import Dialect

# Constraint names must be stable for Alembic's batch mode to find them again.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite would drop the zone, so it is taken off and put back here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    # The feed's address, or "sample:<language>" for the bundled wire, whose real address is resolved when it is polled.
    Column("url", String(2048), nullable=False),
    # Named by the operator: not held to the guard. Part of the key, so that a member who names the same address gets
    # a source of his own that is held to it.
    Column("exempt", Boolean, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    # As the feed declares it (primary subtag), or as the pack or operator said.
    Column("language", String(16)),
    Column("site_url", Text),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64)),
    # Where the server says (301, 308) that it is now; `url` stays the name under which people know it.
    Column("moved_to", String(2048)),
    # When its body was last read: entries last seen then are the ones that it lists, however long it stays the same.
    Column("listed_at", UtcDateTime),
    Column("interval_seconds", Integer, nullable=False),
    # NULL: nobody follows it, so it isn't polled.
    Column("next_poll_at", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("last_polled_at", UtcDateTime),
    Column("last_ok_at", UtcDateTime),
    Column("last_new_at", UtcDateTime),
    # The Phrase that says what is wrong, as {"msgid": …, "args": …}; NULL while all is well.
    Column("problem", JSON(none_as_null=True)),
    Column("ended", Boolean, nullable=False, server_default="0"),  # 410: never polled again
    # As recognised in its newest entries, where the feed says nothing or something else.
    Column("detected_language", String(16)),
    Column("newest_at", UtcDateTime),  # the newest date of its entries, never in the future: how fresh it is
    # What the feed asks of its readers: {"ttl": seconds, "skip_hours": [0…23], "skip_days": [0…6]}; NULL: nothing.
    Column("manners", JSON(none_as_null=True)),
    # How often it publishes, as learned (bot/gather/rhythm.py knows the shape); NULL: nothing is known yet.
    Column("rhythm", JSON(none_as_null=True)),
    # Where it announces news by WebSub, and the address that it has there.
    Column("hub", String(2048)),
    Column("hub_topic", String(2048)),
    Column("told_at", UtcDateTime),  # when admins were told that it needs them; NULL once it is well again
    # Since when other sources of its packs stand in for it, because it is dead or stale; NULL while none does.
    Column("gave_way_at", UtcDateTime),
    UniqueConstraint("url", "exempt"),
    Index(None, "next_poll_at"),  # the sweep for sources due
)

story = Table(
    "story",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("language", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("lede", Text, nullable=False, server_default=""),
    Column("picture", Text),
    Column("published_at", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    # published_at, or first_seen_at where there is none: the order of the API and of select.
    Column("sorted_at", UtcDateTime, nullable=False),
    Column("sample", Boolean, nullable=False, server_default="0"),
    Column("revision", Integer, nullable=False, server_default="1"),
    # The votes' account: linked stories have one; a story alone has its own id (set right after it is made).
    Column("ledger_id", Integer, nullable=False, server_default="0"),
    # An operator has made it part of another one: its posts stay and show that one's votes; it has no entries.
    Column("merged_into", Integer),
    Index(None, "ledger_id"),
    Index(None, "sorted_at", "id"),  # newest first, page by page
)

entry = Table(
    "entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    # What makes it the same entry at the next poll: guid, else address, else a hash of its words.
    Column("identity", String(64), nullable=False),
    Column("story_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False),
    # Cleaned address and folded title: what tells that a new entry is this one under another guid, or another source's
    # entry at the same place (comparison only, never shown).
    Column("title_key", Text, nullable=False, server_default=""),
    Column("address_key", Text),
    Column("lede", Text, nullable=False, server_default=""),
    Column("picture", Text),
    Column("language", String(16), nullable=False),
    Column("published_at", UtcDateTime),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("content_hash", String(64), nullable=False),
    # Over the item's bytes: one that we have read in this very form isn't read again.
    Column("raw_hash", String(32)),
    # The story that it told until an operator merged that one into story_id: a split brings it back there.
    Column("merged_from", Integer),
    # Listed late by its source, with much else: stored, and owed to nobody (bot/gather/backlog.py says when).
    Column("backlog", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("source_id", "identity"),
    Index(None, "story_id"),
    Index(None, "source_id", "title_key", "published_at"),  # what a source has told under a title
    Index(None, "address_key"),  # what is at an address, the newest first
    Index(None, "source_id", "last_seen_at"),  # what a source lists now, beside however much it has listed before
)

# What recognises that entries tell the same: an address, a name, a number, a ticker … (bot/gather/clues.py makes them).
# Kept as long as their story can still be met by another entry.
clue = Table(
    "clue",
    metadata,
    Column("key", String(128), nullable=False),
    Column("entry_id", ForeignKey("entry.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("key", "entry_id"),
    Index(None, "entry_id"),
    sqlite_with_rowid=False,
)

# That two stories of different languages tell of one event ("linked"), or that they must never be taken for one
# ("apart": an operator said so). The smaller id comes first.
story_pair = Table(
    "story_pair",
    metadata,
    Column("first_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("second_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("relation", String(16), nullable=False),
    Column("evidence", JSON, nullable=False),  # what it rests on, in words for the operator
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("first_id", "second_id"),
    Index(None, "second_id"),
    sqlite_with_rowid=False,
)

# What a story is about: a ticker, a company, a theme, by its name in the topic table.
story_topic = Table(
    "story_topic",
    metadata,
    Column("story_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("topic", String(64), nullable=False),
    PrimaryKeyConstraint("story_id", "topic"),
    Index(None, "topic", "story_id"),
    sqlite_with_rowid=False,
)

# The article behind an entry, as its page says, where the site permits to read it.
article = Table(
    "article",
    metadata,
    Column("entry_id", ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    # waiting → read | refused (robots, not a page, too large) | failed (tried often enough).
    Column("state", String(16), nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("read_at", UtcDateTime),
    Column("url", Text),  # where it was read, or the page's own canonical address
    Column("title", Text),
    Column("lede", Text),  # its beginning, for stories whose feeds give none
    Column("author", Text),
    Column("published_at", UtcDateTime),
    Column("picture", Text),
    Column("lines", JSON(none_as_null=True)),  # headings, paragraphs, quotations and items as neutral spans
    Column("problem", JSON(none_as_null=True)),
    Index(None, "state", "next_try_at"),
)

# What a news API's own readers say of an entry: kept apart, never votes.
outside_tally = Table(
    "outside_tally",
    metadata,
    Column("entry_id", ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    Column("provider", String(32), nullable=False),
    Column("bullish", Integer, nullable=False),
    Column("bearish", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Subscriptions at WebSub hubs: one a source. The secret signs what the hub sends.
hub_lease = Table(
    "hub_lease",
    metadata,
    Column("source_id", ForeignKey("source.id", ondelete="CASCADE"), primary_key=True),
    Column("token", String(64), nullable=False, unique=True),  # the last part of the callback's address
    Column("secret", String(64), nullable=False),
    Column("hub", String(2048), nullable=False),
    Column("topic", String(2048), nullable=False),
    Column("state", String(16), nullable=False),  # asked | leased | refused
    Column("leased_until", UtcDateTime),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Index(None, "next_try_at"),
)

chat = Table(
    "chat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("native_id", String(128), nullable=False),
    Column("topic", String(64), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    # NULL until an admin has chosen: nothing is posted before.
    Column("language", String(16)),
    Column("locale", String(35)),  # first guess, from the guild or whoever added us
    # Counts toward the tally everywhere.
    Column("shares_votes", Boolean, nullable=False, server_default="1"),
    Column("paused", JSON(none_as_null=True)),  # a Phrase that says why nothing is sent; NULL while all is well
    Column("joined_at", UtcDateTime, nullable=False),
    # In which other languages it takes stories where there are none in its own, in order; NULL: the usual ones of its
    # language (`model.fallback_languages`).
    Column("fallbacks", JSON(none_as_null=True)),
    # Stories in other languages are translated for it, where a translator is configured.
    Column("translates", Boolean, nullable=False, server_default="1"),
    # Its IANA time zone; NULL: the one that goes with its language.
    Column("timezone", String(64)),
    # Hash of its [[chats]] table when last applied: commands hold until the file itself changes.
    Column("declared_hash", String(64)),
    UniqueConstraint("platform", "native_id", "topic"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    # Exactly one of the two.
    Column("pack", String(32)),
    Column("source_id", ForeignKey("source.id", ondelete="CASCADE")),
    Column("added_at", UtcDateTime, nullable=False),
    # When the first stories were chosen; NULL before the first contact.
    Column("contacted_at", UtcDateTime),
    UniqueConstraint("chat_id", "pack"),
    UniqueConstraint("chat_id", "source_id"),
    Index(None, "source_id"),
)

# A story in another language, as translated for the chats that speak that one: once, however many they are.
translation = Table(
    "translation",
    metadata,
    Column("story_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("language", String(16), nullable=False),
    # waiting → done | failed; failed is tried again now and then, and posts show the original meanwhile.
    Column("state", String(16), nullable=False),
    # Grows whenever posts have something else to show of it; 0: nothing yet.
    Column("version", Integer, nullable=False, server_default="0"),
    # The story's revision whose words were looked at last, and the hash of those words: an edit makes it due again.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("text_hash", String(64)),
    # Those of earlier words stay until the new ones are translated.
    Column("title", Text),
    Column("lede", Text),
    Column("provider", String(32)),
    Column("asked_at", UtcDateTime, nullable=False),  # posts wait for it only so long
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("problem", JSON(none_as_null=True)),
    PrimaryKeyConstraint("story_id", "language"),
    Index(None, "state", "next_try_at"),  # the sweep for translations due
    sqlite_with_rowid=False,
)

# What providers have translated: the same text isn't paid for twice.
translated_text = Table(
    "translated_text",
    metadata,
    Column("text_hash", String(64), nullable=False),  # over the source language, title and lede
    Column("target", String(16), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("title", Text, nullable=False),
    Column("lede", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("text_hash", "target", "provider"),
    Index(None, "at"),  # pruning
    sqlite_with_rowid=False,
)

# How far a subscription has read each of its sources: entries above entry_id are new to it.
subscription_cursor = Table(
    "subscription_cursor",
    metadata,
    Column("subscription_id", ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("source_id", ForeignKey("source.id", ondelete="CASCADE"), nullable=False),
    Column("entry_id", Integer, nullable=False),
    # Only stories about one of these are news to it, for a source that writes of everything; NULL: all are.
    Column("topics", JSON(none_as_null=True)),
    # What there was when it began to read, or was passed over since: no news to it, whatever turns out later.
    Column("since_entry_id", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("subscription_id", "source_id"),
    # Who waits for a story of this source to be about something: few do.
    Index(
        "ix_subscription_cursor_choosy",
        "source_id",
        sqlite_where=text("topics IS NOT NULL"),
        postgresql_where=text("topics IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("story_id", ForeignKey("story.id", ondelete="CASCADE"), nullable=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    # waiting → sending → posted | unconfirmed | failed; posted → closed when voting ends, unconfirmed → failed.
    Column("state", String(16), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("attempted_at", UtcDateTime),
    Column("posted_at", UtcDateTime),
    Column("problem", JSON(none_as_null=True)),
    # What the post shows now, so that after a restart the out-of-date ones are found by comparison.
    Column("shown_revision", Integer, nullable=False, server_default="0"),
    Column("shown_language", String(16)),
    Column("shown_timezone", String(64)),  # the chat's: its dates are told in it
    Column("shown_translation", Integer, nullable=False, server_default="0"),  # translation.version
    Column("shown_chat_bullish", Integer, nullable=False, server_default="0"),
    Column("shown_chat_bearish", Integer, nullable=False, server_default="0"),
    Column("shown_all_bullish", Integer, nullable=False, server_default="0"),
    Column("shown_all_bearish", Integer, nullable=False, server_default="0"),
    Column("shown_total_bullish", Integer, nullable=False, server_default="0"),
    Column("shown_total_bearish", Integer, nullable=False, server_default="0"),
    Column("edited_at", UtcDateTime),  # when it was last drawn anew: edits of old posts are sparse
    Column("seeded", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("story_id", "chat_id"),
    Index(None, "state", "next_try_at"),  # the sweep for deliveries waiting
    Index(None, "chat_id", "state"),
    sqlite_autoincrement=True,  # ids stand on buttons and are idempotency keys: never another story's
)

# Messages on a platform that are a delivery: the post itself, and copies that the platform made of it.
post = Table(
    "post",
    metadata,
    Column("platform", String(32), nullable=False),
    # The chat id under which the message was sent, which outlives the chat's migration to a new one.
    Column("native_chat", String(128), nullable=False),
    Column("message_id", String(64), nullable=False),
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("mirror", Boolean, nullable=False, server_default="0"),
    PrimaryKeyConstraint("platform", "native_chat", "message_id"),
    Index(None, "delivery_id"),
    sqlite_with_rowid=False,
)

voter = Table(
    "voter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("actor", String(128), nullable=False),
    UniqueConstraint("platform", "actor"),
)

# Standing facts: reactions (token is the emoji) and the press (token "") not withdrawn. The key starts with what a vote
# is derived from, so that a batch reads a voter's facts on a story in one range.
fact = Table(
    "fact",
    metadata,
    # story.ledger_id; a fact ends with its delivery.
    Column("ledger_id", Integer, nullable=False),
    Column("voter_id", ForeignKey("voter.id", ondelete="CASCADE"), nullable=False),
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("token", String(64), nullable=False),
    Column("chat_id", Integer, nullable=False),
    Column("sentiment", Integer, nullable=False),
    # The order in which facts were first seen; equal for facts first seen together without an order.
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("ledger_id", "voter_id", "delivery_id", "token"),
    Index(None, "delivery_id"),  # a moderator's clear, and what is on one message
    Index(None, "voter_id"),  # who has no fact any more is forgotten
    sqlite_with_rowid=False,
)

# What is left of a reaction that its voter has erased (bot/storage/marks.py): no ids, only keyed hashes. Forgotten when
# no voting can be open any more on what it was given to.
erased_reaction = Table(
    "erased_reaction",
    metadata,
    Column("message", String(32), nullable=False),
    Column("voter", String(32), nullable=False),
    Column("token", String(64), nullable=False),
    Column("erased_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("message", "voter", "token"),
    Index(None, "erased_at"),  # pruning
    sqlite_with_rowid=False,
)

# Who has asked that their votes in a chat be erased when they leave it.
leaver = Table(
    "leaver",
    metadata,
    Column("platform", String(32), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("voted_at", UtcDateTime, nullable=False),  # when they were last known to have votes, or asked for this
    Column("looked_at", UtcDateTime),  # when their chats were last asked whether they are there; NULL: never
    PrimaryKeyConstraint("platform", "actor"),
    sqlite_with_rowid=False,
)

# In which chats they were when last looked at: only who was a member can leave.
leaver_chat = Table(
    "leaver_chat",
    metadata,
    Column("platform", String(32), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("platform", "actor", "chat_id"),
    Index(None, "chat_id"),  # a chat that goes
    sqlite_with_rowid=False,
)

# Derived from fact in the transaction that changes it; chat_id 0 is everywhere.
tally = Table(
    "tally",
    metadata,
    Column("ledger_id", Integer, nullable=False),
    Column("chat_id", Integer, nullable=False),
    Column("bullish", Integer, nullable=False),
    Column("bearish", Integer, nullable=False),
    PrimaryKeyConstraint("ledger_id", "chat_id"),
    sqlite_with_rowid=False,
)

# Anonymous totals (Telegram channels): facts of another kind, never added to votes.
total = Table(
    "total",
    metadata,
    Column("delivery_id", ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    # A post and the platform's copy of it may show the same reactions or each its own: kept apart, never added up.
    Column("mirror", Boolean, nullable=False),
    Column("emoji", String(64), nullable=False),
    Column("sentiment", Integer, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("delivery_id", "mirror", "emoji"),
    sqlite_with_rowid=False,
)

# Events already counted; a replay of one changes nothing.
seen_event = Table(
    "seen_event",
    metadata,
    Column("platform", String(32), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("platform", "event_id"),
    Index(None, "seen_at"),  # pruning
    sqlite_with_rowid=False,
)

# Reactions on messages that we don't know (yet): kept for a day, counted once their delivery is known.
early_event = Table(
    "early_event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("platform", String(32), nullable=False),
    Column("native_chat", String(128), nullable=False),
    Column("message_id", String(64), nullable=False),
    # Where the event tells of a copy of the message: events about that copy are kept too.
    Column("mirror_chat", String(128)),
    Column("mirror_id", String(64)),
    Column("payload", JSON, nullable=False),
    Column("heard_at", UtcDateTime, nullable=False),
    Index(None, "platform", "native_chat", "message_id"),
    Index(None, "mirror_chat", "mirror_id"),
    Index(None, "heard_at"),  # pruning
)

# Facts that could not be stored, alone in their batch when it failed; for the operator.
rejected_fact = Table(
    "rejected_fact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("payload", Text, nullable=False),
    Column("problem", Text, nullable=False),
)

setting_log = Table(
    "setting_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("chat_id", ForeignKey("chat.id", ondelete="CASCADE"), nullable=False),
    Column("actor", String(160), nullable=False),  # platform:id, or "config"
    Column("setting", String(64), nullable=False),
    Column("old", Text),
    Column("new", Text),
    Index(None, "chat_id"),
)

room_message = Table(
    "room_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("room", String(64), nullable=False),
    Column("key", String(64), nullable=False),
    Column("card", JSON, nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    UniqueConstraint("room", "key"),
    sqlite_autoincrement=True,  # ids are shown to browsers as "newer than": never reused
)

# Small facts under a name: when the file was made, adapters' KeyStore, the order of facts, stream marks.
meta = Table(
    "meta",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The words of all stories, for /search: rowid is the story's id. The words come as bot/words.py makes them
# (folded, and Chinese, Japanese and Korean in pairs of signs), for the tokenisers that come with SQLite find nothing
# in those languages.
WORDS = "CREATE VIRTUAL TABLE story_words USING fts5(title, lede, body, tokenize='unicode61 remove_diacritics 0')"
event.listen(metadata, "after_create", DDL(WORDS))  # type: ignore[no-untyped-call]

APPLICATION_ID = 0x4E54414C
"""SQLite's application_id of our files ("NTAL"): a stranger's database is refused instead of altered."""


MIXED = "coinstats:%"
"""Addresses of sources that publish in many languages; all of them are one publisher's, in several selections."""

# Written out, for statements that are kept compiled take nothing but what changes.
PUBLISHER = case((source.c.url.like(literal_column(f"'{MIXED}'")), literal_column("0")), else_=source.c.id)
"""Who tells an entry, of a statement that joins ``source``: readers count publishers, not our ways to read one."""
