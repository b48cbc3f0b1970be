"""`python -m tests.pairs [--held-out]`: how well labelled pairs are told apart by what production does with them, by
language, and the ten worst cases.

Each pair is stored as two looks at two sources (or at one, where one newsroom wrote both), with everything that a poll
does: topics, clues, candidates, the rule that a source's own news is never merged for mere likeness. Everything is
developed on the dev half. Figures on the held-out half are taken once, when the algorithm is frozen.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select

from bot.gather.merge import JUDGE
from bot.gather.parse import entry_of
from bot.gather.parsed import Draft
from bot.gather.poll import _found
from bot.gather.same import kinship, sameness
from bot.gather.topics import recognise
from bot.storage.migrate import migrate
from bot.storage.tables import entry, story
from bot.storage.telling import FoundEntry, Telling
from tests.storage.told import poll

FOLDER = Path(__file__).parent / "gather" / "pairs"
WORST = 10
READ_AFTER = timedelta(minutes=5)
"""An article is found so long after it was published."""


@dataclass(frozen=True, slots=True)
class Article:
    """As a feed gives it."""

    source: str
    found: FoundEntry

    @property
    def at(self) -> datetime:
        assert self.found.published_at is not None
        return self.found.published_at

    @property
    def telling(self) -> Telling:
        found = self.found
        return Telling(found.language, found.title, found.lede, found.published_at, found.clues, found.url)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two articles, and whether they tell the same."""

    id: str
    kind: str
    languages: str
    same: bool
    one: Article
    other: Article


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
                one, other = (_article(pair[side], f"{pair['id']} {side}", pair.get("language")) for side in ("a", "b"))
                languages = " ".join(sorted({one.found.language, other.found.language}))
                yield Pair(pair["id"], pair["kind"], languages, pair["same"], one, other)


def _article(article: dict[str, Any], guid: str, language: str | None) -> Article:
    """Each has a guid of its own, also where one newsroom has put one article out twice."""
    language = article.get("language", language)
    assert language is not None
    title, lede = article["title"], article["lede"]
    draft = Draft(
        guid=guid,
        title=title,
        url=article["url"],
        lede=lede,
        picture=None,
        language=language,
        published_at=datetime.fromisoformat(article["published_at"]),
        outbound=tuple(article.get("outbound", ())),
        alternates=tuple(article.get("alternates", {}).items()),
    )
    entry = entry_of(guid, draft, language, recognise(f"{title}. {lede}", language, None))
    return Article(article["source"], _found(entry, None, read_articles=False))


# --- production ------------------------------------------------------------------------------------------------------


@contextmanager
def database() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.rollback()
        yield connection
    engine.dispose()


def arrive(connection: Connection, article: Article, now: datetime) -> None:
    """A look at its source finds an article."""
    name = "".join(sign if sign.isalnum() else "-" for sign in article.source)
    poll(connection, f"https://{name}.example/feed", article.found, now=now, judge=JUDGE)


def joined(connection: Connection, pair: Pair, *, turned: bool = False) -> bool:
    """Whether production made one story of a pair, or one ledger where the languages differ.

    ``turned``: the one that was published later is found first.
    """
    articles = sorted((pair.one, pair.other), key=lambda article: (article.at, article.found.identity), reverse=turned)
    now = max(article.at for article in articles) + READ_AFTER if turned else None
    with connection.begin() as transaction:
        for article in articles:
            arrive(connection, article, now or article.at + READ_AFTER)
        rows = connection.execute(
            select(entry.c.story_id, story.c.ledger_id).join(story, story.c.id == entry.c.story_id)
        ).all()
        transaction.rollback()
    one_language = pair.one.found.language == pair.other.found.language
    return len({row.story_id if one_language else row.ledger_id for row in rows}) == 1


def count(pairs: Sequence[Pair]) -> Count:
    """What production does with pairs."""
    result = Count()
    with database() as connection:
        for pair in pairs:
            result.add(pair, joined(connection, pair))
    return result


def articles_of(pairs: Sequence[Pair]) -> list[Article]:
    """Each once, in the order of time. An article that stands in several pairs is the same by what it says."""
    everyone = {
        (article.source, article.found.url, article.found.title, article.found.lede, article.at): article
        for pair in pairs
        for article in (pair.one, pair.other)
    }
    return sorted(everyone.values(), key=lambda article: (article.at, article.found.title, str(article.found.url)))


# --- in words --------------------------------------------------------------------------------------------------------


def _table(said: Sequence[tuple[Pair, bool]], group: Callable[[Pair], Sequence[str]]) -> None:
    counts: defaultdict[str, Count] = defaultdict(Count)
    for pair, yes in said:
        for name in (*group(pair), "all"):
            counts[name].add(pair, yes)
    for name, one in sorted(counts.items(), key=lambda item: (item[0] == "all", item[0])):
        print(
            f"{name:<36} precision {one.precision:.3f}  recall {one.recall:.3f}"
            f"  right {one.right:>3} wrong {one.wrong:>2} missed {one.missed:>3} refused {one.refused:>3}"
        )


def _worst(said: Sequence[tuple[Pair, bool]], margin: Callable[[Telling, Telling], float]) -> None:
    """Those taken for the same although they aren't, then those furthest from being recognised."""
    wrong = [(pair, margin(pair.one.telling, pair.other.telling)) for pair, yes in said if yes != pair.same]
    for pair, by in sorted(wrong, key=lambda one: (one[0].same, -abs(one[1])))[:WORST]:
        print(f"  {'missed' if pair.same else 'WRONG'} by {abs(by):.2f}  {pair.id}  {pair.kind}")
        for article in (pair.one, pair.other):
            found = article.found
            print(f"      {found.language} {article.at:%m-%d %H:%M} {article.source}: {found.title} | {found.lede}")


def _report(
    name: str, held_out: bool, group: Callable[[Pair], Sequence[str]], margin: Callable[[Telling, Telling], float]
) -> None:
    with database() as connection:
        said = [(pair, joined(connection, pair)) for pair in load(name, held_out=held_out)]
    print(f"{name} ({'held out' if held_out else 'dev'})")
    _table(said, group)
    _worst(said, margin)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pairs")
    parser.add_argument("--held-out", action="store_true", help="the held-out half: only with a frozen algorithm")
    held_out: bool = parser.parse_args().held_out
    _report("same_language", held_out, lambda pair: (pair.languages,), sameness)
    _report(
        "cross_language",
        held_out,
        lambda pair: [f"with {language}" for language in pair.languages.split()] + [pair.kind],
        kinship,
    )


if __name__ == "__main__":
    main()
