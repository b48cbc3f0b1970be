"""`/search`: stories that say what somebody looks for, a page at a time."""

from __future__ import annotations

import base64
import re
from collections import OrderedDict, deque
from datetime import datetime, timedelta

from bot.card.answer import heading, note
from bot.card.found import found_line
from bot.commands.request import Request
from bot.errors import CommandError
from bot.model import Actor, Button, Phrase
from bot.ports import Answer, Command, Parameter, Task
from bot.storage import search
from bot.words import MAX_QUERY, terms

COMMAND = Command(
    name="search",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces
    shown_as=Phrase("/search"),
    description=Phrase("Find stories by their words, in any language"),
    parameters=(
        # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon
        Parameter(name="words", shown_as=Phrase("words:"), description=Phrase("What the stories say")),
    ),
    # TRANSLATORS: both the title of a form in which one looks for stories, and its button
    task=Task(Phrase("Search"), Phrase("Search")),
    by_words=True,
)

PAGE = 5
LAST_PAGE = 20

SEARCHES = 20
WITHIN = timedelta(minutes=1)
REMEMBERED = 1000
"""People whose searches are counted; with more of them at once, those who have been quiet longest begin anew."""

EXAMPLE = "/search bitcoin etf"

_PAGED = re.compile(r"(?s)(.*?)(?:\s+#([0-9]{1,3}))?")

_CODED = "="
"""Before words that a button can't carry as they are."""


class Search:
    """Answers the command; knows how often each person has asked lately."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[str, str], deque[datetime]] = OrderedDict()

    async def answer(self, request: Request) -> Answer:
        words, page = _understood(request)
        wanted = terms(words)
        if not wanted:
            raise CommandError(Phrase("What shall I look for? For example: {example}", {"example": EXAMPLE}))
        self._count(request.actor, request.now)
        found = await request.services.database.read(
            search.find,
            wanted,
            language=request.chat.language or request.t.language,
            limit=PAGE,
            offset=(page - 1) * PAGE,
        )
        t, shown = request.t, _shortened(words)
        if not found.stories:
            return request.answer(note(t("I don't know any story that says “{words}”.", words=shown)), private=True)
        # TRANSLATORS: above a list of stories that were found
        title = t("Stories that say “{words}”", words=shown)
        buttons = _turning(request, words, page, more=found.more)
        lines = [found_line(one.story, one.tally, wanted, t) for one in found.stories]
        if found.more and page < LAST_PAGE and not buttons:
            lines.append(note(t("More: {command}", command=f"/search {shown} #{page + 1}")))
        return request.answer(heading(title), *lines, buttons=[buttons], private=True)

    def _count(self, actor: Actor, now: datetime) -> None:
        """Raises CommandError for somebody who searches more than anyone can read."""
        times = self._asked.setdefault((actor.platform, actor.id), deque(maxlen=SEARCHES))
        self._asked.move_to_end((actor.platform, actor.id))
        if len(self._asked) > REMEMBERED:
            self._asked.popitem(last=False)
        if len(times) == SEARCHES and now - times[0] < WITHIN:
            raise CommandError(Phrase("That is a lot of searching. Try again in a minute."))
        times.append(now)


def _understood(request: Request) -> tuple[str, int]:
    """What is looked for, and the page. What a button says may be forged."""
    match = _PAGED.fullmatch(request.words[: MAX_QUERY * 2])
    words, page = (match[1], int(match[2] or 1)) if match else ("", 1)
    if request.pressed and words.startswith(_CODED):
        words = _decoded(words.removeprefix(_CODED))
    return words.strip()[:MAX_QUERY], min(max(page, 1), LAST_PAGE)


def _turning(request: Request, words: str, page: int, *, more: bool) -> list[Button]:
    """The pages before and after; none where a button can't carry the words."""
    # TRANSLATORS: a button under a list of stories; it shows those that fit better what was looked for
    pages = [(page - 1, request.t("Previous page"))] if page > 1 else []
    # TRANSLATORS: a button under a list of stories; it shows the next ones
    pages += [(page + 1, request.t("Next page"))] if more and page < LAST_PAGE else []
    for carried in (words, _CODED + _encoded(words)):
        coded = carried != words
        fits = all(request.fits_button(f"{carried} #{number}") for number, _ in pages)
        if fits and (coded or not words.startswith((_CODED, "@"))):
            return [request.button(label, f"{carried} #{number}") for number, label in pages]
    return []


def _encoded(words: str) -> str:
    # Two bytes a character for nearly all of our languages, where UTF-8 takes three for half of them.
    return base64.urlsafe_b64encode(words.encode("utf-16-be", "replace")).decode().rstrip("=")


def _decoded(coded: str) -> str:
    try:
        padded = coded.encode("ascii") + b"=" * (-len(coded) % 4)
        return base64.b64decode(padded, b"-_", validate=True).decode("utf-16-be")
    except ValueError:
        return ""


def _shortened(words: str) -> str:
    return words if len(words) <= 60 else words[:59].rstrip() + "…"
