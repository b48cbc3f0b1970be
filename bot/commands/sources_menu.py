"""What a chat follows, told as cards: the menu of packs, and the list with the health of every source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.card.answer import heading, in_rows, note, paragraph
from bot.card.sources import how_it_does, linked
from bot.commands.request import Request, command_button
from bot.commands.timezone import time_here
from bot.gather.apis.names import NAMES
from bot.gather.client import UNREACHED
from bot.gather.rhythm import SAMPLE
from bot.model import Button, ButtonRole, Line, LineKind, Phrase, Span, Style
from bot.ports import Answer, Translator
from bot.storage import subscriptions
from bot.storage.subscriptions import FollowedSource, Output, Subscription

ADD_EXAMPLE = "/sources add https://example.com"

LATELY = timedelta(days=7)
"""How far back it is looked how much a source publishes."""

_AS_IT_IS = "{name}"
"""The msgid of a Phrase that is somebody's own name; there is nothing to translate."""

_PACK_TITLES: Mapping[str, Phrase] = {
    # TRANSLATORS: name of a pack of news sources: cryptocurrencies; also stands on a button
    "crypto": Phrase("Crypto"),
    # TRANSLATORS: name of a pack of news sources: technology; also stands on a button
    "tech": Phrase("Tech"),
    # TRANSLATORS: name of a pack of news sources: stock and money markets; also stands on a button
    "markets": Phrase("Markets"),
    # TRANSLATORS: name of a pack of news sources: world news; also stands on a button
    "world": Phrase("World"),
    # News APIs go by their own names.
    **{name: Phrase(_AS_IT_IS, {"name": title}) for name, title in NAMES.items()},
}

_REMOVE_BUTTONS = 20
"""As many as five rows hold beside the way back; the others are removed by typing their number."""


def add_example(request: Request) -> str:
    """What to type to add a source to the chat that it is about."""
    return request.addressed(ADD_EXAMPLE)


def pack_title(pack: str) -> Phrase:
    """The name of a pack for readers."""
    return _PACK_TITLES.get(pack, Phrase(_AS_IT_IS, {"name": pack}))


def pack_buttons(request: Request, followed: Collection[str]) -> list[tuple[Button, ...]]:
    """A button a pack: it follows it or, when it is followed, stops that."""
    buttons = []
    for pack in request.services.packs:
        follows = pack in followed
        words = f"{request.address} {'remove' if follows else 'follow'} {pack}".strip()
        buttons.append(command_button(request.t.phrase(pack_title(pack)), "sources", words, pressed=follows))
    return in_rows(buttons, 2)


async def menu(request: Request, *first: Line) -> Answer:
    """The packs to follow, the way to the list, and how to add a source."""
    t = request.t
    followed = await request.services.database.read(subscriptions.of_chat, request.chat.id)
    lines = [*first, *_title(request), *map(note, how_many(request, followed))]
    if request.chat.language is None:
        lines.append(note(t("I post nothing until an admin has chosen a language: {command}", command="/language")))
    rows: list[tuple[Button, ...]] = []
    if await request.is_admin():
        rows = pack_buttons(request, [subscription.pack for subscription in followed if subscription.pack])
        if rows:
            lines.append(note(t("Press a pack to follow it, and again to stop.")))
        lines.append(note(t("Add any site or feed: {example}", example=add_example(request))))
    else:
        lines.append(note(t("The admins of this chat choose what I post.")))
    if followed:
        rows.append((_to_the_list(request),))
    return request.answer(*lines, buttons=rows, private=not first)


async def how_to_add(request: Request) -> Answer:
    """What to type to add a site or feed; members, who may not, get the menu."""
    if not await request.is_admin():
        return await menu(request)
    t = request.t
    return request.answer(
        *_title(request),
        paragraph(t("Type the address of a site or feed after the command: {example}", example=add_example(request))),
        buttons=[(request.button(t("Packs"), "menu"), _to_the_list(request))],
        private=True,
    )


