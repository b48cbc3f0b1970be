"""The translation services of the tests, asked by a bare client: they refuse what the real ones refuse."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.emulators.translators import ChatModel, DeepL, LibreTranslate, marked


async def post(url: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client, client.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def get(url: str, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
        return answer.status, await answer.json()


def test_every_word_is_marked_and_nothing_else():
    assert marked("Bitcoin rises 5.5%, again", "de") == "Bitcoinᵈᵉ risesᵈᵉ 5.5%, againᵈᵉ"


HELLO = {"q": "Hello!", "source": "en", "target": "es"}


async def test_libretranslate_translates_texts_and_pages():
    async with LibreTranslate() as server:
        assert await post(f"{server.url}/translate", HELLO) == (200, {"translatedText": "Helloᵉˢ!"})
        page = {**HELLO, "q": ['a <span translate="no">BTC</span> &lt; b'], "format": "html"}
        status, said = await post(f"{server.url}/translate", page)
        assert (status, said) == (200, {"translatedText": ['aᵉˢ <span translate="no">BTC</span> < bᵉˢ']})
        status, listed = await get(f"{server.url}/languages")
        assert {"code": "en", "name": "English", "targets": sorted(server.languages)} in listed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"q": ""}, "Invalid request: missing q parameter"),
        ({"target": "hy"}, "hy is not supported"),
        ({"format": "markdown"}, "markdown format is not supported"),
        ({"q": ["a"] * 33}, "Invalid request: request (33) exceeds text limit (32)"),
        ({"q": "a" * 5001}, "Invalid request: request (5001) exceeds text limit (5000)"),
    ],
)
async def test_libretranslate_refuses(change: dict[str, Any], words: str):
    async with LibreTranslate() as server:
        assert await post(f"{server.url}/translate", HELLO | change) == (400, {"error": words})


async def test_libretranslate_wants_its_key():
    async with LibreTranslate(key="k") as server:
        assert (await post(f"{server.url}/translate", HELLO))[0] == 400
        assert await post(f"{server.url}/translate", HELLO | {"api_key": "x"}) == (403, {"error": "Invalid API key"})
        assert (await post(f"{server.url}/translate", HELLO | {"api_key": "k"}))[0] == 200


KEY = {"Authorization": "DeepL-Auth-Key k:fx"}
WORLD = {"text": ["World news"], "target_lang": "DE", "source_lang": "EN"}


async def test_deepl_translates_and_leaves_ignored_tags():
    async with DeepL(key="k:fx") as server:
        status, said = await post(f"{server.url}/v2/translate", WORLD, KEY)
        assert (status, said["translations"][0]["text"]) == (200, "Worldᵈᵉ newsᵈᵉ")
        tagged = {**WORLD, "text": ["a <x>BTC</x> b"], "tag_handling": "xml", "ignore_tags": ["x"]}
        status, said = await post(f"{server.url}/v2/translate", tagged, KEY)
        assert said["translations"][0]["text"] == "aᵈᵉ <x>BTC</x> bᵈᵉ"
        server.garble()
        status, said = await post(f"{server.url}/v2/translate", tagged, KEY)
        assert said["translations"][0]["text"] == "aᵈᵉ  bᵈᵉ"


@pytest.mark.parametrize(
    "change",
    [
        {"text": "not a list"},
        {"text": []},
        {"text": ["a"] * 51},
        {"target_lang": "HY"},
        {"source_lang": "EN-US"},
        {"tag_handling": "markdown"},
        {"text": ["a < b"], "tag_handling": "xml"},
        {"unheard_of": 1},
    ],
)
async def test_deepl_refuses(change: dict[str, Any]):
    async with DeepL(key="k:fx") as server:
        status, said = await post(f"{server.url}/v2/translate", WORLD | change, KEY)
        assert status == 400
        assert said["message"]


async def test_deepl_knows_keys_and_quotas():
    async with DeepL(key="k:fx", characters_left=12) as server:
        assert (await post(f"{server.url}/v2/translate", WORLD))[0] == 403
        assert (await get(f"{server.url}/v2/languages?type=target"))[0] == 403
        assert (await post(f"{server.url}/v2/translate", WORLD, KEY))[0] == 200
        assert await post(f"{server.url}/v2/translate", WORLD, KEY) == (456, {"message": "Quota Exceeded"})
        _, listed = await get(f"{server.url}/v2/languages?type=target", KEY)
        assert {"language": "PT-BR", "name": "Portuguese (Brazilian)", "supports_formality": False} in listed


BEARER = {"Authorization": "Bearer model-key"}
CHAT = {"model": "small-model", "messages": [{"role": "user", "content": '{"target": "fr", "title": "One ⟦BTC⟧"}'}]}


async def test_a_model_answers_in_kind():
    async with ChatModel() as server:
        status, said = await post(f"{server.url}/chat/completions", CHAT, BEARER)
        assert (status, said["choices"][0]["message"]["content"]) == (200, '{"target": "fr", "title": "Oneᶠʳ ⟦BTC⟧"}')
        assert (await post(f"{server.url}/chat/completions", CHAT))[0] == 401
        assert (await post(f"{server.url}/chat/completions", CHAT | {"model": "other"}, BEARER))[0] == 404
        assert (await post(f"{server.url}/chat/completions", CHAT | {"messages": []}, BEARER))[0] == 400


async def test_a_test_orders_what_goes_wrong():
    async with DeepL(key="k:fx") as server:
        server.fail(429, headers={"Retry-After": "30"})
        server.fail(503)
        server.fail(200, body="{not json")
        assert [(await post(f"{server.url}/v2/translate", WORLD, KEY))[0] for _ in range(2)] == [429, 503]
        with pytest.raises(ValueError, match="property name"):
            await post(f"{server.url}/v2/translate", WORLD, KEY)
        assert (await post(f"{server.url}/v2/translate", WORLD, KEY))[0] == 200
        assert server.translations == 1
        assert len(server.requests) == 4
