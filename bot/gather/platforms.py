"""Where large sites have their feeds, by the address of what somebody looks at there (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_NAME = r"[\w.-]{1,100}"


def platform_feeds(url: str) -> list[str]:
    """The feeds of an address on a site that we know, the one that is most likely meant first; empty elsewhere."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    for ending, rule in _RULES.items():
        if host == ending or (ending.startswith(".") and host.endswith(ending)):
            return rule(parts)
    return _mastodon(parts)


def _youtube(parts: SplitResult) -> list[str]:
    feed = "https://www.youtube.com/feeds/videos.xml"
    playlist = parse_qs(parts.query, max_num_fields=50).get("list", [""])[0]
    if re.fullmatch(r"[\w-]{10,64}", playlist):
        return [f"{feed}?playlist_id={playlist}"]
    if channel := _CHANNEL.match(parts.path):
        return [f"{feed}?channel_id={channel[1]}"]
    if user := re.match(rf"/user/({_NAME})", parts.path):
        return [f"{feed}?user={user[1]}"]
    return []  # a handle: its page tells the number of the channel


def _reddit(parts: SplitResult) -> list[str]:
    path = parts.path.rstrip("/")
    if path.endswith(".rss") or not re.match(r"/(?:r|u|user)/", path):
        return []
    return [f"https://www.reddit.com{path}/.rss"]


_OWN_PAGES = {
    "about",
    "explore",
    "features",
    "login",
    "marketplace",
    "orgs",
    "search",
    "settings",
    "topics",
    "trending",
}


def _github(parts: SplitResult) -> list[str]:
    names = [name for name in parts.path.split("/") if name]
    if not names or names[0] in _OWN_PAGES or parts.path.endswith(".atom"):
        return []
    if len(names) == 1:
        return [f"https://github.com/{names[0]}.atom"]
    project = f"https://github.com/{names[0]}/{names[1].removesuffix('.git')}"
    if names[2:3] == ["commits"] or names[2:3] == ["tree"]:
        branch = "/".join(names[3:])
        return [f"{project}/commits/{branch}.atom" if branch else f"{project}/commits.atom"]
    if names[2:3] in (["releases"], ["tags"]):
        return [f"{project}/{names[2]}.atom"]
    return [f"{project}/releases.atom", f"{project}/commits.atom", f"{project}/tags.atom"] if len(names) == 2 else []


def _gitlab(parts: SplitResult) -> list[str]:
    project = parts.path.partition("/-/")[0].rstrip("/")
    if project.count("/") < 2 or project.endswith(".atom"):
        return []
    root = f"https://{parts.netloc}{project}"
    return [f"{root}/-/releases.atom", f"{root}/-/tags?format=atom", f"{root}.atom"]


def _medium(parts: SplitResult) -> list[str]:
    if (parts.hostname or "").removeprefix("www.") != "medium.com":
        return [f"https://{parts.netloc}/feed"]
    name = parts.path.strip("/").split("/")[0]
    return [f"https://medium.com/feed/{name}"] if name and name not in {"feed", "m", "tag"} else []


def _bluesky(parts: SplitResult) -> list[str]:
    profile = re.match(r"/profile/([\w.:-]{1,253})", parts.path)
    return [f"https://bsky.app/profile/{profile[1]}/rss"] if profile and not parts.path.endswith("/rss") else []


def _tumblr(parts: SplitResult) -> list[str]:
    if (parts.hostname or "").removeprefix("www.") != "tumblr.com":
        return [f"https://{parts.netloc}/rss"]
    name = re.match(r"/(?:blog/(?:view/)?)?([\w-]{1,64})", parts.path)
    return [f"https://{name[1]}.tumblr.com/rss"] if name else []


def _google_news(parts: SplitResult) -> list[str]:
    if parts.path.startswith("/rss"):
        return []
    query = f"?{parts.query}" if parts.query else ""
    return [f"https://news.google.com/rss{parts.path.rstrip('/')}{query}"]


def _fixed(path: str) -> Callable[[SplitResult], list[str]]:
    def rule(parts: SplitResult) -> list[str]:
        # Whoever names something there has looked for it; only the front page stands for the whole site.
        return [f"{parts.scheme}://{parts.netloc}{path}"] if parts.path in {"", "/"} else []

    return rule


def _mastodon(parts: SplitResult) -> list[str]:
    """Anyone's server: what looks like somebody's page there has a feed beside it."""
    if re.fullmatch(r"/@[\w.-]{1,64}", parts.path.rstrip("/")):
        return [f"{parts.scheme}://{parts.netloc}{quote(parts.path.rstrip('/'), safe='/@')}.rss"]
    return []


_RULES: dict[str, Callable[[SplitResult], list[str]]] = {
    "youtube.com": _youtube,
    "m.youtube.com": _youtube,
    "reddit.com": _reddit,
    "old.reddit.com": _reddit,
    "new.reddit.com": _reddit,
    "github.com": _github,
    "gitlab.com": _gitlab,
    "medium.com": _medium,
    ".medium.com": _medium,
    ".substack.com": _fixed("/feed"),
    ".wordpress.com": _fixed("/feed/"),
    ".blogspot.com": _fixed("/feeds/posts/default"),
    "tumblr.com": _tumblr,
    ".tumblr.com": _tumblr,
    "bsky.app": _bluesky,
    "news.google.com": _google_news,
    "news.ycombinator.com": _fixed("/rss"),
    "lobste.rs": _fixed("/rss"),
}
