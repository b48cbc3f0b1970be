"""Months that a text names, in each language: what is said of one is seldom what is said of another (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.gather.concepts import UNSPACED

# How the words of the twelve begin, folded (concepts.fold).
_MONTHS = {
    "en": "januar februar march april may june july august septem octob novem decem",
    "de": "janu/janner febru marz april mai juni juli august septem oktob novem dezem",
    "fr": "janvie fevrie mars avril mai juin juille aout septem octobr novemb decemb",
    "es": "enero febrer marzo abril mayo junio julio agosto septie/setiem octubr noviem diciem",
    "pt": "janeir fevere marco abril maio junho julho agosto setemb outubr novemb dezemb",
    "it": "gennai febbra marzo aprile maggio giugno luglio agosto settem ottobr novemb dicemb",
    "nl": "januar februa maart april mei juni juli august septem oktobe novemb decemb",
    "ru": "январ феврал март апрел мая/май/мае июн июл август сентяб октябр ноябр декабр",
    "tr": "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    "hy": "հունվար փետրվար մարտ ապրիլ մայիս հունիս հուլիս օգոստ սեպտեմ հոկտեմ նոյեմբ դեկտեմ",
}
_CAPITALISED = {"en", "de"}
"""Where a small letter makes another word of it: "may", "march"."""

_PREFIX = 4
_NUMBERED = re.compile(r"(?<!\d)(\d{1,2})\s?[月월]")


def months(text: str, words: Iterable[tuple[str, str]], language: str) -> frozenset[int]:
    """From 1 to 12. ``words``: as written, and folded."""
    if language in UNSPACED:
        return frozenset(number for found in _NUMBERED.findall(text) if 1 <= (number := int(found)) <= 12)
    beginnings = _BEGINNINGS.get(language)
    if beginnings is None:
        return frozenset()
    return frozenset(
        number
        for written, folded in words
        if language not in _CAPITALISED or written[:1].isupper()
        for number in beginnings.get(folded[:3], ())
        if any(_is_it(folded, name) for name in _MONTHS[language].split()[number - 1].split("/"))
    )


def _is_it(folded: str, name: str) -> bool:
    return folded == name or (len(name) >= _PREFIX and folded.startswith(name))


def _by_beginning(names: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for number, spelt in enumerate(names.split(), start=1):
        for name in spelt.split("/"):
            found[name[:3]] = (*found.get(name[:3], ()), number)
    return found


_BEGINNINGS = {language: _by_beginning(names) for language, names in _MONTHS.items()}
