"""The page of the Discord emulator shows what members would see, and its forms do what they would do."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from tests.emulators.discord import DiscordServer
from tests.emulators.discord.markdown import to_html


@pytest.mark.parametrize(
    ("markup", "drawn"),
    [
        (
            r"[A \*claim\*: x\_y](https://a.example/1?x=1&y=2)",
            '<a href="https://a.example/1?x=1&amp;y=2">A *claim*: x_y</a>',
        ),
        ("[a](<https://a.example/_b_/__c__?d=**e**>)", '<a href="https://a.example/_b_/__c__?d=**e**">a</a>'),
        (r"[It\'s [new]](https://a.example/(b)?c&)", '<a href="https://a.example/(b)?c&amp;">It&#x27;s [new]</a>'),
        ("[**bold** link](https://a.example)", '<a href="https://a.example"><b>bold</b> link</a>'),
        ("[no link](javascript:alert(1))", "[no link](javascript:alert(1))"),
        (r"see https\://a.example/b\_c", "see https://a.example/b_c"),
        ("see https://a.example/_b_.", 'see <a href="https://a.example/_b_">https://a.example/_b_</a>.'),
        (r"\<b> <b> &amp;", "&lt;b&gt; &lt;b&gt; &amp;amp;"),
        (r"**bold \*\* still** and *it* and _it_", "<b>bold ** still</b> and <i>it</i> and <i>it</i>"),
        ("snake_case_name", "snake_case_name"),
        (r"`\: *raw*` __u__ ~~s~~ ||x||", r"<code>\: *raw*</code> <u>u</u> <s>s</s> <mark>x</mark>"),
        ("### Head\n-# small\n> quoted", '<h5>Head</h5><div class="note">small</div><blockquote>quoted</blockquote>'),
        ("  - item", '<div style="margin-left:1.0em">• item</div>'),
        (r"\# no head" + "\n" + r"1\. no list", "# no head<br>1. no list"),
        ("<t:1000:R>", '<time datetime="1970-01-01T00:16:40+00:00">1 minute ago</time>'),
        ("<@5> <#6>", '<span class="mention">@ann</span> <span class="mention">@unknown</span>'),
    ],
)
def test_markup_is_drawn_as_members_see_it(markup: str, drawn: str) -> None:
    assert to_html(markup, {"@5": "@ann"}, now=1060) == drawn


async def test_what_a_person_cant_do_is_said_in_a_note_that_survives_the_address() -> None:
    async with DiscordServer(limits={}) as dc, aiohttp.ClientSession() as http:
        guild = await dc.create_guild()
        ann = await dc.add_user("ann", guild=guild)
        news = await dc.create_text(guild, "news")
        await dc.invite_bot(guild)
        said = {"as": ann.id, "content": "/no&where=\"<b>'"}
        async with http.post(f"{dc.page_url}_chat/{news.id}/say", data=said, allow_redirects=False) as answer:
            address = answer.headers["Location"]
        assert parse_qs(urlsplit(address).query)["note"] == ["there is no command /no&where=\"<b>'"]
        async with http.get(dc.page_url.rstrip("/") + address) as page:
            assert "there is no command /no&amp;where=&quot;&lt;b&gt;&#x27;" in await page.text()


async def test_a_channel_is_chosen_by_its_name_and_a_forum_lists_its_posts() -> None:
    async with DiscordServer(limits={}) as dc, aiohttp.ClientSession() as http:
        guild = await dc.create_guild()
        ann = await dc.add_user("ann", guild=guild)
        news, forum = await dc.create_text(guild, "news"), await dc.create_forum(guild, "stories")
        post = await dc.create_thread(ann, forum, "About <alpha>", text="x")
        await dc.invite_bot(guild)
        option = {"type": 7, "name": "channel", "description": "x", "channel_types": [15]}
        body = [{"name": "report", "description": "x", "options": [option]}]
        url = f"{dc.api_url}/applications/{dc.application_id}/commands"
        async with http.put(url, json=body, headers={"Authorization": f"Bot {dc.token}"}) as registered:
            assert registered.status == 200
        said = {"as": ann.id, "content": "/report channel:#stories"}
        (await http.post(f"{dc.page_url}_chat/{news.id}/say", data=said)).close()
        [interaction] = dc.platform.interactions.values()
        assert list(interaction.data["resolved"]["channels"]) == [forum.id]
        async with http.get(f"{dc.page_url}_chat/{forum.id}?as={ann.id}") as page:
            assert re.search(rf'href="/_chat/{post.id}\?as={ann.id}">About &lt;alpha&gt;', await page.text())
