"""`python -m tests.pairs [--held-out]`: how well labelled pairs are told apart, by language, and the ten worst cases.

Everything is developed on the dev half. Figures on the held-out half are taken once, when the algorithm is frozen.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.gather.clues import clues
from bot.gather.same import kinship, sameness
from bot.storage.telling import Telling

FOLDER = Path(__file__).parent / "gather" / "pairs"
WORST = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tellings, and whether they tell the same."""

    id: str
    kind: str
    languages: str
    same: bool
    one: Telling
    other: Telling


@dataclass(slots=True)
class Count:
    """How a judge fared."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    refused: int = 0

    def add(self, pair: Pair, said: bool) -> None:
        if said:
            self.right, self.wrong = self.right + pair.same, self.wrong + (not pair.same)
        else:
            self.missed, self.refused = self.missed + pair.same, self.refused + (not pair.same)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def load(name: str, *, held_out: bool = False) -> list[Pair]:
    """The pairs of one half; lines of the other are passed over."""
    return list(_read(FOLDER / f"{name}.jsonl", "held_out" if held_out else "dev"))


def _read(path: Path, split: str) -> Iterator[Pair]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            pair = json.loads(line)
            if pair["split"] == split:
                one, other = (_telling(pair[side], pair.get("language")) for side in ("a", "b"))
                languages = " ".join(sorted({one.language, other.language}))
                yield Pair(pair["id"], pair["kind"], languages, pair["same"], one, other)


def _telling(article: dict[str, Any], language: str | None) -> Telling:
    language = article.get("language", language)
    assert language is not None
    title, lede, url = article["title"], article["lede"], article["url"]
    outbound, alternates = article.get("outbound", ()), article.get("alternates", {}).items()
    return Telling(
        language,
        title,
        lede,
        datetime.fromisoformat(article["published_at"]),
        clues(title, lede, url, outbound, alternates, language),
        url,
    )


def judge_same(pair: Pair) -> bool:
    return sameness(pair.one, pair.other) > 0


def judge_linked(pair: Pair) -> bool:
    return kinship(pair.one, pair.other) > 0


def score(pairs: Sequence[Pair], judge: Callable[[Pair], bool]) -> Count:
    count = Count()
    for pair in pairs:
        count.add(pair, judge(pair))
    return count


def tellings(pairs: Sequence[Pair]) -> list[Telling]:
    """Each once, in the order of time."""
    everyone = {telling for pair in pairs for telling in (pair.one, pair.other)}
    return sorted(everyone, key=lambda telling: (str(telling.published_at), telling.title, str(telling.url)))


def _table(pairs: Sequence[Pair], judge: Callable[[Pair], bool], group: Callable[[Pair], Sequence[str]]) -> None:
    counts: defaultdict[str, Count] = defaultdict(Count)
    for pair in pairs:
        said = judge(pair)
        for name in (*group(pair), "all"):
            counts[name].add(pair, said)
    for name, count in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        print(
            f"{name:<36} precision {count.precision:.3f}  recall {count.recall:.3f}"
            f"  right {count.right:>3} wrong {count.wrong:>2} missed {count.missed:>3} refused {count.refused:>3}"
        )


def _worst(pairs: Sequence[Pair], margin: Callable[[Pair], float]) -> None:
    """Those taken for the same although they aren't, then those furthest from being recognised."""
    wrong = [pair for pair in pairs if (margin(pair) > 0) != pair.same]
    for pair in sorted(wrong, key=lambda pair: (pair.same, -abs(margin(pair))))[:WORST]:
        print(f"  {'missed' if pair.same else 'WRONG'} by {abs(margin(pair)):.2f}  {pair.id}  {pair.kind}")
        for telling in (pair.one, pair.other):
            print(f"      {telling.language} {telling.published_at:%m-%d %H:%M} {telling.title} | {telling.lede}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pairs")
    parser.add_argument("--held-out", action="store_true", help="the held-out half: only with a frozen algorithm")
    held_out: bool = parser.parse_args().held_out
    print(f"one language ({'held out' if held_out else 'dev'})")
    pairs = load("same_language", held_out=held_out)
    _table(pairs, judge_same, lambda pair: (pair.languages,))
    _worst(pairs, lambda pair: sameness(pair.one, pair.other))
    print(f"across languages ({'held out' if held_out else 'dev'})")
    pairs = load("cross_language", held_out=held_out)
    _table(pairs, judge_linked, lambda pair: [f"with {language}" for language in pair.languages.split()] + [pair.kind])
    _worst(pairs, lambda pair: kinship(pair.one, pair.other))


if __name__ == "__main__":
    main()
