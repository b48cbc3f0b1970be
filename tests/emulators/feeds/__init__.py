"""A web server of feeds on a loopback socket: validators, edits, delays, and every fault that real servers have."""

from tests.emulators.feeds.server import FeedServer, Page
from tests.emulators.feeds.writing import Item, atom, json_feed, rss

__all__ = ["FeedServer", "Item", "Page", "atom", "json_feed", "rss"]
