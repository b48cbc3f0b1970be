"""`/sources`: what a chat follows. Follow a pack, add a feed, list everything, remove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.card.answer import paragraph
from bot.commands.request import Request
from bot.commands.sources_add import FULL, LIST, add
from bot.commands.sources_menu import ADD_EXAMPLE, how_to_add, menu, name_of, pack_title, show_list
from bot.commands.targets import which_chat
from bot.errors import CommandError
from bot.model import Phrase
from bot.ports import Answer, Audience, Choice, Command, Parameter, Subcommand, Task, Translator
from bot.storage import subscriptions
from bot.storage.subscriptions import FollowedSource, Outcome, Subscription

NAME = "sources"

# TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon
ADDRESS = Phrase("address:")

_EXAMPLES = ("/sources list", "/sources follow crypto", ADD_EXAMPLE, "/sources remove 1")


def declaration(packs: Sequence[str]) -> Command:
    """The command, with the packs that there are."""
    return Command(
        name=NAME,
        # TRANSLATORS: a command as it is typed: a slash and one word of lower-case letters, without spaces
        shown_as=Phrase("/sources"),
        description=Phrase("What I post here: packs, sites and feeds"),
        elsewhere=True,
        subcommands=(
            Subcommand(
                name="follow",
                # TRANSLATORS: a command and its verb as they are typed; the command's word is that for /sources, the
                # verb one word of lower-case letters, such as an infinitive
                shown_as=Phrase("/sources follow"),
                description=Phrase("Follow a pack: chosen sources in the language of this chat"),
                parameters=(
                    Parameter(
                        name="pack",
                        # TRANSLATORS: the name of a field of a command: one word of lower-case letters and a colon
                        shown_as=Phrase("pack:"),
                        description=Phrase("The pack to follow"),
                        choices=tuple(Choice(pack, pack_title(pack)) for pack in packs),
                    ),
                ),
                audience=Audience.ADMIN,
                # TRANSLATORS: title of a form in which one chooses a pack, and its button
                task=Task(Phrase("Follow a pack"), Phrase("Follow")),
            ),
            Subcommand(
                name="add",
                # TRANSLATORS: as for /sources follow
                shown_as=Phrase("/sources add"),
                description=Phrase("Add a site or feed by its address"),
                parameters=(
                    Parameter(name="address", shown_as=ADDRESS, description=Phrase("Address of the site or feed")),
                ),
                audience=Audience.ADMIN,
                # TRANSLATORS: title of a form in which one gives the address of a site, and its button
                task=Task(Phrase("Add a site or feed"), Phrase("Add")),
            ),
            Subcommand(
                name="list",
                # TRANSLATORS: as for /sources follow
                shown_as=Phrase("/sources list"),
                description=Phrase("What this chat follows, and how each source is doing"),
                task=Task(Phrase("Sources")),
            ),
            Subcommand(
                name="remove",
                # TRANSLATORS: as for /sources follow
                shown_as=Phrase("/sources remove"),
                description=Phrase("Stop following a source or a pack"),
                parameters=(
                    Parameter(
                        name="address",
                        shown_as=ADDRESS,
                        description=Phrase("Its address, its number in the list, or the name of the pack"),
                        suggests=True,
                    ),
                ),
                audience=Audience.ADMIN,
                # TRANSLATORS: title of a form in which one names a source that shall go, and its button
                task=Task(Phrase("Stop following"), Phrase("Remove")),
            ),
        ),
    )


async def answer(request: Request) -> Answer:
    if not request.words:
        return await which_chat(request) or await menu(request)
    verb = _VERBS.get(request.verb)
    if verb is None:
        raise CommandError(
            Phrase(
                "I don't understand “{words}”. For example: {examples}",
                {"words": request.words[:40], "examples": " · ".join(_EXAMPLES)},
            )
        )
    return await verb(request)


def suggestions(followed: Sequence[Subscription], typed: str, t: Translator) -> tuple[Choice, ...]:
    """What can be removed, by names: those in whose name or address this stands."""
    wanted = typed.strip().casefold()
    offered = [(subscription, t.phrase(name_of(subscription))) for subscription in followed]
    return tuple(
        Choice(f"#{subscription.id}", name)
        for subscription, name in offered
        if wanted in name.casefold()
        or (subscription.pack is None and any(wanted in source.url.casefold() for source in subscription.sources))
    )


async def _follow(request: Request) -> Answer:
    if not request.rest:
        return await which_chat(request) or await menu(request)
    pack = _pack_named(request, request.rest)
    if pack is None:
        raise CommandError(
            Phrase(
                "There is no pack “{pack}”. The packs are: {packs}",
                {"pack": request.rest[:40], "packs": tuple(request.services.packs)},
            )
        )
    question = await which_chat(request)
    if question is not None:
        return question
    await request.require_admin()
    first, outcome = await request.once(subscriptions.follow_pack, request.chat.id, pack, request.actor, request.now)
    if outcome is Outcome.FULL:
        raise CommandError(FULL)
    await request.changed()
    said = [paragraph(request.t("This chat follows the pack {pack} now.", pack=pack_title(pack)))] if first else []
    return await menu(replace(request, said_admin=True), *said)


async def _remove(request: Request) -> Answer:
    question = await which_chat(request)
    if question is not None:
        return question
    if not request.rest:
        return await show_list(request)
    await request.require_admin()
    followed = await request.services.database.read(subscriptions.of_chat, request.chat.id)
    found = _meant(request, followed)
    if not found:
        raise CommandError(
            Phrase(
                "This chat doesn't follow “{words}”. What it follows: {command}",
                {"words": request.rest[:100], "command": LIST},
            )
        )
    if len(found) > 1:
        raise CommandError(
            Phrase(
                "More than one source matches “{words}”. Use its number in the list: {command}",
                {"words": request.rest[:100], "command": LIST},
            )
        )
    first, _ = await request.once(subscriptions.unfollow, request.chat.id, found[0].id, request.actor, request.now)
    await request.changed()
    said = [paragraph(request.t("Removed: {name}", name=name_of(found[0])))] if first else []
    # Whoever pressed a pack in the menu stays in the menu, whoever pressed it in the list stays in the list.
    in_menu = found[0].pack is not None and not request.rest.startswith("#")
    return await (menu if in_menu else show_list)(replace(request, said_admin=True), *said)


async def _add(request: Request) -> Answer:
    if not request.rest:
        return await which_chat(request) or await how_to_add(request)
    return await add(request)


async def _list(request: Request) -> Answer:
    return await show_list(request)


async def _menu(request: Request) -> Answer:
    return await menu(request)


_VERBS: Mapping[str, Callable[[Request], Awaitable[Answer]]] = {
    "follow": _follow,
    "add": _add,
    "list": _list,
    "menu": _menu,
    "remove": _remove,
    "unfollow": _remove,
}


def _pack_named(request: Request, words: str) -> str | None:
    wanted = words.casefold()
    for pack in request.services.packs:
        if wanted in {pack.casefold(), request.t.phrase(pack_title(pack)).casefold()}:
            return pack
    return None


def _meant(request: Request, followed: Sequence[Subscription]) -> list[Subscription]:
    """Those that the words name: by id, by place in the list, by pack, by address or the site's, by title."""
    words = request.rest
    if words.startswith("#") and _is_number(words[1:]):
        return [subscription for subscription in followed if subscription.id == int(words[1:])]
    if _is_number(words):
        place = int(words)
        return list(followed[place - 1 : place]) if place else []
    pack = _pack_named(request, words)
    if pack is not None:
        return [subscription for subscription in followed if subscription.pack == pack]
    singles = [subscription for subscription in followed if subscription.pack is None and subscription.sources]
    for fits in (_is_address, _is_title, _is_host):
        found = [subscription for subscription in singles if fits(subscription.sources[0], words)]
        if found:
            return found
    return []


def _is_number(words: str) -> bool:
    return words.isascii() and words.isdigit() and len(words) < 19


def _is_address(source: FollowedSource, words: str) -> bool:
    return _bare(words) in {_bare(source.url), _bare(source.site_url or source.url)}


def _is_title(source: FollowedSource, words: str) -> bool:
    return bool(words) and source.title.casefold() == words.casefold()


def _is_host(source: FollowedSource, words: str) -> bool:
    host = _bare(words)
    return bool(host) and host in {_host(source.url), _host(source.site_url or source.url)}


def _bare(address: str) -> str:
    """An address as people compare it by eye."""
    without_scheme = address.strip().casefold().partition("://")[2] or address.strip().casefold()
    return without_scheme.removeprefix("www.").rstrip("/")


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
