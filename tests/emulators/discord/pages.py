"""What members see: channels as HTML in the look of the real client, with forms to act as one of them."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

from . import components_form, markdown
from .people import Impossible
from .state import EPHEMERAL, GUILD_FORUM, LOADING, Channel, Json, Message, User

if TYPE_CHECKING:
    from .server import DiscordServer

STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def add_routes(app: web.Application, server: DiscordServer) -> None:
    page = Pages(server)
    app.router.add_get("/", page.index)
    app.router.add_get("/_chat/{channel_id}", page.chat)
    app.router.add_post("/_chat/{channel_id}/{action}", page.act)
    app.router.add_get("/attachments/{tail:.*}", page.file)


def words(message: Message) -> str:
    """All text that the message shows."""
    parts = [message.content, components_form.texts(message.components)]
    for embed in message.embeds:
        parts += [str(embed.get("title") or ""), str(embed.get("description") or "")]
        parts += [f"{f['name']}\n{f['value']}" for f in embed.get("fields") or []]
        parts += [str((embed.get("footer") or {}).get("text", "")), str((embed.get("author") or {}).get("name", ""))]
    parts += [str(c["label"]) for c in components_form.walk(message.components) if c.get("label")]
    return "\n".join(part for part in parts if part)


class Pages:
    def __init__(self, server: DiscordServer) -> None:
        self.server = server

    @property
    def world(self) -> Any:
        return self.server.platform.world

    # --- requests -----------------------------------------------------------------------------------------------------

    async def index(self, request: web.Request) -> web.Response:
        first = next((c for c in self.world.channels.values() if c.guild is not None), None)
        if first is not None:
            raise web.HTTPFound(f"/_chat/{first.id}")
        return self._page("Discord", "<p>No server yet.</p>", None, None)

    async def chat(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        reader = self._reader(channel, request.query.get("as"))
        note = request.query.get("note")
        return self._page(channel.name or "direct", self._channel_body(channel, reader, note), channel, reader)

    async def file(self, request: web.Request) -> web.Response:
        data = self.world.files.get("/attachments/" + request.match_info["tail"])
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data)

    async def act(self, request: web.Request) -> web.Response:
        channel = self._channel(request)
        form = {key: str(value) for key, value in (await request.post()).items()}
        user = self.world.users[form["as"]]
        note = ""
        try:
            await self._do(request.match_info["action"], user, channel, form)
        except (Impossible, KeyError, ValueError) as error:
            note = str(error)
        query = urlencode({"as": user.id, "note": note} if note else {"as": user.id})
        raise web.HTTPSeeOther(f"/_chat/{channel.id}?{query}")

    async def _do(self, action: str, user: User, channel: Channel, form: dict[str, str]) -> None:
        server = self.server
        if action == "say" and form["content"].startswith("/"):
            name, options = _typed_command(form["content"])
            options = {key: self._channel_named(channel, value) for key, value in options.items()}
            interaction = await server.slash(user, channel, name, options)
            await self._patiently(interaction)
        elif action == "say":
            await server.say(user, channel, form["content"])
        elif action == "react":
            message = server.message(form["message"])
            reaction = message.reactions.get(server.platform.emoji(form["emoji"])[0])
            mine = reaction is not None and user.id in reaction.normal
            await (server.unreact if mine else server.react)(user, message, form["emoji"])
        elif action == "press":
            await self._patiently(await server.press(user, server.message(form["message"]), form["button"]))
        elif action == "select":
            message = server.message(form["message"])
            await self._patiently(await server.select(user, message, form["menu"], [form["value"]]))

    def _channel_named(self, here: Channel, value: Any) -> Any:
        """“#news” as the channel of this server; anything else as it is."""
        if here.guild is None or not isinstance(value, str) or not value.startswith("#"):
            return value
        return next((c for c in here.guild.channels.values() if f"#{c.name}" == value), value)

    async def _patiently(self, interaction: Any) -> None:
        """A person looks for three seconds; then the page shows whatever there is."""
        try:
            await interaction.answer(3.0)
        except TimeoutError:
            return

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _channel(self, request: web.Request) -> Channel:
        channel = self.world.channels.get(request.match_info["channel_id"])
        if channel is None:
            raise web.HTTPNotFound(text="There is no such channel.")
        return channel

    def _people(self, channel: Channel) -> list[User]:
        ids = list(channel.guild.members) if channel.guild else channel.recipients
        return [self.world.users[i] for i in ids if not self.world.users[i].bot]

    def _reader(self, channel: Channel, wanted: str | None) -> User | None:
        people = self._people(channel)
        return next((p for p in people if p.id == wanted), people[0] if people else None)

    def _page(self, title: str, body: str, here: Channel | None, reader: User | None) -> web.Response:
        who = f"?as={reader.id}" if reader else ""
        nav = []
        for guild in self.world.guilds.values():
            nav.append(f"<h2>{html.escape(guild.name)}</h2>")
            for channel in [c for c in guild.channels.values() if not c.is_thread]:
                nav.append(self._link(channel, here, who))
                nav += [self._link(t, here, who) for t in guild.threads() if t.parent is channel]
        direct = [c for c in self.world.channels.values() if c.guild is None]
        nav += ["<h2>Direct messages</h2>" if direct else "", *(self._link(c, here, who) for c in direct)]
        text = (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style>'
            f"<nav>{''.join(nav)}</nav><main>{body}</main></html>"
        )
        return web.Response(text=text, content_type="text/html")

    def _link(self, channel: Channel, here: Channel | None, who: str) -> str:
        kind = " thread" if channel.is_thread else ""
        current = " here" if channel is here else ""
        sign = {5: "📣", 15: "🗂", 1: "@"}.get(channel.type, "🧵" if channel.is_thread else "#")
        name = channel.name or ", ".join(u.name for u in self._people(channel))
        closed = " 🔒" if channel.archived else ""
        return f'<a class="{kind}{current}" href="/_chat/{channel.id}{who}">{sign} {html.escape(name)}{closed}</a>'

    def _channel_body(self, channel: Channel, reader: User | None, note: str | None) -> str:
        parts = [f"<h1># {html.escape(channel.name)} <span class=note>{html.escape(channel.topic or '')}</span></h1>"]
        if channel.type == GUILD_FORUM and channel.guild is not None:
            posts = [t for t in channel.guild.threads() if t.parent is channel]
            who = f"?as={reader.id}" if reader else ""
            parts += [f'<p><a href="/_chat/{t.id}{who}">{html.escape(t.name)}</a></p>' for t in posts] or [
                "<p>No posts.</p>"
            ]
            return "".join(parts)
        shown = list(channel.messages.values())
        answers = [m for i in self.server.platform.interactions.values() for m in i.messages]
        private = [m for m in answers if m.private_to and m.channel is channel and reader and m.private_to == reader.id]
        parts += [self._message(m, reader) for m in sorted([*shown, *private], key=lambda m: int(m.id))]
        failed = [i for i in self.server.platform.interactions.values() if i.user is reader and i.failed]
        if failed and failed[-1].channel is channel:
            parts.append(f"<p class=note>{failed[-1].notice}</p>")
        if note:
            parts.append(f"<p class=note>{html.escape(note)}</p>")
        return "".join(parts) + self._say_form(channel, reader)

    def _say_form(self, channel: Channel, reader: User | None) -> str:
        options = "".join(
            f'<option value="{p.id}"{" selected" if p is reader else ""}>{html.escape(p.name)}</option>'
            for p in self._people(channel)
        )
        return (
            f'<form class="say" method="post" action="/_chat/{channel.id}/say">'
            f'<select name="as" aria-label="as">{options}'
            '</select><input name="content" placeholder="Message, or /command option:value channel:#name"'
            ' autocomplete="off">'
            "<button>Send</button></form>"
        )

    def _message(self, message: Message, reader: User | None) -> str:
        name = html.escape(message.author.global_name or message.author.name)
        when = datetime.fromtimestamp(message.timestamp, UTC).strftime("%d %b %H:%M")
        edited = ' <span class="note">(edited)</span>' if message.edited else ""
        tag = ' <span class="app">APP</span>' if message.author.bot else ""
        if message.flags & LOADING:
            inside = '<p class="note">newsbot is thinking…</p>'
        else:
            inside = f"<div>{self._text(message, message.content)}{edited}</div>" if message.content else edited
        if not message.flags & 4:
            inside += "".join(self._embed(message, e) for e in message.embeds)
        inside += "".join(
            f'<div><a href="{html.escape(a["url"])}">📎 {html.escape(a["filename"])}</a></div>'
            for a in message.attachments
        )
        inside += "".join(self._component(message, c, reader) for c in message.components)
        inside += self._reactions(message, reader)
        if message.thread is not None:
            who = f"?as={reader.id}" if reader else ""
            inside += f'<a href="/_chat/{message.thread.id}{who}">🧵 {html.escape(message.thread.name)}</a>'
        if message.flags & EPHEMERAL:
            inside += '<p class="note">👁 Only you can see this</p>'
        kind = ' class="private"' if message.flags & EPHEMERAL else ""
        return (
            f'<article id="m{message.id}"{kind}><span class="face">{name[:1].upper()}</span><div class="body">'
            f'<div class="who"><b>{name}</b>{tag} <span class="when">{when}</span></div>{inside}</div></article>'
        )

    def _text(self, message: Message, text: str) -> str:
        guild = message.channel.guild
        names = {f"@{u.id}": "@" + u.name for u in self.world.users.values()}
        names |= {f"#{c.id}": "#" + c.name for c in self.world.channels.values()}
        if guild is not None:
            names |= {f"@&{r.id}": "@" + r.name for r in guild.roles.values()}
        return markdown.to_html(text, names, now=self.server.clock())

    def _embed(self, message: Message, embed: Json) -> str:
        colour = f"#{embed.get('color') or 0x1E1F22:06x}"
        parts = []
        if embed.get("author"):
            parts.append(f"<div class=note>{html.escape(embed['author']['name'])}</div>")
        if embed.get("title"):
            title = self._text(message, embed["title"])
            link = embed.get("url")
            parts.append(f'<h3><a href="{html.escape(link)}">{title}</a></h3>' if link else f"<h3>{title}</h3>")
        if embed.get("description"):
            parts.append(f"<div>{self._text(message, embed['description'])}</div>")
        if embed.get("fields"):
            fields = "".join(
                f'<div class="{"" if f.get("inline") else "wide"}"><b>{self._text(message, f["name"])}</b>'
                f"<br>{self._text(message, f['value'])}</div>"
                for f in embed["fields"]
            )
            parts.append(f'<div class="fields">{fields}</div>')
        for picture in ("image", "thumbnail"):
            if embed.get(picture):
                parts.append(f'<img alt="" src="{html.escape(embed[picture]["url"])}">')
        if embed.get("footer"):
            parts.append(f"<div class=note>{html.escape(embed['footer']['text'])}</div>")
        return f'<div class="embed" style="border-color:{colour}">{"".join(parts)}</div>'

    def _component(self, message: Message, component: Json, reader: User | None) -> str:
        kind = component["type"]
        inside = "".join(self._component(message, c, reader) for c in component.get("components") or [])
        if kind == components_form.ROW:
            return f'<div class="row">{inside}</div>'
        if kind == components_form.BUTTON:
            return self._button(message, component, reader)
        if kind in components_form.SELECTS:
            return self._select(message, component, reader)
        if kind == components_form.TEXT_DISPLAY:
            return f"<div>{self._text(message, component['content'])}</div>"
        if kind == components_form.SECTION:
            aside = self._component(message, component["accessory"], reader)
            return f'<div class="section"><div>{inside}</div><div>{aside}</div></div>'
        if kind == components_form.THUMBNAIL:
            return f'<img alt="" width="80" src="{html.escape(component["media"]["url"])}">'
        if kind == components_form.GALLERY:
            pictures = (
                f'<img alt="{html.escape(str(i.get("description") or ""))}" src="{html.escape(i["media"]["url"])}">'
                for i in component["items"]
            )
            return f'<div class="gallery">{"".join(pictures)}</div>'
        if kind == components_form.SEPARATOR:
            return "<hr>" if component.get("divider", True) else "<br>"
        if kind == components_form.CONTAINER:
            colour = f"#{component.get('accent_color') or 0x1E1F22:06x}"
            return f'<div class="container" style="border-color:{colour}">{inside}</div>'
        return f"<div>📎 {html.escape(str((component.get('file') or {}).get('url', '')))}</div>"

    def _button(self, message: Message, button: Json, reader: User | None) -> str:
        emoji = html.escape(str((button.get("emoji") or {}).get("name") or ""))
        label = f"{emoji} {html.escape(str(button.get('label') or ''))}".strip()
        if button.get("style") == components_form.LINK:
            return f'<a class="link" href="{html.escape(button["url"])}">{label} ↗</a>'
        off = " disabled" if button.get("disabled") else ""
        fields = {"message": message.id, "button": button.get("custom_id", "")}
        return self._form(message, "press", reader, fields, f'<button class="s{button["style"]}"{off}>{label}</button>')

    def _select(self, message: Message, select: Json, reader: User | None) -> str:
        options = "".join(
            f'<option value="{html.escape(o["value"])}">{html.escape(o["label"])}</option>'
            for o in select.get("options") or []
        )
        inner = f'<select name="value">{options}</select><button>Choose</button>'
        return self._form(message, "select", reader, {"message": message.id, "menu": select["custom_id"]}, inner)

    def _reactions(self, message: Message, reader: User | None) -> str:
        buttons = []
        for reaction in message.reactions.values():
            name = reaction.emoji["name"]
            text = f"{name}:{reaction.emoji['id']}" if reaction.emoji["id"] else name
            count = len(reaction.normal) + len(reaction.burst)
            kind = ' class="burst"' if reaction.burst else ""
            inner = f"<button{kind}>{html.escape(name)} {count}</button>"
            buttons.append(self._form(message, "react", reader, {"message": message.id, "emoji": text}, inner))
        add = '<input name="emoji" size="3" aria-label="reaction" placeholder="＋">'
        buttons.append(self._form(message, "react", reader, {"message": message.id}, add))
        return f'<div class="reactions">{"".join(buttons)}</div>'

    def _form(self, message: Message, action: str, reader: User | None, fields: Json, inner: str) -> str:
        if reader is None:
            return inner
        hidden = "".join(
            f'<input type="hidden" name="{k}" value="{html.escape(str(v))}">'
            for k, v in {"as": reader.id, **fields}.items()
        )
        return f'<form method="post" action="/_chat/{message.channel.id}/{action}">{hidden}{inner}</form>'


def _typed_command(text: str) -> tuple[str, dict[str, Any]]:
    """“/source add url:https://… limit:3” → name and options; numbers and true/false as such."""
    head = re.split(r"\s+(?=\w+:)", text.strip(), maxsplit=1)
    options: dict[str, Any] = {}
    for part in re.split(r"\s+(?=[\w-]+:)", head[1]) if len(head) > 1 else []:
        name, _, value = part.partition(":")
        try:
            options[name] = json.loads(value)
        except ValueError:
            options[name] = value
    return head[0].removeprefix("/"), options
