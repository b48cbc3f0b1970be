"""What a text is about: coins, companies and themes by the names that topics.toml knows them by (pure).

A text is cut into words where its script has any, and each word is looked up in one index a language, built when it is
first needed. At each place the longest name wins and uses its words up, so that "Bitcoin Cash" isn't Bitcoin and "apple
pie" (a trap: it names nothing) isn't Apple. Names that mean other things as well count only where the rest of the text
bears them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from bot.gather.topic_table import HANGUL, WORD, Index, Name, fold, load_table, plain

_KATAKANA = re.compile(r"[\u30a1-\u30fa\u30fc]")
# What Korean hangs on a noun. A name that also begins other words is followed by nothing else.
_PARTICLE = re.compile(
    r"(?:사|측|들)?(?:은|는|이|가|을|를|의|에|에서|에서는|에는|에도|에선|엔|로|으로|로는|도|만|과|와|나|이나|랑|이랑|까지|부터|에게"
    r"|에게서|보다|처럼|마저|조차|뿐|라|이라|라는|이라는|라고|며|이며|고|이고|다|이다|서|등|발)?"
)

_MARKED_BEFORE = re.compile(
    r"(?:\$|\b(?:NASDAQ|NYSE|XETRA|LSE|TSE|TYO|KRX|KOSPI|KOSDAQ|HKEX|HKG|SSE|SZSE|EPA|AMS|FRA|MOEX|BIST|BVMF|B3|AMEX"
    r"|BINANCE|COINBASE|KRAKEN|BYBIT|OKX)\s?:\s?)$"
)
_MARKED_AFTER = re.compile(
    r"\s?[/-]\s?(?:USDT?|USDC|EUR|GBP|JPY|KRW|TRY|BRL|RUB|CNY|BTC|ETH|BNB)\b|\.(?:US|KS|DE|PA|HK)\b"
)
_PRICED = re.compile(r"\s?/\s?USD[TC]?\b")
_QUOTED_IN = ("USDT", "USDC", "USD", "EUR", "KRW", "JPY", "TRY", "BTC")
_GAP = re.compile(r"[\s\-‐-―’'&/·«»“”\"]{0,3}")
"""What may stand between the words of one name."""


def recognise(text: str, language: str, own_table: str | None = None) -> tuple[str, ...]:
    """The topics of a text, in the order in which they are told.

    ``own_table``: path of the operator's table, which extends and overrides the bundled one.
    """
    table = load_table(own_table)
    return _Reading(plain(text), table.index(language), table.kinds).topics()


def names_in(text: str, language: str, sure: bool, own_table: str | None = None) -> tuple[tuple[str, str], ...]:
    """The coins and companies that a text names: as they are written there, and their topics. ``sure``: only those that
    it surely means."""
    table = load_table(own_table)
    reading = _Reading(plain(text), table.index(language), table.kinds)
    topics = reading.topics()
    return tuple(
        dict.fromkeys(
            (written, topic)
            for written, topic in reading.written()
            if table.kinds[topic] != "theme" and (topic in topics or not sure)
        )
    )


# --- reading ---------------------------------------------------------------------------------------------------------


class _Reading:
    """One text, gone through once. What few words need is worked out when the first of them asks."""

    def __init__(self, text: str, index: Index, kinds: Mapping[str, str]) -> None:
        self._text = text
        self._index = index
        self._kinds = kinds
        self._words: list[str] = WORD.findall(text)
        self._folded = [word.lower() if word.isascii() else fold(word) for word in self._words]
        self._spans: list[tuple[int, int]] | None = None
        self._sure: dict[str, bool] = {}
        """Topics found, in order: whether the name alone says so."""
        self._places: list[tuple[str, int, Name, int | None]] = []
        """Where each name of a topic stands: its first word, and where in that it begins unless at its start."""
        self._said: set[str] = set()
        """What bears topics out, and what speaks against them."""
        self._shouts: bool | None = None

    def topics(self) -> tuple[str, ...]:
        whole, begun, place = self._index.whole, self._index.begun, 0
        while place < len(self._words):
            folded = self._folded[place]
            if folded[0] >= "\u3005" and folded[0] <= "\u9fff":
                self._unspaced(place)
                place += 1
                continue
            exact = whole.get(folded, ())
            stems = begun.get(folded[: 2 if folded[0] >= "\uac00" else 3], ())
            place += self._at(place, (*exact, *stems)) if exact or stems else self._without_name(place)
        if any(sure and self._kinds[topic] == "coin" for topic, sure in self._sure.items()):
            self._said.add("@coin")
        return tuple(topic for topic, sure in self._sure.items() if self._stands(topic, sure))

    def written(self) -> Iterator[tuple[str, str]]:
        """Each name of a topic as the text has it. `topics` has been read before."""
        for topic, place, name, within in self._places:
            start, end = self._span(place)
            if within is None:
                end = self._span(place + len(name.words) - 1)[1]
            else:
                start, end = start + within, start + within + len(name.words[0])
            yield self._text[start:end], topic

    def _stands(self, topic: str, sure: bool) -> bool:
        if f"-{topic}" in self._said:
            return False
        return sure or f"+{topic}" in self._said or f"@{self._kinds[topic]}" in self._said

    def _at(self, place: int, candidates: Sequence[Name]) -> int:
        """Note what is told at this word, if one of these is; returns how many words that takes."""
        size: tuple[int, int] | None = None
        for name in sorted(candidates, key=_size, reverse=True) if len(candidates) > 1 else candidates:
            if size is not None and name.size != size:
                break
            if self._fits(name, place):
                size = name.size
                self._note(name, place)
        if size is None:
            return self._without_name(place)
        return self._priced(place) if size[0] == 1 else size[0]

    def _fits(self, name: Name, place: int) -> bool:
        count = len(name.words)
        if name.code and self._folded[place] == name.words[0] and self._is_marked(place):
            return True
        if place + count > len(self._words):
            return False
        for number in range(count):
            at = place + number
            if not _same(self._words[at], self._folded[at], name.words[number], name.shapes[number], name.open[number]):
                return False
            if number and not _GAP.fullmatch(self._text, self._span(at - 1)[1], self._span(at)[0]):
                return False
        return True

    def _note(self, name: Name, place: int, within: int | None = None) -> None:
        label = name.label
        if not label:
            return
        if label[0] in "+-@":
            self._said.add(label)
            return
        weak = name.weak or (_is_code(name.shapes[0]) and self._is_shouted())
        if weak and name.code:
            weak = not self._is_marked(place)
        self._sure[label] = self._sure.get(label, False) or not weak
        self._places.append((label, place, name, within))

    def _without_name(self, place: int) -> int:
        """A pair in one word, such as XYZUSDT, names what is traded."""
        word = self._words[place]
        if len(word) > 5 and word.isupper():
            for quote in _QUOTED_IN:
                code = word.removesuffix(quote)
                if code in self._index.codes and code != word:
                    self._sure |= {name.label: True for name in self._index.whole[code.lower()] if name.code}
                    break
        return 1

    def _priced(self, place: int) -> int:
        """ "XYZ/USDT" says what XYZ costs, and nothing of dollars."""
        return 2 if self._words[place].isupper() and _PRICED.match(self._text, self._span(place)[1]) else 1

    def _is_marked(self, place: int) -> bool:
        """Whether signs beside it say that it is a code: $XYZ, XYZ/USD, NASDAQ: XYZ."""
        start, end = self._span(place)
        if _MARKED_BEFORE.search(self._text, max(0, start - 12), start):
            return True
        return self._words[place].isupper() and _MARKED_AFTER.match(self._text, end) is not None

    def _span(self, place: int) -> tuple[int, int]:
        if self._spans is None:
            self._spans = [word.span() for word in WORD.finditer(self._text)]
        return self._spans[place]

    def _is_shouted(self) -> bool:
        """Whether the text is in capitals throughout, so that they say nothing of a word."""
        if self._shouts is None:
            cased = [word for word in self._words if len(word) > 1 and word[0].upper() != word[0].lower()]
            self._shouts = len(cased) > 2 and sum(map(str.isupper, cased)) > 0.7 * len(cased)
        return self._shouts

    def _unspaced(self, place: int) -> None:
        run, at, names = self._folded[place], 0, self._index.unspaced
        while at < len(run) - 1:
            size = 0
            for name in names.get(run[at : at + 2], ()):
                word = name.words[0]
                if size and len(word) != size:
                    break
                if run.startswith(word, at) and _is_apart(run, at, at + len(word), open_end=name.open[0]):
                    size = len(word)
                    self._note(name, place, at)
            at += size or 1


def _size(name: Name) -> tuple[int, int]:
    return name.size


def _same(written: str, folded: str, word: str, shape: str, goes_on: bool) -> bool:
    if folded != word:
        if not folded.startswith(word):
            return False
        if not goes_on and not (HANGUL.match(word) and _PARTICLE.fullmatch(folded, len(word))):
            return False
    if _is_code(shape):
        return written.startswith(shape)
    return not shape[0].isupper() or written[0].isupper()


def _is_code(shape: str) -> bool:
    return len(shape) > 1 and shape.isupper()


def _is_apart(run: str, start: int, end: int, *, open_end: bool) -> bool:
    """Katakana write one word as one run; between Chinese characters no boundary is seen."""
    if _KATAKANA.match(run[start]) and start and _KATAKANA.match(run[start - 1]):
        return False
    return open_end or end == len(run) or not (_KATAKANA.match(run[end - 1]) and _KATAKANA.match(run[end]))
