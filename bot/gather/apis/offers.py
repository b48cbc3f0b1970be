"""What the news APIs with a key offer to chats: a pack each (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from bot.gather.apis.names import COINSTATS, CRYPTOPANIC, NAMES
from bot.gather.packs import PackSource
from bot.gather.settings import GatherSettings

MOSTLY = "en"
"""What CoinStats writes in where it can't be told."""


def offered(settings: GatherSettings) -> tuple[str, ...]:
    """The packs of the APIs that have a key."""
    keys = {COINSTATS: settings.coinstats.key, CRYPTOPANIC: settings.cryptopanic.key}
    return tuple(name for name, key in keys.items() if key is not None)


def packs_of(settings: GatherSettings, languages: Iterable[str]) -> dict[tuple[str, str], tuple[PackSource, ...]]:
    """What those packs hold. CoinStats mixes languages in one source, of which each chat gets its own:
    one of ``languages``."""
    packs: dict[tuple[str, str], tuple[PackSource, ...]] = {}
    names = offered(settings)
    if COINSTATS in names:
        mixed = tuple(PackSource(f"{COINSTATS}:{kind}", NAMES[COINSTATS], MOSTLY) for kind in settings.coinstats.types)
        packs |= {(COINSTATS, language): mixed for language in languages}
    if CRYPTOPANIC in names:
        for region in settings.cryptopanic.regions:
            source = PackSource(f"{CRYPTOPANIC}:{region}", NAMES[CRYPTOPANIC], region)
            packs[CRYPTOPANIC, region] = (source,)
    return packs
