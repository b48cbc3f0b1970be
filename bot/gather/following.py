"""Which sources each subscription reads: packs by languages and health, single sources as they are (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.gather.packs import ALL_OF, Packs, Standing, read_of, sources_of, topics_of
from bot.storage.following import Follower, WantedSource


def pack_addresses(followers: Sequence[Follower], packs: Packs) -> list[str]:
    """Every address that bears on what these subscriptions read."""
    return sorted({row.url for chosen in _choices(followers) for rows in sources_of(packs, *chosen) for row in rows})


def packs_read(
    followers: Sequence[Follower],
    packs: Packs,
    standing: Mapping[str, Standing],
    kinds: Mapping[str, str],
) -> dict[int, tuple[WantedSource, ...]]:
    """The sources that each subscription to a pack reads, by the subscription's id. ``kinds``: of all topics."""
    read = {chosen: _read(*chosen, packs, standing, kinds) for chosen in _choices(followers)}
    return {
        follower.subscription_id: read[follower.pack, follower.languages]
        for follower in followers
        if follower.pack is not None and follower.languages
    }


def chooses_by_kind(followers: Sequence[Follower], packs: Packs) -> bool:
    """Whether the kinds of topics matter to what these read."""
    rows = (row for chosen in _choices(followers) for rows in sources_of(packs, *chosen) for row in rows)
    return any(topic.startswith(ALL_OF) for row in rows for topic in row.topics)


def singles_read(followers: Sequence[Follower]) -> dict[int, int]:
    """The source that each subscription to a single one reads, by the subscription's id."""
    return {follower.subscription_id: follower.source_id for follower in followers if follower.source_id is not None}


def _choices(followers: Sequence[Follower]) -> set[tuple[str, tuple[str, ...]]]:
    # A chat without a language isn't posted to, so nothing is polled for it.
    return {(one.pack, one.languages) for one in followers if one.pack is not None and one.languages}


def _read(
    pack: str, languages: Sequence[str], packs: Packs, standing: Mapping[str, Standing], kinds: Mapping[str, str]
) -> tuple[WantedSource, ...]:
    return tuple(
        WantedSource(row.url, row.title, row.language, topics_of(row, kinds))
        for row in read_of(sources_of(packs, pack, languages), standing)
    )
