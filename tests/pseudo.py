"""A language that nobody speaks, made from newstally.pot: whatever it doesn't say has bypassed the catalogues.

Letters have accents, so that no English is left in a translated text; words are longer, as most languages' are; marks
of right-to-left writing stand around each text, and brackets show where it begins and ends. It never ships.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from bot.commands.registry import registry
from bot.gather.packs import PACKS
from bot.i18n import Catalogues, texts
from bot.languages import catalogue_path
from bot.text import WORD_JOINER
from tests import strings
from tests.languages import CATALOGUES

CODE = "el"
"""Greek to Telegram and Discord, so that they publish what is said in it."""

NAME = "Ƥšéûðö"

HEADER = {
    "Language": CODE,
    # Arabic's numbers and dates: six forms of the plural, right to left, not a letter of ASCII.
    "X-CLDR-Locale": "ar",
    "Plural-Forms": strings.plural_forms(strings.cldr_locale("ar", {})),
    "X-Language-Name": NAME,
    "X-Language-Word": "Ļáñĝûáĝé",
    "X-Time-Zone": "Africa/Cairo",
}

RIGHT_TO_LEFT = "\u200f"
OPEN, CLOSE = "⟦", "⟧"

_ACCENTED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "ÁƁÇÐÉƑĜĤÍĴĶĻṀÑÖƤǪŔŠŢÛṼŴẊÝŽáƀçðéƒĝĥíĵķļɱñöþǫŕšţûṽŵẋýž"
)
_PLACE = re.compile(r"(\{[a-z_]+\})")


def pseudo(text: str) -> str:
    """The text in this language; its ``{places}`` stay what they are."""
    parts = _PLACE.split(text)
    parts[::2] = [re.sub("[aeiou]", r"\g<0>\g<0>", part).translate(_ACCENTED) for part in parts[::2]]
    return f"{RIGHT_TO_LEFT}{OPEN}{''.join(parts)}{CLOSE}{RIGHT_TO_LEFT}"


@cache
def catalogue() -> bytes:
    """The catalogue of the language, complete."""
    with strings.TEMPLATE.open("rb") as file:
        template = read_po(file)
    catalog = strings.merged(template, CODE, HEADER, None)
    for message in catalog:
        if message.id:
            forms = [pseudo(texts(message.id)[-1])] * catalog.num_plurals
            message.string = forms if message.pluralizable else forms[0]
    return strings.written(catalog, HEADER)


def catalogues_in(folder: Path) -> Catalogues:
    """The tree's languages and this one, in a folder of their own."""
    shutil.copytree(strings.LOCALES, folder)
    path = catalogue_path(folder, CODE)
    path.parent.mkdir(parents=True)
    path.write_bytes(catalogue())
    return Catalogues(folder)


# --- what may be said in plain English -------------------------------------------------------------------------------

_OWN_NAME = "|".join(map(re.escape, (*CATALOGUES.names.values(), NAME)))


def _naming_languages(text: str) -> str:
    """What matches this text with languages by their own names in its places."""
    return _PLACE.sub(f"(?:{_OWN_NAME})(?:, (?:{_OWN_NAME}))*", pseudo(text))


_ALLOWED = (
    # Addresses, those of feeds among them. Discord's have a backslash, so that they are no links.
    r"https?\\?://[^\s<>\"“”]+",
    # Places that a page's script fills.
    r"\{[a-z_]+\}",
    # Commands as they are typed, and examples of them.
    rf"/(?:{'|'.join(registry(PACKS, CATALOGUES.names))})\b",
    r"(?<=/sources )(?:@\d+ )?(?:follow|add|list|remove)\b",
    r"(?<=/language )(?:language:)?fr\b",
    r"(?<=/sources follow )pack:",
    r"(?<=/sources add )address:",
    r"(?<=/language )(?:@\d+ )?(?:fallback(?: ru(?: en)?)?|translate (?:on|off))\b",
    r"(?<=/timezone )(?:@\d+ )?(?:Yerevan|Asia/Yerevan|berlin)(?![A-Za-z])",
    r"(?<=/search )bitcoin etf\b",
    # The option by which Discord's commands name another channel.
    r"\bchannel(?=\.|: …)",
    # Packs, as they are typed.
    rf"(?<![A-Za-z])(?:{'|'.join(PACKS)})(?![A-Za-z])",
    # Languages by their own names, with their codes; and the word for language in all of them.
    *(rf"\b{code} – {name}" for code, name in {**CATALOGUES.names, CODE: NAME}.items()),
    "🌐 Language(?: · [^ ·]+)+",
    _naming_languages("Stories come in {language} only."),
    _naming_languages("Where there are no stories in {language}, they come in: {languages}."),
    # A clock for which no language has another word; zones as IANA calls them, beside the names of their cities.
    r"\bUTC\b",
    r" \([A-Z][A-Za-z]+(?:/[A-Za-z_-]+)+\)",
    # Who we are, and what a kind of file is called.
    r"\bNewstally\b",
    r"\bOPML\b",
)
_KNOWN = re.compile("|".join(_ALLOWED))
_WORDS = re.compile("[A-Za-z]{2,}")


def english(text: str) -> list[str]:
    """The words of a text that were not said in the language: runs of ASCII letters that nothing excuses."""
    # The buttons and links to choose a language by, and those to choose others in order.
    if re.sub(r"^[✓ \n]*(?:\S+\. )?|[ \n]+$", "", text) in CATALOGUES.names.values():
        return []
    # What keeps clients from making links stands within addresses and commands.
    return _WORDS.findall(_KNOWN.sub(" ", text.replace(WORD_JOINER, "").replace("\u200b", "")))


def is_cut(text: str) -> bool:
    """Whether the end of a text is missing, or its beginning."""
    return text.count(OPEN) != text.count(CLOSE)
