"""Words in which Telegram finds nothing to link by itself, and addresses as it accepts them."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from bot.text import UNSENDABLE, WORD_JOINER

MAX_URL = 2048

_MENTION = re.compile("@(?=[A-Za-z0-9_])")
_COMMAND = re.compile(r"(?<![\w/<>@])/(?=[A-Za-z0-9_])")
_SCHEME = re.compile(r"(?<=\w):(?=//)")
_DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2})")


def inert(text: str, *, commands: bool) -> str:
    """The same words, in which clients find no mention, address or (``commands``) command to make a link of.

    The bot's server makes links of them in every text, whatever the entities. A word joiner has no width and no break.
    """
    text = _MENTION.sub("@" + WORD_JOINER, text)
    text = _SCHEME.sub(WORD_JOINER + ":", text)
    text = _DOMAIN.sub(WORD_JOINER + ".", text)
    return _COMMAND.sub("/" + WORD_JOINER, text) if commands else text


def linkable(url: str | None) -> str | None:
    """The address as Telegram accepts it in a link or button, or None (td/telegram/LinkManager.cpp, check_link)."""
    if not url:
        return None
    link = re.sub(r"\s", "%20", url.strip())
    try:
        parts = urlsplit(link)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    fine = (
        parts.scheme in ("http", "https")
        and port != 0
        and len(link.encode(errors="replace")) <= MAX_URL
        and not UNSENDABLE.search(link)
        and _reachable_host(host, parts.netloc)
    )
    return link if fine else None


def _reachable_host(host: str, authority: str) -> bool:
    if "[" in authority or "]" in authority:
        try:
            return bool(ipaddress.IPv6Address(host))
        except ValueError:
            return False
    # No user name: it can pass for the host.
    return "." in host.strip(".") and re.fullmatch(r"[\w.-]+", host) is not None and "@" not in authority
