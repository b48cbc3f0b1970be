"""What a title and lede speak of: words, names, figures, concepts; read once and compared often (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.gather.concepts import UNSPACED, fold, sense
from bot.gather.figures import Figure, figures

MAX_TITLE = 300
MAX_LEDE = 500
"""Of a text only this much is read."""

MOST_NAMES = 24

_STEM = 6
_SHOUTED = 0.6
"""So large a share of capitalised words, and capitals say nothing: a headline in title case."""

_LATIN = "A-Za-zÀ-ɏḀ-ỿ0-9"
_WORD = re.compile(rf"[{_LATIN}]+(?:[-'’&.][{_LATIN}]+)*|[Ѐ-ӿ]+(?:-[Ѐ-ӿ]+)*|[Ա-և]+|[ァ-ヺー]+|[가-힣]+|[々一-鿿]+")
_HYPHEN = re.compile(r"[-'’&.]")
_CAPITAL = re.compile(r"[A-ZÀ-ÞĀ-ɏЀ-ЯԱ-Ֆ]")
_SPLITS = re.compile(r"[.!?:։]\W*$|^\W*$")
_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:에서는|에서|으로|에는|까지|부터|은|는|이|가|을|를|의|에|로|와|과|도|만|씨)$")
_KANA = re.compile(r"[ァ-ヺー]+")
_ARMENIAN_ENDING = re.compile(r"(?<=[ա-և]{4})(?:ներ)?(?:ում|ից|ով|ին|ի|ը|ն)$")
_ELIDED = re.compile(r"^(?:l|d|qu|dell|all|dall|nell|sull|un|s|n|j|c)['’]", re.IGNORECASE)

_STOP_WORDS = """
    the and for with from that this its his her are was were will has have had not but who which over into than after
    before about their they says said say more most new amid out off per year day week month one two first last could
    would may can all also its as at by in of on or to an be is it he she
    der die das den dem des ein eine einen einem einer und oder mit von vom zum zur bei nach vor aus fur uber unter auf
    im am ist sind war wird werden hat haben nicht sich auch als wie seit bis noch nur mehr so dass
    le la les un une des du et ou en au aux dans sur pour par avec sans est sont ete etre qui que sa son ses leur plus
    apres avant ce cette selon contre chez
    el los las una unos y o de del al por para con sin es son fue ser ha han que su sus se mas tras segun entre lo
    os as um uma e no na nos nas do da dos das pelo pela com sem foi ao apos seu sua
    il lo gli uno di del dello della dei degli delle da dal dalla nel nella sul sulla per con che si ha sono stato dopo
    het een van voor met zonder door bij naar om te zijn wordt werd heeft hebben niet ook dan uit op aan
    и в во на по с со из за к ко от до о об для при не что как его ее их это после был была были будет уже над под или
    bir bu ve ile icin da de den dan gibi sonra once daha olarak oldu olan etti
    prozent dollar euro millionen milliarden mio mrd percent million billion jahr jahre monday tuesday wednesday
    thursday friday saturday sunday january february march april june july august september october november december
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz juni juli oktober dezember
    և ու է են էր որ այս այդ իր նրա հետ համար մասին մինչև հետո նաև ըստ
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Gist:
    """What can be compared of a text."""

    title: frozenset[str]
    """Stems of words; of scripts that don't part words, pairs of characters."""
    text: frozenset[str]
    """Of title and lede."""
    lede: frozenset[str]
    names: tuple[str, ...]
    """Folded, as written: what seems to be a name and stands for no concept."""
    title_names: int
    """So many of them, the first ones, stand in the title."""
    figures: tuple[Figure, ...]
    title_figures: tuple[Figure, ...]
    concepts: frozenset[str]
    title_concepts: frozenset[str]


@lru_cache(maxsize=4096)
def gist(title: str, lede: str, language: str) -> Gist:
    """Cached: a new entry is compared with many stories, and a story with many entries."""
    title = unicodedata.normalize("NFKC", title[:MAX_TITLE])
    lede = unicodedata.normalize("NFKC", lede[:MAX_LEDE])
    names: dict[str, None] = {}
    title_stems, title_concepts = _read(title, language, names)
    title_names = min(len(names), MOST_NAMES)
    lede_stems, lede_concepts = _read(lede, language, names)
    return Gist(
        title=title_stems,
        text=title_stems | lede_stems,
        lede=lede_stems,
        names=tuple(names)[:MOST_NAMES],
        title_names=title_names,
        figures=figures(f"{title} | {lede}", language),
        title_figures=figures(title, language),
        concepts=title_concepts | lede_concepts,
        title_concepts=title_concepts,
    )


def _read(text: str, language: str, names: dict[str, None]) -> tuple[frozenset[str], frozenset[str]]:
    """Stems and concepts; names are added to those given."""
    found = list(_parts(text))
    words = [bare(fold(word), language) for word, _ in found]
    meant = sense(words, fold(text), language)
    shouted = _shouted([word for word, _ in found])
    for (word, starts), folded, other in zip(found, words, meant.other, strict=True):
        if other and folded not in _STOP and _is_name(word, folded, language, starts=starts or shouted):
            names[folded] = None
    return frozenset(stem for word in words for stem in _stems(word)), meant.concepts


def _parts(text: str) -> list[tuple[str, bool]]:
    """Words and their parts, each with whether a sentence starts with it."""
    parts = []
    end = 0
    for match in _WORD.finditer(text):
        starts = _SPLITS.search(text, end, match.start()) is not None
        end = match.end()
        word = _ELIDED.sub("", match[0])
        parts += [(part, starts) for part in _HYPHEN.split(word) if part]
    return parts


def _shouted(words: list[str]) -> bool:
    cased = [word for word in words if len(word) > 3 and word[0].lower() != word[0].upper()]
    return len(cased) >= 4 and sum(_CAPITAL.match(word) is not None for word in cased) >= _SHOUTED * len(cased)


def bare(word: str, language: str) -> str:
    """A folded word without what its language hangs on names."""
    if language == "ko":
        return _PARTICLE.sub("", word)
    if language == "hy":
        return _ARMENIAN_ENDING.sub("", word)
    return word


def _is_name(word: str, folded: str, language: str, *, starts: bool) -> bool:
    if len(folded) < 2 or folded.isdigit():
        return False
    if word.isascii() and (language in UNSPACED or (word.isupper() and word.isalpha())):
        return len(folded) >= 3 or language in UNSPACED
    if language == "ko" or _KANA.fullmatch(word):
        return len(folded) >= 3
    if language in UNSPACED:
        return False
    return len(folded) >= 3 and _CAPITAL.match(word) is not None and (not starts or len(folded) >= 5)


def _stems(word: str) -> list[str]:
    first = word[:1]
    if "一" <= first <= "鿿" or "가" <= first <= "힣":
        return [word[at : at + 2] for at in range(len(word) - 1)] or [word]
    if word in _STOP or (len(word) < 2 and not word.isdigit()):
        return []
    if "ァ" <= first <= "ヺ":
        return [word]
    return [word[:_STEM]]
