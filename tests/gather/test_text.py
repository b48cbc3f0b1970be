"""Text from feeds → plain text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gather.text import MAX_LEDE, cut, fold, lede_text, plain_text, title_text


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom & Jerry", "Tom & Jerry"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("&lt;b&gt; is a tag", "<b> is a tag"),
        ("<b>Bold</b> news", "Bold news"),
        ("<a href='x'>Link</a>ed", "Linked"),
        ("<p>One</p>", "One"),
        ("<div><p>One</p></div>", "One"),
        ("Line<br/>break", "Line break"),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("<h1>One</h1><div>Two</div>", "One Two"),
        ("hyper<wbr>link", "hyperlink"),
        ('Clip <iframe src="https://a.example/x" width=1></iframe>of the day', "Clip of the day"),
        ('<svg viewBox="0 0 1 1"><path d="M0 0"/><title>icon</title></svg> Up', "Up"),
        ('<svg class="up"/> Up', "Up"),
        ('Up <iframe src="x">', "Up"),
        ("Why <iframe> is back", "Why <iframe> is back"),
        ('<object data="x"><p>No plug-in</p></object> Up', "Up"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("List<String> in Java", "List<String> in Java"),
        ("Why <table> is back", "Why <table> is back"),
        ("Hello <script>alert(1)</script>world", "Hello world"),
        ("It&#8217;s here", "It’s here"),
        ("It&rsquo;s here", "It’s here"),
        ("Caf&eacute;", "Café"),
        ("  a \n\t b\u00a0c  ", "a b c"),
        ("left\u202eright\u2066x", "leftrightx"),
        ("zero\u200bwidth\x07", "zerowidth"),
        ("cafe\u0301", "café"),
        ("👩\u200d🚀 lands", "👩\u200d🚀 lands"),
        ("half\ud83d", "half"),
    ],
)
def test_a_title_is_text(markup: str, title: str) -> None:
    assert title_text(markup, is_html=True) == title


@pytest.mark.parametrize("piece", ["<svg>", "<iframe ", "<svg></svg", "<math></svg>", "<object a"])
def test_a_title_of_tags_that_are_not_closed_takes_no_time(piece: str) -> None:
    before = time.process_time()
    title_text(piece * 10_000, is_html=True)
    assert time.process_time() - before < 1


def test_a_plain_title_stays_as_it_is() -> None:
    assert title_text("<b> &amp; co", is_html=False) == "<b> &amp; co"


def test_a_title_is_bounded() -> None:
    title = title_text("word " * 1000, is_html=True)
    assert len(title) <= 500
    assert title.endswith("word…")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One.</p><p>Two.</p>", "One. Two."),
        ("a<br>b", "a b"),
        ("in<b>si</b>de", "inside"),
        ("<style>p{}</style>text<script>x</script>", "text"),
        ("<!-- hidden -->shown", "shown"),
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("&lt;p&gt;twice&lt;/p&gt; &lt;p&gt;escaped&lt;/p&gt;", "twice escaped"),
        ("", ""),
        ("<img src=x onerror=alert(1)>", ""),
    ],
)
def test_html_becomes_plain_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    "tail",
    [
        "The post Bitcoin rises appeared first on Coin News.",
        "The post Bitcoin rises first appeared on Coin News.",
        "Der Beitrag Bitcoin steigt erschien zuerst auf Münzblatt.",
        "L’article Le bitcoin monte est apparu en premier sur Journal.",
        "La entrada Sube el bitcoin se publicó primero en Diario.",
        "L'articolo Sale il bitcoin proviene da Giornale.",
        "Het bericht Bitcoin stijgt verscheen eerst op Krant.",
        "O post Bitcoin sobe apareceu primeiro em Jornal.",
        "Сообщение Биткоин растёт появились сначала на Газета.",
        "Գրառումը Բիթքոյնը թանկանում է առաջին անգամ հայտնվել է Թերթում։",
        "Bitcoin yükseliyor yazısı ilk önce Gazete üzerinde ortaya çıktı.",
        "投稿 ビットコイン上昇 は 新聞 に最初に表示されました。",
        "비트코인 상승 게시물이 신문 에 처음 등장했습니다.",
        "Continue reading…",
        "Read more",
        "Weiterlesen",
    ],
)
def test_the_note_that_blogs_append_is_dropped(tail: str) -> None:
    assert lede_text(f"The price went up by a tenth today. {tail}") == "The price went up by a tenth today."


@pytest.mark.parametrize("text", ["It is a long day. The post office was closed.", "Read more books this year"])
def test_a_sentence_that_only_begins_like_such_a_note_stays(text: str) -> None:
    assert lede_text(text) == text


def test_a_lede_ends_with_a_sentence_where_it_can() -> None:
    assert lede_text("One sentence here. " * 100).endswith("here.")
    assert len(lede_text("文章很长。" * 300)) <= MAX_LEDE
    assert lede_text("文章很长。" * 300).endswith("。")
    assert lede_text("word " * 400).endswith("word…")


@given(st.text(max_size=3000))
def test_no_text_is_too_odd(text: str) -> None:
    for made in (title_text(text, is_html=True), plain_text(text), lede_text(fold(text))):
        assert made == fold(made)
        made.encode()
    assert len(lede_text(fold(text))) <= MAX_LEDE
    assert len(cut(text, 10)) <= 10
