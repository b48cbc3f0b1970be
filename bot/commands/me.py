"""`/me`: what somebody has voted, for them alone; as a file; erased, now or wherever they leave."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.card.answer import answer_card, heading, item, note, paragraph
from bot.commands.request import Request
from bot.errors import CommandError
from bot.events import VotesErased
from bot.model import Button, ButtonRole, ChatKind, Line, Phrase, Sentiment, Span
from bot.ports import Answer, Command, Document, KnowsMembers, Task, Translator
from bot.storage import leavers, own_votes
from bot.storage.own_votes import OwnVote
from bot.storage.votes import Outcome

COMMAND = Command(
    name="me",
    # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces; what somebody
    # has voted
    shown_as=Phrase("/me"),
    description=Phrase("Your votes: see, export or erase them"),
    # TRANSLATORS: a button that leads to the votes of whoever presses it
    task=Task(Phrase("My votes")),
)

NEWEST = 5
FILE = "newstally-votes.json"

_EXPORT, _ERASE, _NOW, _LEAVING, _STAYING = "export", "erase", "now", "leaving", "staying"


async def answer(request: Request) -> Answer:
    request = replace(request, t=_own_words(request))
    match request.verb, request.rest:
        case "export", _:
            return await _exported(request)
        case "erase", "now" if request.pressed:  # whoever types it is asked, too
            return await _erased(request)
        case "erase", _:
            return _asked(request)
        case "leaving" | "staying", _ if _can_leave(request):
            await _settle_leaving(request, leaving=request.verb == _LEAVING)
    return await _shown(request)


def _own_words(request: Request) -> Translator:
    """It is read by nobody else: in the language of the person, whatever that of a chat of many is."""
    translators = request.services.translators
    language = translators.supported(request.actor.locale)
    if language is None or request.here.kind is ChatKind.PRIVATE:
        return request.t
    return translators(language, request.chat.timezone)


async def _shown(request: Request, *first: Line) -> Answer:
    t, read, number = request.t, request.services.database.read, request.t.number
    votes = await read(own_votes.of, request.actor, NEWEST)
    leaves = _can_leave(request) and await read(leavers.has_asked, request.actor)
    lines = [*first, heading(t("Your votes"))]
    count = votes.bullish + votes.bearish
    if count:
        lines += [
            item(t.plural("You have voted on {n} story.", "You have voted on {n} stories.", count)),
            item(
                t(
                    "Bullish: {bullish}. Bearish: {bearish}.",
                    bullish=number(votes.bullish),
                    bearish=number(votes.bearish),
                )
            ),
            # TRANSLATORS: of all votes of the person who reads this
            item(t.plural("In {n} chat.", "In {n} chats.", votes.chats)),
            # TRANSLATORS: heading above a few stories, the one voted on last first
            heading(t("The newest")),
            *(_line(request, vote) for vote in votes.newest),
        ]
    else:
        lines.append(paragraph(t("You have no votes.")))
    if leaves:
        lines.append(note(t("When you leave a chat, your votes there are erased within a day.")))
    return _secret(request, *lines, buttons=_buttons(request, stored=votes.stored, leaves=leaves))


def _line(request: Request, vote: OwnVote) -> Line:
    ballot = request.adapter.ballot
    side = ballot.bullish if vote.sentiment is Sentiment.BULLISH else ballot.bearish
    return item(f"{side[0]} ", Span(vote.title, url=vote.url))


def _buttons(request: Request, *, stored: bool, leaves: bool) -> Iterable[Sequence[Button]]:
    t = request.t
    if stored:
        yield (
            # TRANSLATORS: a button; it gives all that is stored of one's votes as a file
            request.button(t("Export"), _EXPORT),
            # TRANSLATORS: a button; it asks whether one's votes shall really be erased
            request.button(t("Erase…"), _ERASE, role=ButtonRole.DANGER),
        )
    if _can_leave(request):
        # TRANSLATORS: a button that is on or off: votes are erased in each chat that one leaves
        label = t("Erase when I leave")
        yield (request.button(label, _STAYING if leaves else _LEAVING, pressed=leaves),)


def _asked(request: Request) -> Answer:
    t = request.t
    return _secret(
        request,
        heading(t("Erase all your votes?")),
        paragraph(t("They are taken out of every chat here, and the posts show it at once. This can't be undone.")),
        paragraph(
            t(
                "Reactions that you leave under posts don't count any more. "
                "If you press a button or change a reaction later, that is a new vote."
            )
        ),
        buttons=[
            (
                # TRANSLATORS: a button that really erases one's votes
                request.button(t("Erase them"), f"{_ERASE} {_NOW}", role=ButtonRole.DANGER),
                request.button(t("Back"), "", role=ButtonRole.PRIMARY),
            )
        ],
    )


async def _erased(request: Request) -> Answer:
    wish = VotesErased(request.actor, event_id=request.event_id)
    recorded = await request.services.votes.record(wish)
    if recorded.outcome is Outcome.REJECTED:
        raise CommandError(Phrase("Something went wrong. Please try again."))
    return await _shown(request, paragraph(request.t("Your votes are erased.")))


async def _exported(request: Request) -> Answer:
    stored = await request.services.database.read(own_votes.everything, request.actor, request.now)
    content = json.dumps(stored, ensure_ascii=False, indent=1) + "\n"
    words = request.t("This file has all that is stored of your votes.")
    return _secret(request, paragraph(words), document=Document(FILE, content))


async def _settle_leaving(request: Request, *, leaving: bool) -> None:
    write = request.services.database.write
    if leaving:
        await write(leavers.ask, request.actor, request.now)
        request.services.on_leaver()
    else:
        await write(leavers.forget, request.actor)


def _can_leave(request: Request) -> bool:
    return isinstance(request.adapter, KnowsMembers)


def _secret(
    request: Request, *lines: Line, buttons: Iterable[Sequence[Button]] = (), document: Document | None = None
) -> Answer:
    """An answer for nobody else; a file doesn't take the menu's place."""
    replaces = request.pressed and document is None
    t = request.services.translators(request.here.language or request.t.language)  # all may read this
    refusal = t("That is for you alone. Write to me in private: {command}", command=f"/{COMMAND.name}")
    return Answer(
        card=answer_card(request.t.language, *lines, buttons=buttons),
        private=not replaces,
        replaces=replaces,
        document=document,
        instead=answer_card(t.language, paragraph(refusal)),
    )