async def show_list(request: Request, *first: Line) -> Answer:
    """Everything that the chat follows, each source with how it does."""
    t = request.t
    followed = await request.services.database.read(subscriptions.of_chat, request.chat.id)
    lines = [*first, *_title(request)]
    missing = unreachable(request, followed)
    if missing is not None:
        lines.append(paragraph(missing))
    if followed:
        ids = {source.id for subscription in followed for source in subscription.sources}
        now = request.now
        output = await request.services.database.read(subscriptions.output, ids, now - LATELY, now)
        lines.append(_numbered(request, followed, output))
    else:
        lines.append(note(t("This chat follows nothing yet.")))
    rows: list[tuple[Button, ...]] = []
    if await request.is_admin():
        rows = _remove_buttons(request, followed)
        rows.append((request.button(t("Packs"), "menu"),))
        if len(followed) > _REMOVE_BUTTONS:
            example = request.addressed(f"/sources remove {_REMOVE_BUTTONS + 1}")
            lines.append(note(t("The others are removed by their numbers: {example}", example=example)))
        lines.append(note(t("Add any site or feed: {example}", example=add_example(request))))
    return request.answer(*lines, buttons=rows, private=not first)


def how_many(request: Request, followed: Sequence[Subscription]) -> Iterator[str]:
    """How many sources the chat follows; those that have not been looked at yet are told apart."""
    t = request.t
    sources = {source.id: source for subscription in followed for source in subscription.sources}
    coming = sum(_is_coming(source) for source in sources.values())
    without = sum(not subscription.sources for subscription in followed)
    if not followed:
        yield t("This chat follows nothing yet.")
    if len(sources) > coming:
        # TRANSLATORS: only sources that have been read or tried already
        yield t.plural("This chat follows {n} source.", "This chat follows {n} sources.", len(sources) - coming)
    if coming:
        # TRANSLATORS: sources that the chat follows and that are about to be read for the first time
        yield t.plural("{n} source is being set up.", "{n} sources are being set up.", coming)
    if without and request.chat.language is not None:
        yield t.plural("{n} pack has no sources yet.", "{n} packs have no sources yet.", without)


def unreachable(request: Request, followed: Sequence[Subscription]) -> str | None:
    """What is to be said where not even a connection came about to any source: each for itself would say the same."""
    if not _are_out_of_reach(followed):
        return None
    # TRANSLATORS: said once in place of an error for each source
    return request.t("No source can be reached now: perhaps I have no network. I keep trying.")


def _are_out_of_reach(followed: Sequence[Subscription]) -> bool:
    sources = {source.id: source for subscription in followed for source in subscription.sources}
    problems = [source.problem for source in sources.values() if not source.url.startswith(SAMPLE)]
    return len(problems) > 1 and all(problem in UNREACHED for problem in problems)


def _is_coming(source: FollowedSource) -> bool:
    return source.last_ok_at is None and source.problem is None and not source.ended


def name_of(subscription: Subscription) -> Phrase:
    """What a subscription is called: its pack's name, or its source's title or address."""
    if subscription.pack is not None:
        return pack_title(subscription.pack)
    return Phrase(_AS_IT_IS, {"name": _label(subscription.sources[0])})


def _label(source: FollowedSource) -> str:
    return source.title or source.url


def _title(request: Request) -> list[Line]:
    if request.address:
        chat = request.chat.title or request.chat.ref.id
        return [heading(request.t("Sources of {chat}", chat=chat))]
    return [heading(request.t("Sources"))]


def _to_the_list(request: Request) -> Button:
    return request.button(request.t("Show the list"), "list", role=ButtonRole.PRIMARY)


def _numbered(request: Request, followed: Sequence[Subscription], output: Mapping[int, Output]) -> Line:
    """One paragraph, a row each: its numbers are its own, so it can't be items, which platforms give bullets."""
    spans: list[Span] = []
    shown = [_without_problems(one) for one in followed] if _are_out_of_reach(followed) else followed
    for number, subscription in enumerate(shown, start=1):
        for row in _described(request, number, subscription, output):
            spans += [*([Span("\n")] if spans else []), *row]
    return Line(LineKind.TEXT, tuple(spans))


