"""What people do: they make chats, add and remove the bot, write, react, press, migrate.

The methods here are the test author's hands. They do what Telegram's apps would let a person do and raise `CannotDo`
(or the server's own refusal, for reactions) for what they would not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from . import reactions, shapes
from .access import SERVER_REFUSALS
from .limits import LimitBook, Limits
from .model import (
    ALL_ADMIN_RIGHTS,
    PERMISSIONS,
    Actor,
    Chat,
    ChatType,
    Json,
    Member,
    Message,
    Press,
    Topic,
    User,
)
from .text import TEXT_LIMIT, Formatted, finish
from .updates import UpdateQueue
from .world import BotAccount, World

FIRST_USER = 1001
FIRST_GROUP = 5001
FIRST_SUPERGROUP = 1_000_000_002_001  # shown with a minus: -1002…


def _reaction(kind: str | Json) -> Json:
    return reactions.emoji(kind) if isinstance(kind, str) else dict(kind)


class CannotDo(ValueError):
    """A person could not do this in any of Telegram's apps."""


class People:
    def __init__(self, world: World) -> None:
        self.world = world
        self._next_user = FIRST_USER
        self._next_group = FIRST_GROUP
        self._next_supergroup = FIRST_SUPERGROUP

    # ------------------------------------------------------------------------------------------------- people and bots

    def add_user(
        self,
        first_name: str,
        *,
        last_name: str = "",
        username: str = "",
        language_code: str = "en",
        is_premium: bool = False,
    ) -> User:
        user = User(self._next_user, first_name, last_name, username, language_code, is_premium=is_premium)
        self._next_user += 1
        self.world.users[user.id] = user
        self.world.touch()
        return user

    def new_bot(
        self, name: str = "Newstally", username: str = "newstally_bot", *, privacy: bool = True, token: str = ""
    ) -> BotAccount:
        """Another bot account with a token, a queue and limits of its own."""
        bot_id = int(token.partition(":")[0]) if token else 7_000_000_000 + len(self.world.bots)
        user = User(bot_id, name, username=username, is_bot=True)
        token = token or f"{bot_id}:AAE-emulated_token_of_{username}"
        world = self.world
        bot = BotAccount(token, user, UpdateQueue(world.clock), LimitBook(world.clock, world.limits), privacy=privacy)
        world.bots[token] = bot
        world.users[bot_id] = user
        return bot

    @property
    def bot(self) -> BotAccount:
        """The first bot, which is the one that `token` belongs to."""
        return next(iter(self.world.bots.values()))

    # ----------------------------------------------------------------------------------------------------------- chats

    def create_private(self, user: User, *, bot: BotAccount | None = None) -> Chat:
        """The user's chat with the bot, as after pressing Start (without the /start message)."""
        bot = bot or self.bot
        if (known := self.world.private.get((bot.id, user.id))) is not None:
            return known
        chat = Chat(user.id, "private", peer=user, bot_id=bot.id)
        self.world.private[bot.id, user.id] = chat
        self.world.touch()
        return chat

    def create_group(self, title: str, *, owner: User | None = None, members: Iterable[User] = ()) -> Chat:
        chat_id, self._next_group = -self._next_group, self._next_group + 1
        return self._create(chat_id, "group", title, owner, members)

    def create_supergroup(
        self,
        title: str,
        *,
        owner: User | None = None,
        members: Iterable[User] = (),
        username: str = "",
        is_forum: bool = False,
    ) -> Chat:
        chat = self._create(self._supergroup_id(), "supergroup", title, owner, members)
        chat.username, chat.is_forum = username, is_forum
        return chat

    def create_forum(self, title: str, *, owner: User | None = None, members: Iterable[User] = ()) -> Chat:
        return self.create_supergroup(title, owner=owner, members=members, is_forum=True)

    def create_channel(
        self, title: str, *, owner: User | None = None, username: str = "", discussion: Chat | None = None
    ) -> Chat:
        chat = self._create(self._supergroup_id(), "channel", title, owner, ())
        chat.username = username
        chat.available_reactions = None
        if discussion:
            self.link(chat, discussion)
        return chat

    def _supergroup_id(self) -> int:
        chat_id, self._next_supergroup = -self._next_supergroup, self._next_supergroup + 1
        return chat_id

    def _create(self, chat_id: int, kind: ChatType, title: str, owner: User | None, members: Iterable[User]) -> Chat:
        chat = Chat(chat_id, kind, title)
        owner = owner or self.add_user(f"Owner of {title}"[:60])
        chat.members[owner.id] = Member(owner, "creator", ALL_ADMIN_RIGHTS)
        for user in members:
            chat.members.setdefault(user.id, Member(user, "member"))
        self.world.chats[chat.id] = chat
        self.world.touch()
        return chat

    def link(self, channel: Chat, group: Chat) -> None:
        """Makes the supergroup the channel's discussion group."""
        if channel.type != "channel" or group.type != "supergroup":
            raise CannotDo("only a channel and a supergroup can be linked")
        channel.linked, group.linked = group, channel
        self.world.touch()

    def create_topic(self, chat: Chat, name: str, *, by: User | None = None) -> Topic:
        if not chat.is_forum:
            raise CannotDo("not a forum")
        topic = Topic(chat.last_message_id + 1, name)
        chat.topics[topic.id] = topic
        created = {"name": name, "icon_color": topic.icon_color}
        self._service(chat, by or self.owner(chat), topic.id, forum_topic_created=created)
        return topic

    def close_topic(self, chat: Chat, topic: Topic | None = None) -> None:
        """Closes a topic; General if none is named."""
        self._toggle(chat, topic, closed=True)

    def reopen_topic(self, chat: Chat, topic: Topic | None = None) -> None:
        self._toggle(chat, topic, closed=False)

    def _toggle(self, chat: Chat, topic: Topic | None, *, closed: bool) -> None:
        if topic is None:
            chat.general_closed = closed
            self.world.touch()
            return
        topic.closed = closed
        nothing: Json = {}
        word = "forum_topic_closed" if closed else "forum_topic_reopened"
        self._service(chat, self.owner(chat), topic.id, **{word: nothing})

    def delete_topic(self, chat: Chat, topic: Topic) -> None:
        topic.deleted = True
        for message in [m for m in chat.messages.values() if m.thread_id == topic.id]:
            self.world.delete(message)

    def owner(self, chat: Chat) -> User:
        return next(member.user for member in chat.members.values() if member.status == "creator")

    def _service(self, chat: Chat, sender: User, thread: int | None = None, **what: Any) -> Message:
        message = Message(
            id=self.world.next_message_id(chat),
            chat=chat,
            date=self.world.date,
            sender=sender,
            sender_chat=chat if chat.is_broadcast else None,
            thread_id=thread,
            is_topic_message=thread is not None,
            service=what,
        )
        return self.world.post(chat, message)

    # ---------------------------------------------------------------------------------------------------- memberships

    def add_bot(
        self,
        chat: Chat,
        rights: Iterable[str] | str | None = None,
        *,
        by: User | None = None,
        bot: BotAccount | None = None,
    ) -> None:
        """Adds the bot; rights: None → a member (in a channel: administrator), "admin" → all rights, or their names."""
        bot, by = bot or self.bot, by or self.owner(chat)
        if rights is None and not chat.is_broadcast:
            self.world.set_member(chat, Member(bot.user, "member"), by=by)
        else:
            self.promote(chat, "admin" if rights is None else rights, who=bot.user, by=by)
        if not chat.is_broadcast:
            self._service(chat, by, new_chat_members=[shapes.user(bot.user)])

    def promote(
        self, chat: Chat, rights: Iterable[str] | str = "admin", *, who: User | None = None, by: User | None = None
    ) -> None:
        granted = ALL_ADMIN_RIGHTS if rights == "admin" else frozenset([rights] if isinstance(rights, str) else rights)
        if unknown := granted - ALL_ADMIN_RIGHTS:
            raise CannotDo(f"no such rights: {', '.join(sorted(unknown))}")
        # whoever is administrator at all can see the chat
        member = Member(who or self.bot.user, "administrator", granted | {"can_manage_chat"})
        self.world.set_member(chat, member, by=by or self.owner(chat))

    def demote(self, chat: Chat, who: User | None = None, *, by: User | None = None) -> None:
        """Takes the rights away; in a channel a bot without rights is out."""
        member = Member(who or self.bot.user, "left" if chat.is_broadcast else "member")
        self.world.set_member(chat, member, by=by or self.owner(chat))

    def restrict(self, chat: Chat, who: User | None = None, **permissions: bool) -> None:
        """Restricts to the given permissions; what is not named stays allowed."""
        allowed = dict.fromkeys(PERMISSIONS, True) | permissions
        member = Member(who or self.bot.user, "restricted", permissions=allowed)
        self.world.set_member(chat, member, by=self.owner(chat))

    def remove(self, chat: Chat, who: User | None = None, *, banned: bool = True, by: User | None = None) -> None:
        """Removes the bot (or a person). Banned: "kicked", as the apps do with bots; else "left"."""
        user = who or self.bot.user
        by = by or self.owner(chat)
        self.world.set_member(chat, Member(user, "kicked" if banned else "left"), by=by)
        if not chat.is_broadcast:
            self._service(chat, by, left_chat_member=shapes.user(user))

    def join(self, chat: Chat, user: User) -> None:
        self.world.set_member(chat, Member(user, "member"), by=user)
        if not chat.is_broadcast:
            self._service(chat, user, new_chat_members=[shapes.user(user)])

    def set_anonymous(self, chat: Chat, user: User, anonymous: bool = True) -> None:
        """The administrator now acts under the group's name."""
        member = chat.members[user.id]
        if not member.is_admin:
            raise CannotDo("only administrators can be anonymous")
        chat.members[user.id] = replace(member, is_anonymous=anonymous)

    def block(self, user: User, *, bot: BotAccount | None = None) -> None:
        self._block(user, bot or self.bot, blocked=True)

    def unblock(self, user: User, *, bot: BotAccount | None = None) -> None:
        self._block(user, bot or self.bot, blocked=False)

    def _block(self, user: User, bot: BotAccount, *, blocked: bool) -> None:
        chat = self.create_private(user, bot=bot)
        chat.members[bot.id] = Member(bot.user, "kicked" if chat.blocked else "member")
        chat.blocked = blocked
        self.world.set_member(chat, Member(bot.user, "kicked" if blocked else "member"), by=user)

    def deactivate(self, user: User) -> None:
        """The account is deleted."""
        user.deactivated = True
        self.world.touch()

    # ------------------------------------------------------------------------------------------------------- messages

    def say(
        self,
        who: User | Chat,
        chat: Chat,
        text: str,
        *,
        thread: int | Topic | None = None,
        reply_to: int | Message | None = None,
        entities: Iterable[Json] = (),
    ) -> Message:
        """A person, or a channel (`who` a Chat), writes. Commands and links are recognised."""
        words = finish(Formatted(text, [dict(entity) for entity in entities]), limit=TEXT_LIMIT)
        thread_id = thread.id if isinstance(thread, Topic) else thread
        answered = reply_to.id if isinstance(reply_to, Message) else reply_to
        if answered is not None and answered not in chat.messages:
            raise CannotDo("no such message to answer")
        if thread_id is None and chat.is_forum and answered:
            thread_id = chat.messages[answered].thread_id
        if chat.is_forum and thread_id is not None and thread_id not in chat.topics:
            raise CannotDo("no such topic")
        if chat.type == "private" and isinstance(who, User) and chat.peer is not who:
            raise CannotDo("this is somebody else's private chat")
        sender_chat = who if isinstance(who, Chat) else self._speaks_as(who, chat)
        message = Message(
            id=self.world.next_message_id(chat),
            chat=chat,
            date=self.world.date,
            sender=who if isinstance(who, User) else None,
            sender_chat=sender_chat,
            text=words.text,
            entities=words.entities,
            thread_id=thread_id,
            is_topic_message=chat.is_forum and thread_id is not None,
            reply_to=answered,
        )
        return self.world.post(chat, message)

    def _speaks_as(self, user: User, chat: Chat) -> Chat | None:
        if chat.type == "private":
            return None
        member = chat.members.get(user.id)
        if member is None or not member.is_present:
            raise CannotDo(f"{user.first_name} is not in {chat.title}")
        if chat.is_broadcast:
            if not member.may("can_post_messages"):
                raise CannotDo("only administrators write in a channel")
            return chat
        return chat if member.is_anonymous else None

    def edit(self, message: Message, text: str) -> None:
        """The author changes the text."""
        words = finish(Formatted(text), limit=TEXT_LIMIT)
        message.text, message.entities = words.text, words.entities
        self.world.edited(message, by_bot=False)

    def delete(self, message: Message) -> None:
        self.world.delete(message)

    # ------------------------------------------------------------------------------------------ reactions and presses

    def react(self, who: User | Chat, chat: Chat, message: int | Message, kinds: Iterable[str | Json] = ()) -> None:
        """Sets the whole set of reactions of one actor: emoji, or ReactionType objects. An empty set withdraws all."""
        it = message if isinstance(message, Message) else chat.messages.get(message)
        if it is None:
            raise CannotDo("no such message")
        it = self.world.reaction_target(it)
        wanted = [_reaction(kind) for kind in kinds]
        own = it.reactions.get(self._actor(who, chat), [])
        if isinstance(who, User):
            member = chat.members.get(who.id)
            if member and member.status == "restricted" and not member.permissions.get("can_react_to_messages", True):
                raise CannotDo("may not react here")
        premium = isinstance(who, Chat) or who.is_premium
        reactions.check(chat, it, [kind for kind in wanted if kind not in own], bot=False, premium=premium)
        if len(wanted) > (reactions.PREMIUM_REACTIONS if premium else 1):
            raise CannotDo("too many reactions for this actor")
        self.world.set_reactions(it, self._actor(who, chat), wanted, by_bot=False)

    def _actor(self, who: User | Chat, chat: Chat) -> Actor:
        if isinstance(who, Chat):
            return "chat", who.id
        if chat.type == "private":
            if chat.peer is not who:
                raise CannotDo("this is somebody else's private chat")
            return "user", who.id
        member = chat.members.get(who.id)
        if not chat.is_broadcast and not chat.username and (member is None or not member.is_present):
            raise CannotDo(f"{who.first_name} is not in {chat.title}")
        return ("chat", chat.id) if member and member.is_anonymous and not chat.is_broadcast else ("user", who.id)

    def buttons(self, chat: Chat, message: int | Message) -> list[Json]:
        it = message if isinstance(message, Message) else chat.messages[message]
        return [button for row in (it.keyboard or {}).get("inline_keyboard", []) for button in row]

    def tap(self, user: User, chat: Chat, message: int | Message, button: str, *, forged: bool = False) -> Press:
        """Presses without waiting. `button`: its text or callback_data; forged: data that no button carries."""
        it = message if isinstance(message, Message) else chat.messages.get(message)
        if it is None:
            raise CannotDo("no such message")
        if forged:
            return self.world.pressed(user, it, button)
        for known in self.buttons(chat, it):
            if button in (known["text"], known.get("callback_data")):
                if "callback_data" not in known:
                    raise CannotDo("this button does not call the bot")
                return self.world.pressed(user, it, known["callback_data"])
        shown = ", ".join(known["text"] for known in self.buttons(chat, it))
        raise CannotDo(f"no button {button!r} on this message; it has: {shown or 'none'}")

    async def press(
        self,
        user: User,
        chat: Chat,
        message: int | Message,
        button: str,
        *,
        give_up: asyncio.Event | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109 - real time, while the clock may be the test's
        forged: bool = False,
    ) -> Press:
        """Presses and waits for the bot's answer (or `give_up`); the Press says what the person saw."""
        press = self.tap(user, chat, message, button, forged=forged)
        waiting = [asyncio.ensure_future(press.answered.wait())]
        if give_up:
            waiting.append(asyncio.ensure_future(give_up.wait()))
        try:
            done, _ = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        if not done:
            raise TimeoutError(f"the bot did not answer the press of {button!r} within {timeout} s")
        return press

    def shut_out(self, chat: Chat, error: str = "") -> None:
        """From now on the servers refuse what the bot sends there with this name; none: they let it in again."""
        if error and error not in SERVER_REFUSALS:
            raise CannotDo(f"the servers don't say {error} of a place; they say {', '.join(sorted(SERVER_REFUSALS))}")
        chat.shut = error
        self.world.touch()

    def set_available_reactions(
        self, chat: Chat, kinds: Iterable[str | Json] | None, *, at_most: int | None = None
    ) -> None:
        """None: every emoji; an empty list: none; else exactly these. Telegram tells no bot about it."""
        chat.available_reactions = None if kinds is None else [_reaction(kind) for kind in kinds]
        if at_most is not None:
            chat.max_reaction_count = at_most
        self.world.touch()

    def flush_reaction_counts(self) -> int:
        """Sends all waiting message_reaction_count updates now; returns how many messages they were about."""
        return self.world.tell_counts(all_now=True)

    # ---------------------------------------------------------------------------------------------------- life of chats

    def migrate(self, chat: Chat) -> Chat:
        """Turns a group into a supergroup: a new id, new message ids, a service message on either side."""
        if chat.type != "group":
            raise CannotDo("only a basic group becomes a supergroup")
        new = Chat(
            self._supergroup_id(),
            "supergroup",
            chat.title,
            members={user_id: replace(member) for user_id, member in chat.members.items()},
            permissions=dict(chat.permissions),
            available_reactions=chat.available_reactions,
            max_reaction_count=chat.max_reaction_count,
        )
        self.world.chats[new.id] = new
        owner = self.owner(chat)
        self._service(chat, owner, migrate_to_chat_id=new.id)
        chat.migrated_to = new
        self._service(new, owner, migrate_from_chat_id=chat.id)
        return new

    # ------------------------------------------------------------------------------------------------------- test hooks

    def poison(self, body: Json, *, bot: BotAccount | None = None) -> int:
        """Puts raw JSON into the queue, whatever it says and whatever the bot allows; returns its update_id."""
        update_id = (bot or self.bot).queue.push_raw(body)
        self.world.touch()
        return update_id

    def renumber_updates(self, start: int, *, bot: BotAccount | None = None) -> None:
        """What Telegram does after a week without updates."""
        (bot or self.bot).queue.renumber(start)

    def tick(self) -> None:
        """Call after moving an injected clock: what has become due happens, waiters look again."""
        self.world.tell_counts()
        self.world.touch()

    async def wait_for(self, predicate: Callable[[], Any], timeout: float = 5.0) -> Any:  # noqa: ASYNC109 - real time
        """Waits until the predicate holds, looking after each change of state; returns its value. No sleeping."""
        return await self.world.wait_for(predicate, timeout)

    def messages(self, chat: Chat, *, by_bot: bool = False) -> list[Message]:
        """The chat's messages in order, without service messages."""
        return [m for m in chat.messages.values() if not m.service and (m.author_bot_id or not by_bot)]

    def last_message(self, chat: Chat) -> Message:
        return self.messages(chat)[-1]

    def commands_shown(self, user: User, chat: Chat, *, bot: BotAccount | None = None) -> list[Json]:
        """The menu that this person sees in this chat (BotCommandScope, "Determining list of commands")."""
        commands = (bot or self.bot).commands
        member = chat.members.get(user.id)
        scopes = [f"chat_member:{chat.id}:{user.id}"] if chat.type != "private" else []
        if member and member.is_admin:
            scopes.append(f"chat_administrators:{chat.id}")
        scopes.append(f"chat:{chat.id}")
        if chat.type == "private":
            scopes.append("all_private_chats")
        else:
            scopes += ["all_chat_administrators"] if member and member.is_admin else []
            scopes.append("all_group_chats")
        scopes.append("default")
        code = user.language_code[:2]
        for scope in scopes:
            for language in (code, ""):
                if found := commands.get((scope, language)):
                    return found
        return []

    @property
    def limits(self) -> Limits:
        return self.world.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        """Settable at any time; holds for all bots and starts their accounts anew."""
        self.world.limits = limits
        for bot in self.world.bots.values():
            bot.book.limits = limits
