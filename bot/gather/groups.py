"""How concepts belong together: what happens and what follows from it, where, and what excludes what (values only)."""

from __future__ import annotations

_COUNTRIES = """
    us uk germany france italy spain portugal netherlands belgium switzerland austria russia ukraine turkey armenia
    china japan korea india canada brazil mexico argentina chile colombia iran israel gulf kazakhstan poland greece
    nordic australia taiwan hongkong singapore vietnam africa eu
"""
PLACES = frozenset(_COUNTRIES.split())
AT_HOME = {"hy": "armenia", "ja": "japan", "ko": "korea", "tr": "turkey", "ru": "russia", "it": "italy", "zh": "china"}
NATIONAL = frozenset(
    ("centralbank", "inflation", "unemployment", "economy", "parliament", "government", "election", "rate", "trade")
)
"""Who speaks of these and names no country means the one at home."""

SEAT = {"boj": "japan", "snb": "switzerland", "fed": "us", "boe": "uk", "ecb": "eu", "sec": "us"}

ONE_OF = (
    frozenset(("+up", "-down", "=hold")),
    frozenset(("suspend", "resume")),
    frozenset(("launch", "close")),
    frozenset(("approve", "reject")),
    frozenset(("bitcoin", "ether", "xrp", "solana")),
    frozenset(("oil", "gold", "gas", "metal")),
    frozenset(("fed", "ecb", "boe", "boj", "snb")),
)
"""Of each of these a telling speaks of one: two that have none in common speak of different things."""

SAME = {"sell": "buy", "stake": "buy"}
"""What one side sells, the other buys."""

_FAMILIES = (
    "buy merge stake sell deal funding ipo invest partner loan aid",
    "jobs strike union",
    "appoint resign ceo",
    "close suspend cancel ban delay outage",
    "court sue prison arrest probe fraud fine reject",
    "launch build",
    "profit loss revenue results forecast warn dividend",
    "order contract delivery",
    "fire quake storm crash blast dead injured rescue landslide crime",
    "hack war",
    "talks vote approve law",
    "price inflation",
    "share",
    "rate",
    "recall",
    "resume",
    "free",
)
FAMILIES = {concept: family for family, concepts in enumerate(_FAMILIES) for concept in concepts.split()}
"""Happenings that one and the same may be told as: who buys, invests; who fines, judges."""

_HAPPENINGS = """
    buy merge funding ipo dividend buyback bond jobs strike protest warn order launch close suspend resume delay cancel
    ban approve reject deal talks recall fine court sue prison arrest probe fraud hack outage fire quake storm crash
    rescue blast truce appoint resign tariff sanction licence liquidation bankrupt upgrade vote election over share
    landslide free invest contract build partner loan aid crime award delivery
"""
KINDS = frozenset(_HAPPENINGS.split())
"""What happens, as opposed to what or whom it happens to."""

_LATER = """
    arrest probe sue court prison fine resign resume union protest reject talks truce strike appoint share over
    !reaction !opinion !cause
"""
AFTERMATH = frozenset(_LATER.split())
"""What happens, or is said, after something else has happened."""

STAGES = frozenset(("!opinion", "!reaction", "!cause", "over", "share", "protest"))
"""A title that speaks of one of these is about what came of a thing; one that doesn't is about the thing."""

CONSEQUENCES = (AFTERMATH | STAGES) - {"resume", "appoint", "resign"}
"""In a later title these alone make it news of its own. One who goes and one who comes are one event, though; and in
some languages what is resumed is also what is taken over."""
