"""The exemption from the guard lasts as long as the operator's configuration names the source."""

from __future__ import annotations

from pathlib import Path

from tests.emulators.feeds import FeedServer, rss
from tests.product import EVERY_SECOND, Product, chat_table, items, running


def problems(product: Product) -> dict[str, bool]:
    """Whether something is wrong with each source, by address."""
    return {url: problem is not None for url, problem in product.rows("SELECT url, problem FROM source")}


async def test_a_private_feed_that_the_config_names_no_longer_is_not_asked_any_more(
    tmp_path: Path, server: FeedServer
) -> None:
    kept, dropped = server.url("/kept"), server.url("/dropped")
    for path in ("/kept", "/dropped"):
        server.put(path, rss(items(f"News of {path}")))
    keeping, dropping = chat_table("web", "en", "en", kept), chat_table("web", "fr", "fr", dropped)
    async with running(tmp_path, EVERY_SECOND + keeping + dropping) as product:
        await product.until(lambda: server.count("/kept") and server.count("/dropped"))
    before = server.count("/dropped")
    async with running(tmp_path, EVERY_SECOND + keeping) as product:
        asked = server.count("/kept")
        await product.until(lambda: server.count("/kept") > asked + 1)
        assert problems(product) == {kept: False, dropped: True}
        assert server.count("/dropped") == before
        assert product.rows("SELECT COUNT(*) FROM subscription") == [(2,)]
    async with running(tmp_path, EVERY_SECOND + keeping + dropping) as product:
        await product.until(lambda: server.count("/dropped") > before)
        await product.until(lambda: problems(product) == {kept: False, dropped: False})