def _without_problems(subscription: Subscription) -> Subscription:
    """As its sources did before we lost sight of them."""
    sources = tuple(replace(source, problem=None, gave_way_at=None) for source in subscription.sources)
    return replace(subscription, sources=sources)


def _described(
    request: Request, number: int, subscription: Subscription, output: Mapping[int, Output]
) -> Iterator[tuple[Span, ...]]:
    t = request.t
    place = Span(f"{t.number(number)}. ")
    if subscription.pack is None:
        for source in subscription.sources:
            yield (place, *_source(request, source, output))
            yield from _meaning(source, t)
        return
    yield (place, Span(t("Pack {pack}", pack=pack_title(subscription.pack)), Style.BOLD))
    some_stand = any(source.gave_way_at is None for source in subscription.sources)
    for source in subscription.sources:
        yield (Span("– "), *_source(request, source, output), *_language_of(request, source))
        yield from _of_stand_ins(request, source) if source.gave_way_at and some_stand else _meaning(source, t)
    if not subscription.sources:
        yield (Span("– "), Span(t("No source of this pack is found yet.")))


def _source(request: Request, source: FollowedSource, output: Mapping[int, Output]) -> Iterator[Span]:
    yield linked(source)
    yield Span(f" · {how_it_does(source, request.t, request.now)}")
    if source.problem is None and source.id in output:
        yield Span(f" · {_frequency(output[source.id], request.t)}")


def _frequency(output: Output, t: Translator) -> str:
    a_day = output.stories / output.days
    if a_day >= 1:
        return t.plural("about {n} story a day", "about {n} stories a day", round(a_day))
    a_week = max(1, round(a_day * 7))
    return t.plural("about {n} story a week", "about {n} stories a week", a_week)


def _language_of(request: Request, source: FollowedSource) -> Iterator[Span]:
    """In which language a source of a pack writes, where that isn't the chat's."""
    name = request.services.translators.names.get(source.language or "")
    if name is not None and source.language != request.chat.language:
        yield Span(f" · {name}")


def _meaning(source: FollowedSource, t: Translator) -> Iterator[tuple[Span, ...]]:
    """What it means for the chat that a source doesn't do its part."""
    if source.ended:
        yield (Span(t("I don't ask it any more. If it has moved, add its new address."), Style.ITALIC),)
    elif source.problem is not None:
        yield (Span(t("Nothing comes from it until it answers again; I keep asking."), Style.ITALIC),)


def _of_stand_ins(request: Request, source: FollowedSource) -> Iterator[tuple[Span, ...]]:
    """Why, and since when, others of the pack are read in a source's place."""
    t = request.t
    since = time_here(request, source.gave_way_at or request.now)
    if source.problem is not None:
        # TRANSLATORS: {since} is a date with a time of day
        said = t("Since {since} other sources of the pack stand in for it, until it answers again.", since=since)
    else:
        # TRANSLATORS: {newest} and {since} are dates with a time of day
        said = t(
            "Its newest entry is from {newest}. Since {since} other sources of the pack stand in for it, until it has"
            " another.",
            newest=time_here(request, source.newest_at or request.now),
            since=since,
        )
    yield (Span(said, Style.ITALIC),)


def _remove_buttons(request: Request, followed: Sequence[Subscription]) -> list[tuple[Button, ...]]:
    t = request.t
    return in_rows(
        [
            # By its own id, not by its place: the list may have changed since it was shown.
            request.button(
                # TRANSLATORS: a button beside a numbered list; it removes the one with this number
                t("Remove {number}", number=t.number(number)),
                f"remove #{subscription.id}",
                role=ButtonRole.DANGER,
            )
            for number, subscription in enumerate(followed[:_REMOVE_BUTTONS], start=1)
        ],
        5,
    )
