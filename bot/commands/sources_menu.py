"""What a chat follows, told as cards: the menu of packs, and the list with the health of every source."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.card.answer import heading, in_rows, item, note
from bot.commands.request import Request, command_button
from bot.model import Button, ButtonRole, Line, Phrase, Span, Style
from bot.ports import Answer, Translator
from bot.storage import subscriptions
from bot.storage.subscriptions import FollowedSource, Subscription

ADD_EXAMPLE = "/sources add https://example.com"

_PACK_TITLES: Mapping[str, Phrase] = {
    # TRANSLATORS: name of a pack of news sources: cryptocurrencies; also stands on a button
    "crypto": Phrase("Crypto"),
    # TRANSLATORS: name of a pack of news sources: technology; also stands on a button
    "tech": Phrase("Tech"),
    # TRANSLATORS: name of a pack of news sources: stock and money markets; also stands on a button
    "markets": Phrase("Markets"),
    # TRANSLATORS: name of a pack of news sources: world news; also stands on a button
    "world": Phrase("World"),
}

_AS_IT_IS = "{name}"
"""The msgid of a Phrase that is somebody's own name; there is nothing to translate."""

_REMOVE_BUTTONS = 20
"""As many as five rows hold beside the way back; the others are removed by typing their number."""


def add_example(request: Request) -> str:
    """What to type to add a source to the chat that it is about."""
    return ADD_EXAMPLE.replace(" add ", f" {request.address} add ") if request.address else ADD_EXAMPLE


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
    lines = [*first, *_title(request), note(_how_many(followed, t))]
    if request.chat.language is None:
        lines.append(note(t("I post nothing until an admin has chosen a language: {command}", command="/language")))
    lines.append(note(t("Press a pack to follow it, and again to stop.")))
    lines.append(note(t("Add any site or feed: {example}", example=add_example(request))))
    rows = pack_buttons(request, [subscription.pack for subscription in followed if subscription.pack])
    if followed:
        rows.append((request.button(t("Show the list"), "list", role=ButtonRole.PRIMARY),))
    return request.answer(*lines, buttons=rows, private=not first)


async def show_list(request: Request, *first: Line) -> Answer:
    """Everything that the chat follows, each source with how it does."""
    t = request.t
    followed = await request.services.database.read(subscriptions.of_chat, request.chat.id)
    lines = [*first, *_title(request)]
    for number, subscription in enumerate(followed, start=1):
        lines.extend(_described(request, number, subscription))
    if not followed:
        lines.append(note(_how_many(followed, t)))
    rows: list[tuple[Button, ...]] = []
    if await request.is_admin():
        rows = _remove_buttons(request, followed)
        rows.append((request.button(t("Packs"), "menu"),))
        lines.append(note(t("Add any site or feed: {example}", example=add_example(request))))
    return request.answer(*lines, buttons=rows, private=not first)


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


def _how_many(followed: Sequence[Subscription], t: Translator) -> str:
    count = len({source.id for subscription in followed for source in subscription.sources})
    if not followed:
        return t("This chat follows nothing yet.")
    return t.plural("This chat follows {n} source.", "This chat follows {n} sources.", count)


def _described(request: Request, number: int, subscription: Subscription) -> Iterator[Line]:
    t = request.t
    place = Span(f"{t.number(number)}. ")
    if subscription.pack is None:
        for source in subscription.sources:
            yield item(place, _linked(source), " · ", _health(request, source))
        return
    yield item(place, Span(t("Pack {pack}", pack=pack_title(subscription.pack)), Style.BOLD))
    for source in subscription.sources:
        yield item("– ", _linked(source), " · ", _health(request, source))
    if not subscription.sources:
        yield note(t("No source of this pack is found yet."))


def _linked(source: FollowedSource) -> Span:
    # The bundled wire has no address that anyone could open.
    address = source.url if source.url.startswith(("http://", "https://")) else None
    return Span(_label(source), url=address)


def _health(request: Request, source: FollowedSource) -> str:
    t, now = request.t, request.now
    if source.problem is None:
        if source.last_ok_at is None:
            return t("not read yet")
        # TRANSLATORS: the source works; {ago} is such as "4 minutes ago"
        return t("well, read {ago}", ago=t.ago(source.last_ok_at, now))
    if source.ended:
        return t("ended: {problem}", problem=source.problem)
    if source.last_ok_at is None:
        return t("never read: {problem}", problem=source.problem)
    # TRANSLATORS: the source does not work now; {ago} is such as "4 minutes ago"
    return t("last read {ago}: {problem}", ago=t.ago(source.last_ok_at, now), problem=source.problem)


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
