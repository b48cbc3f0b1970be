"""A language that nobody speaks, made from newstally.pot: whatever it doesn't say has bypassed the catalogues.

Letters have accents, so that no English is left in a translated text; words are longer, as most languages' are; marks
of right-to-left writing stand around each text, and brackets show where it begins and ends. It never ships.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from bot.i18n import Catalogues, texts
from bot.languages import catalogue_path
from tests import strings

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


def catalogue() -> bytes:
    """The catalogue of the language, complete."""
    catalog = strings.merged(strings.extracted(), CODE, HEADER, None)
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
