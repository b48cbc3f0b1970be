"""The chats as their members see them, in a browser, with small forms to write, react and press as one of them."""

from __future__ import annotations

import html
import time
from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from . import reactions
from .errors import ApiError
from .model import Chat, Json, Message, User
from .people import CannotDo

if TYPE_CHECKING:
    from .server import TelegramServer

PRESS_SECONDS = 8.0
_TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
    "hashtag": "em",
    "cashtag": "em",
    "mention": "em",
    "bot_command": "em",
    "custom_emoji": "span",
}
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2a7fd4; }
* { box-sizing: border-box }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1rem }
a { color: var(--accent) } h1 { font-size: 1.3rem } nav { margin-bottom: 1rem }
.chats a { display: block; padding: .6rem .8rem; border: 1px solid var(--line); border-radius: .6rem;
  margin: .4rem 0; text-decoration: none; color: inherit }
.kind, .meta { color: #888; font-size: .82rem }
.message { border: 1px solid var(--line); border-radius: .8rem; padding: .6rem .8rem; margin: .6rem 0;
  overflow-wrap: anywhere }
.message.bot { background: var(--soft) } .message img { max-width: 100%; border-radius: .5rem; display: block }
.text { white-space: pre-wrap } .service { text-align: center; color: #888; font-size: .85rem; margin: .4rem }
blockquote { margin: .3rem 0; padding-left: .6rem; border-left: 3px solid var(--accent) }
.spoiler { background: #888; color: transparent } .spoiler:hover { color: inherit; background: var(--soft) }
.row { display: flex; gap: .3rem; margin-top: .3rem } .row > * { flex: 1 }
button, select, input { font: inherit; padding: .35rem .6rem; border-radius: .5rem;
  border: 1px solid var(--line) }
button.success { border-color: #2e9e4f } button.danger { border-color: #d0453a }
button.primary { border-color: #2a7fd4 }
.chip { display: inline-block; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem;
  margin: .3rem .2rem 0 0 }
form.inline { display: inline } .say { display: flex; gap: .4rem; flex-wrap: wrap; margin-top: 1rem }
.say input[name=text] { flex: 1; min-width: 12rem } .toast { border: 2px solid var(--accent); padding: .6rem;
  border-radius: .6rem; margin: .6rem 0 } details { display: inline-block }
"""


def page(title: str, body: str) -> web.Response:
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
    return web.Response(text=text, content_type="text/html")


def rendered(text: str, entities: list[Json]) -> str:
    """The text with its entities as HTML; entities nest, so opening and closing in order is enough."""
    units = text.encode("utf-16-le")
    opens: dict[int, list[Json]] = defaultdict(list)
    closes: dict[int, list[Json]] = defaultdict(list)
    for entity in sorted(entities, key=lambda e: (e["offset"], -e["length"])):
        opens[entity["offset"]].append(entity)
        closes[entity["offset"] + entity["length"]].insert(0, entity)
    cuts = sorted({0, len(units) // 2, *opens, *closes})
    out: list[str] = []
    for begin, end in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        out += [_tag(entity, text)[1] for entity in closes[begin]]
        out += [_tag(entity, text)[0] for entity in opens[begin]]
        out.append(html.escape(units[2 * begin : 2 * end].decode("utf-16-le")))
    return "".join(out)


def _anchor(url: str) -> str:
    return f'<a href="{html.escape(url)}" rel="noreferrer">'


def _tag(entity: Json, text: str) -> tuple[str, str]:
    match entity["type"]:
        case "text_link":
            return _anchor(entity["url"]), "</a>"
        case "url":
            units = text.encode("utf-16-le")
            shown = units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
            return _anchor(shown), "</a>"
        case "spoiler":
            return '<span class="spoiler">', "</span>"
        case "date_time":
            when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(entity["unix_time"]))
            date_format = html.escape(entity.get("date_time_format", ""))
            return f'<time title="{when} · format {date_format}">', "</time>"
    tag = _TAGS.get(entity["type"], "span")
    return f"<{tag}>", f"</{tag}>"


class _View:
    """One chat seen by one person."""

    def __init__(self, tg: TelegramServer, chat: Chat, viewer: User | None) -> None:
        self.tg, self.chat, self.viewer = tg, chat, viewer

    def hidden(self, **more: object) -> str:
        fields = {"user": self.viewer.id if self.viewer else "", "bot": self.chat.bot_id} | more
        return "".join(f'<input type="hidden" name="{k}" value="{html.escape(str(v))}">' for k, v in fields.items())

    def form(self, action: str, inside: str, css: str = "inline") -> str:
        return f'<form class="{css}" method="post" action="/_chat/{self.chat.id}/{action}">{inside}</form>'

    def author(self, it: Message) -> str:
        if it.is_automatic_forward or it.sender_chat:
            return (it.sender_chat or it.chat).title
        return it.sender.first_name if it.sender else "Somebody"

    def message(self, it: Message) -> str:
        if it.service:
            name, value = next(iter(it.service.items()))
            detail = value.get("name", "") if isinstance(value, dict) else value if isinstance(value, int) else ""
            said = f"{name.replace('_', ' ')} {detail}"
            return f'<p class="service">{html.escape(said)}</p>'
        topic = self.chat.topics.get(it.thread_id or 0)
        meta = [f"#{it.id}", time.strftime("%d %b %H:%M", time.gmtime(it.date))]
        meta += [f"in {topic.name}"] if topic else []
        meta += [f"answers #{it.reply_to}"] if it.reply_to else []
        meta += ["edited"] if it.edit_date else []
        meta += ["forwarded from the channel"] if it.is_automatic_forward else []
        picture = f'<img alt="" src="/_picture/{it.picture.unique_id}">' if it.picture else ""
        words = f'<div class="text">{rendered(it.text, it.entities)}</div>' if it.text else ""
        if it.document:
            picture = f'<p class="file">{html.escape(it.document.name)} ({len(it.document.data)} B)</p>'
        content = words + picture if it.show_caption_above_media else picture + words
        css = "message bot" if it.author_bot_id else "message"
        return (
            f'<article class="{css}" id="m{it.id}">'
            f'<strong>{html.escape(self.author(it))}</strong> <span class="meta">{html.escape(" · ".join(meta))}</span>'
            f"{content}{self.reactions(it)}{self.keyboard(it)}</article>"
        )

    def keyboard(self, it: Message) -> str:
        rows = []
        for row in (it.keyboard or {}).get("inline_keyboard", []):
            cells = []
            for button in row:
                label = html.escape(button["text"])
                if "url" in button:
                    cells.append(f"{_anchor(button['url'])}<button>{label}</button></a>")
                elif "callback_data" in button:
                    css = html.escape(button.get("style", ""))
                    fields = self.hidden(message_id=it.id, button=button["callback_data"])
                    cells.append(self.form("press", f'{fields}<button class="{css}">{label}</button>', "cell"))
                else:
                    cells.append(f"<button disabled>{label}</button>")
            rows.append('<div class="row">' + "".join(cells) + "</div>")
        return "".join(rows)

    def reactions(self, it: Message) -> str:
        chips = []
        for count in reactions.totals(it):
            kind, total = count["type"], count["total_count"]
            shown = kind.get("emoji") or ("⭐" if kind["type"] == "paid" else "custom")
            chips.append(f'<span class="chip">{html.escape(shown)} {total}</span>')
        if not self.viewer:
            return "".join(chips)
        allowed = self.chat.available_reactions
        usable = reactions.EMOJI if allowed is None else [k["emoji"] for k in allowed if k["type"] == "emoji"]
        choices = "".join(f"<option>{kind}</option>" for kind in usable)
        inside = (
            self.hidden(message_id=it.id) + '<select name="reaction" aria-label="reaction">'
            f'<option value="">none</option>{choices}</select> <button>react</button>'
        )
        summary = '<summary class="chip">＋</summary>'
        picker = f"<details>{summary}{self.form('react', inside)}</details>" if usable else ""
        return f"<div>{''.join(chips)}{picker}</div>"

    def say_form(self) -> str:
        if not self.viewer:
            return ""
        topics = "".join(
            f'<option value="{t.id}">{html.escape(t.name)}</option>' for t in self.chat.topics.values() if not t.deleted
        )
        thread = f'<select name="thread"><option value="">General</option>{topics}</select>' if topics else ""
        inside = (
            f'{self.hidden()}{thread}<input name="text" placeholder="Message as {html.escape(self.viewer.first_name)}" '
            'autocomplete="off" autofocus><input name="reply_to" placeholder="answers #" size="7"><button>Send</button>'
        )
        return self.form("say", inside, "say")


def _people(chat: Chat) -> list[User]:
    if chat.peer:
        return [chat.peer]
    return [m.user for m in chat.members.values() if m.is_present and not m.user.is_bot]


def _viewers(chat: Chat, viewer: User | None) -> str:
    links = []
    for user in _people(chat):
        name = html.escape(user.first_name)
        query = f"as={user.id}&bot={chat.bot_id}"
        links.append(f"<b>{name}</b>" if user is viewer else f'<a href="/_chat/{chat.id}?{query}">{name}</a>')
    return f"<p>You are {' · '.join(links)}</p>" if links else ""


def add_routes(app: web.Application, tg: TelegramServer) -> None:
    def chat_of(request: web.Request, bot_id: str) -> Chat:
        chat_id = int(request.match_info["chat"])
        chat = tg.world.chats.get(chat_id)
        if chat is None:
            chat = tg.world.private.get((int(bot_id or 0) or tg.bot.id, chat_id))
        if chat is None:
            raise web.HTTPNotFound(text="no such chat")
        return chat

    async def index(_: web.Request) -> web.Response:
        links = [
            f'<a href="/_chat/{chat.id}?bot={chat.bot_id}"><strong>{html.escape(chat.name)}</strong> '
            f'<span class="kind">{"forum" if chat.is_forum else chat.type} · '
            f"{len(tg.messages(chat))} messages</span></a>"
            for chat in tg.world.all_chats()
        ]
        body = (
            f'<h1>Emulated Telegram</h1><p class="meta">token <code>{tg.token}</code> · base_url '
            f'<code>{tg.base_url}</code></p><div class="chats">{"".join(links) or "No chats yet."}</div>'
        )
        return page("Emulated Telegram", body)

    async def show(request: web.Request) -> web.Response:
        chat = chat_of(request, request.query.get("bot", ""))
        people = _people(chat)
        wanted = request.query.get("as", "")
        viewer = next((u for u in people if str(u.id) == wanted), people[0] if people else None)
        view = _View(tg, chat, viewer)
        toast = request.query.get("toast", "")
        saw = f'<p class="toast" role="status">{html.escape(toast)}</p>' if toast else ""
        shown = "".join(view.message(it) for it in chat.messages.values()) or '<p class="service">Nothing yet.</p>'
        body = (
            f'<nav><a href="/">← chats</a></nav><h1>{html.escape(chat.name)}</h1>{_viewers(chat, viewer)}'
            f"<main>{shown}</main>{saw}{view.say_form()}"
        )
        return page(chat.name, body)

    async def act(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        chat = chat_of(request, form.get("bot", ""))
        user = tg.world.users[int(form["user"])]
        try:
            toast = await _do(tg, request.match_info["action"], chat, user, form)
        except (CannotDo, ApiError, KeyError) as error:
            toast = f"Not possible: {error}"
        query = {"as": str(user.id), "bot": str(chat.bot_id)} | ({"toast": toast} if toast else {})
        raise web.HTTPSeeOther(f"/_chat/{chat.id}?{urlencode(query)}")

    async def picture(request: web.Request) -> web.Response:
        found = tg.world.files.by_unique(request.match_info["unique"])
        if found is None:
            raise web.HTTPNotFound
        return web.Response(body=found.data, content_type=found.mime)

    app.router.add_get("/", index)
    app.router.add_get("/_chat/{chat:-?[0-9]+}", show)
    app.router.add_post("/_chat/{chat:-?[0-9]+}/{action:say|react|press}", act)
    app.router.add_get("/_picture/{unique}", picture)


async def _do(tg: TelegramServer, action: str, chat: Chat, user: User, form: dict[str, str]) -> str:
    """Carries one form out; returns what the person is told."""
    match action:
        case "say":
            thread, reply_to = form.get("thread"), form.get("reply_to", "").strip("# ")
            tg.say(
                user,
                chat,
                form["text"],
                thread=int(thread) if thread else None,
                reply_to=int(reply_to) if reply_to else None,
            )
        case "react":
            kinds = [form["reaction"]] if form.get("reaction") else []
            tg.react(user, chat, int(form["message_id"]), kinds)
        case "press":
            try:
                press = await tg.press(user, chat, int(form["message_id"]), form["button"], timeout=PRESS_SECONDS)
            except TimeoutError:
                return "The bot did not answer."
            return press.text
    return ""
