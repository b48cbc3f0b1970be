"""Whether an entry is an article that we have, under another guid, address, date or headline (pure).

Guids and links change with a publisher's software, dates with its edits. What stays is told from what is new by all of
them together: an address alone proves nothing, for some feeds give every item that of one page; a title alone doesn't
either, for a series has one title every week.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

from bot.gather.clues import specific
from bot.gather.gist import gist
from bot.storage.telling import MEETS_FOR, Known, Newcomer

SAME_DAY = timedelta(hours=20)
"""Under one address and headline, what is further apart is the next of a series, unless its words or date say that it
isn't."""

COMPARED = 100
"""Characters of a headline in which it may be retouched: by then it has said what it is about."""

_RETOUCHED = 0.1
"""So large a part of its characters may differ."""

_SHORTENED = 25
"""A title that is the beginning of another counts as the same one, shortened, from this many characters on."""

_SAYS_SOMETHING = 60
"""Bytes of a lede that no other article has by chance."""

_ALIKE = 0.5
"""So many of two ledes' words are the same when one was edited into the other."""

_WORDS = 60


def is_again(new: Newcomer, known: Known, now: datetime) -> bool:
    """Whether a new entry is one that we have. Their languages are the same."""
    if new.found.language != known.telling.language:
        return False
    if _at_one_address(new, known) and same_title(known.title_key, new.found.title_key):
        return _is_of_one_day(new, known, now) or _is_one_text(new, known, now)
    if not known.own or known.title_key != new.found.title_key:
        return False
    return _is_one_text(new, known, now) or _is_edited(new, known, now)


def is_retitled(new: Newcomer, known: Known, now: datetime) -> bool:
    """Whether an entry is one of its own source's that has got another headline, and guid."""
    if not known.own or new.found.language != known.telling.language:
        return False
    lede = new.found.lede
    if _is_dated_alike(new, known) and lede == known.telling.lede and len(lede.encode()) >= _SAYS_SOMETHING:
        return True
    return _is_rewritten(new, known, now)


def _is_rewritten(new: Newcomer, known: Known, now: datetime) -> bool:
    """A page about one thing says most of what it said on the same day, and what stood there is gone from the list."""
    if known.listed or not _at_one_address(new, known) or not specific(str(new.found.url)):
        return False
    if not _is_of_one_day(new, known, now):
        return False
    before, after = (gist(one.title, one.lede, one.language).text for one in (known.telling, new.telling))
    return len(before & after) >= _ALIKE * max(1, min(len(before), len(after)))


def same_title(one: str, other: str) -> bool:
    """Whether two folded titles (`identity.title_key`) of entries at one address are the same headline.

    In the headlines of a live page a number is often all that differs.
    """
    if one == other:
        return True
    if _numbers(one) != _numbers(other):
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _SHORTENED and longer.startswith(shorter):
        return True
    one, other = shorter[:COMPARED], longer[:COMPARED]
    most = int(_RETOUCHED * len(other))
    return 0 < most >= len(other) - len(one) and _unlike(one, other) <= 2 * most and edits(one, other) <= most


def _numbers(title: str) -> list[str]:
    return sorted(re.findall(r"\d+", title))


def _unlike(one: str, other: str) -> int:
    """Characters that one has and the other hasn't: no edit makes up for more than two of them."""
    here, there = Counter(one), Counter(other)
    return sum((here - there).values()) + sum((there - here).values())


def edits(one: str, other: str) -> int:
    """How many characters must be put in, left out or replaced to make one text of the other (neither is empty).

    A column of the usual table is kept as the steps up and down in it, one bit each (Myers 1999, as Hyyrö tells it): a
    hundred characters are a hundred steps of a few operations, whatever the texts are.
    """
    places: dict[str, int] = {}
    for place, sign in enumerate(one):
        places[sign] = places.get(sign, 0) | 1 << place
    every, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    up, down, count = every, 0, len(one)
    for sign in other:
        equal = places.get(sign, 0)
        straight = (((equal & up) + up) ^ up) | equal | down
        rises, falls = down | ~(straight | up), up & straight
        count += bool(rises & last) - bool(falls & last)
        rises, falls = rises << 1 | 1, falls << 1
        up, down = (falls | ~(equal | down | rises)) & every, rises & (equal | down) & every
    return count


# --- what speaks for it ----------------------------------------------------------------------------------------------


def _at_one_address(new: Newcomer, known: Known) -> bool:
    return new.found.address_key is not None and new.found.address_key == known.address_key


def _is_of_one_day(new: Newcomer, known: Known, now: datetime) -> bool:
    return _apart(new, known, now) <= SAME_DAY


def _is_one_text(new: Newcomer, known: Known, now: datetime) -> bool:
    """The same words while it may still be met, or the same date and words that could have become these.

    What is listed beside the new one was not replaced by it: then it takes more.
    """
    before, after = known.telling.lede, new.found.lede
    if _is_dated_alike(new, known):
        edited = not (before and after) if known.listed else _became(before, after)
        return _at_one_address(new, known) or before == after or edited
    if not after or before != after:
        return False
    if known.own and _is_undated(new, known) and len(after.encode()) >= _SAYS_SOMETHING:
        return True  # restored after however long, or listed twice of which one got another guid
    if known.listed:
        return _apart(new, known, now) <= SAME_DAY
    return _apart(new, known, now) <= MEETS_FOR or (known.own and _since(known, now) <= MEETS_FOR)


def _is_edited(new: Newcomer, known: Known, now: datetime) -> bool:
    """Without address and date, title and lede are all that names an entry: of those whose lede was edited, the one is
    gone when the other comes. With an address, where nothing but its parameters differs."""
    if not _is_undated(new, known):
        return False
    if known.listed or _since(known, now) > SAME_DAY:
        return False
    here, there = new.found.address_key, known.address_key
    if here is None or there is None:
        return here is there and _became(known.telling.lede, new.found.lede)
    return here.partition("?")[0] == there.partition("?")[0] and new.found.lede == known.telling.lede


def _is_dated_alike(new: Newcomer, known: Known) -> bool:
    return new.found.published_at is not None and new.found.published_at == known.published_at


def _is_undated(new: Newcomer, known: Known) -> bool:
    return new.found.published_at is None or known.published_at is None


def _apart(new: Newcomer, known: Known, now: datetime) -> timedelta:
    """Between their dates; without those, since we last saw the older one listed."""
    before, after = known.published_at, new.found.published_at
    return _since(known, now) if before is None or after is None else abs(after - before)


def _since(known: Known, now: datetime) -> timedelta:
    return timedelta(0) if known.listed else now - known.seen_at


def _became(before: str, after: str) -> bool:
    """Whether a lede may have been edited into another: there was none, or most of its words are still there."""
    if not before or not after:
        return True
    one, other = _words(before), _words(after)
    return sum((one & other).values()) >= _ALIKE * max(1, min(one.total(), other.total()))


def _words(text: str) -> Counter[str]:
    """Words without numbers, which are what changes in a lede that counts comments; pairs of signs where a script has
    no words."""
    found = re.findall(r"[^\W\d_]+", text[:1000].casefold())[:_WORDS]
    if found and len(found) < 4 and max(map(len, found)) > 12:
        return Counter(map("".join, pairwise("".join(found)[: 2 * _WORDS])))
    return Counter(found)
