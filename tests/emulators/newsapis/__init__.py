"""CoinStats' and CryptoPanic's news APIs on a loopback socket, as strict as they are known to be."""

from tests.emulators.newsapis.server import KEY, TOKEN, NewsApis

__all__ = ["KEY", "TOKEN", "NewsApis"]
