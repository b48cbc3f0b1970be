"""Damages that only JSON Feed can have."""

from __future__ import annotations

import json
from typing import Any

from tests.corpus.damage import Damage, Shape, Text, names, needs
from tests.corpus.drafts import Draft, Item
from tests.corpus.titles import each

JSON = names("json")


def _items(**values: Any) -> Shape:
    @each
    def shape(draft: Draft, item: Item) -> None:
        item.values |= values

    return shape


def _feed(**values: Any) -> Shape:
    def shape(draft: Draft) -> None:
        draft.values |= values

    return shape


def _without(name: str) -> Shape:
    def shape(draft: Draft) -> None:
        draft.values.pop(name, None)
        for item in draft.items:
            item.values.pop(name, None)

    return shape


def _numbers(draft: Draft) -> None:
    for n, item in enumerate(draft.items):
        item.values["id"] = 1000 + n


def _linked(name: str, link: str) -> Shape:
    def shape(draft: Draft) -> None:
        for n, item in enumerate(draft.items):
            del item.values["url"]
            item.values[name] = link.format(host=draft.host, n=n)

    return shape


def _unlinked(draft: Draft) -> None:
    for item in draft.items:
        item.values["url"] = None
        item.says(url=None)


def _untitled(draft: Draft) -> None:
    draft.values["title"] = 7
    draft.title = None


def _odd_items(draft: Draft, text: str) -> str:
    return text.replace('"items": [', '"items": [null, 7, "word", [], {}, ', 1)


def _trailing_commas(draft: Draft, text: str) -> str:
    return text.replace("\n  }", ",\n  }").replace("\n ]", ",\n ]").replace("}\n]", "},\n]")


def _escaped(draft: Draft, text: str) -> str:
    return json.dumps(json.loads(text))


def _slashes(draft: Draft, text: str) -> str:
    return text.replace("/", "\\/")


def _raw_control(draft: Draft, text: str) -> str:
    return text.replace(': "<p>', ': "\n\t<p>')


def _lone_surrogate(draft: Draft, text: str) -> str:
    return text.replace('"items"', '"x": "\\ud83d", "items"', 1)


def _odd_numbers(draft: Draft, text: str) -> str:
    return text.replace('"items"', '"_a": NaN, "_b": -Infinity, "_c": 1e999, "items"', 1)


def _commented(draft: Draft, text: str) -> str:
    return text.replace("{", "{ /* a note */", 1).replace('"items"', '// more\n "items"', 1)


def _items_first(draft: Draft, text: str) -> str:
    feed = json.loads(text)
    return json.dumps({"items": feed.pop("items")} | feed, ensure_ascii=False)


def _repeated(draft: Draft, text: str) -> str:
    feed = json.loads(text)
    needs(len(feed["items"]) > 1)
    feed["items"].insert(2, feed["items"][1])
    return json.dumps(feed, ensure_ascii=False)


def _pictured(name: str) -> Shape:
    def shape(draft: Draft) -> None:
        for item in draft.items:
            item.values[name] = "/p.png"
            item.says(picture=f"https://{draft.host}/p.png")

    return shape


def _attached(draft: Draft) -> None:
    for item in draft.items:
        item.values["attachments"] = [{"url": "https://w.example/a.png", "mime_type": "image/png"}]
        item.says(picture="https://w.example/a.png")


def _modified_only(draft: Draft) -> None:
    for item in draft.items:
        item.values["date_modified"] = item.values.pop("date_published")


def made(
    name: str, shape: Shape | None = None, text: Text | None = None, *, kind: str = "structure", unsure: str = ""
) -> Damage:
    return Damage(f"json-{name}", kind, shape, text, families=JSON, unsure=unsure)


JSONS = (
    made("ids-as-numbers", _numbers, kind="guid"),
    made("ids-missing", _without("id"), kind="guid"),
    made("ids-empty", _items(id=""), kind="guid"),
    made("ids-as-lists", _items(id=["a"]), kind="guid"),
    made("ids-same-for-all", _items(id="1"), kind="guid", unsure="by the letter one entry; a person sees four"),
    made(
        "version-missing", _without("version"), unsure="not JSON Feed by the letter; its items and title say what it is"
    ),
    made("version-unknown", _feed(version="https://jsonfeed.org/version/2")),
    made("version-with-slash", _feed(version="http://jsonfeed.org/version/1/")),
    made("title-a-number", _untitled),
    made("link-external", _linked("external_url", "https://{host}/news/{n}"), kind="link"),
    made("link-relative", _linked("url", "/news/{n}"), kind="link"),
    made("link-in-blank-space", _linked("url", " https://{host}/news/{n}\n"), kind="link"),
    made("link-external-beside", _items(external_url="https://w.example/talked-about"), kind="link"),
    made("link-null", _unlinked, kind="link"),
    made(
        "types-wrong",
        _items(tags="word", authors={"name": 1}, author="me", attachments={}, image=5, banner_image=[], _x=[[[]]]),
    ),
    made("head-types-wrong", _feed(authors="me", icon=7, hubs={}, next_url=[], expired="no", description=[1])),
    made("nulls", _items(summary=None, image=None, tags=None, language=None, date_modified=None, external_url=None)),
    made("odd-items", text=_odd_items),
    made("items-first", text=_items_first),
    made("entry-repeated", text=_repeated),
    made("trailing-commas", text=_trailing_commas, unsure="no JSON by the letter, plain to a person"),
    made("comments", text=_commented, unsure="no JSON by the letter, plain to a person"),
    made("ascii-only", text=_escaped),
    made("slashes-escaped", text=_slashes),
    made("raw-line-breaks-in-strings", text=_raw_control),
    made("lone-surrogate", text=_lone_surrogate),
    made("odd-numbers", text=_odd_numbers),
    made(
        "date-modified-only", _modified_only, kind="date", unsure="a change isn't a publication, but all that is said"
    ),
    made("picture", _pictured("image"), kind="picture"),
    made("picture-of-the-banner", _pictured("banner_image"), kind="picture"),
    made("picture-attached", _attached, kind="picture"),
)
