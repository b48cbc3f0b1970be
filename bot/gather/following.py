"""Which sources each subscription reads: packs by language and health, single sources as they are (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.gather.packs import Health, PackSource, followed, sources_of
from bot.storage.following import Follower, KnownSource, WantedSource

Packs = Mapping[tuple[str, str], tuple[PackSource, ...]]


def pack_addresses(followers: Sequence[Follower], packs: Packs) -> list[str]:
    """Every address that bears on what these subscriptions read."""
    chosen = {(follower.pack, follower.language) for follower in followers if follower.pack and follower.language}
    return sorted({row.url for pack, language in chosen for row in sources_of(packs, pack, language)})


def packs_read(
    followers: Sequence[Follower], packs: Packs, known: Mapping[str, KnownSource]
) -> dict[int, tuple[WantedSource, ...]]:
    """The sources that each subscription to a pack reads, by the subscription's id."""
    health = {url: Health(source.failures, source.ever_ok, source.ended) for url, source in known.items()}
    read: dict[int, tuple[WantedSource, ...]] = {}
    for follower in followers:
        if follower.pack is None or follower.language is None:
            continue  # a chat without a language isn't posted to, so nothing is polled for it
        rows = {row.url: row for row in sources_of(packs, follower.pack, follower.language)}
        read[follower.subscription_id] = tuple(
            WantedSource(url, rows[url].title, rows[url].language) for url in followed(tuple(rows), health)
        )
    return read


def singles_read(followers: Sequence[Follower]) -> dict[int, int]:
    """The source that each subscription to a single one reads, by the subscription's id."""
    return {follower.subscription_id: follower.source_id for follower in followers if follower.source_id is not None}
