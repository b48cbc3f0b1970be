"""Which addresses Telegram takes for links, and the words with which it refuses the others."""

import re

from .errors import bad

_SCHEME = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*):(?=//|[^0-9])")
_HOST = re.compile(r"^[^\s/?#@:\[\]<>\"\\^`{|}\x00-\x20]+$")


def link_fault(url: str) -> str | None:
    """Why LinkManager::check_link of Telegram's own library would refuse this address, or None."""
    link = url.strip()
    lowered = link.lower()
    for scheme in ("tg:", "ton:", "tonsite:"):
        if lowered.startswith(scheme):
            rest = link[len(scheme) :].removeprefix("//")
            return None if rest and not rest.startswith(("/", "?")) else "URL host is empty"
    if "://" in link or re.match(r"^(mailto|javascript|tel|data|file):", lowered):
        scheme, _, rest = link.partition(":")
        if scheme.lower() not in ("http", "https"):
            return "Unsupported URL protocol"
        rest = rest.removeprefix("//")
    else:
        rest = link
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    if authority.startswith("["):
        return None if "]" in authority else "Wrong IPv6 address specified in the URL"
    host, _, port = authority.partition(":")
    if port and not (port.isdigit() and 0 < int(port) < 65536):
        return "Wrong port number specified in the URL"
    if not host:
        return "URL host is empty"
    if not _HOST.match(host):
        return "Disallowed character in URL host"
    if "." not in host:
        return "Wrong HTTP URL"
    return None


def tidy(url: str) -> str:
    """The form in which the server gives a link back: with a scheme, and a path after the host."""
    link = url.strip()
    if re.match(r"^(tg|ton|tonsite):", link, re.IGNORECASE):
        return link
    if "://" not in link:
        link = "http://" + link
    scheme, _, rest = link.partition("://")
    match = re.match(r"([^/?#]*)(.*)", rest, re.DOTALL)
    assert match is not None
    host, path = match.group(1), match.group(2)
    return f"{scheme.lower()}://{host}{path if path.startswith('/') else '/' + path}"


def check_link(url: str, subject: str) -> str:
    """The tidied link, or 400 in the words `<subject> URL '…' is invalid: …`."""
    if fault := link_fault(url):
        raise bad(f"{subject} URL '{url}' is invalid: {fault}")
    return tidy(url)


def mentioned_user(url: str) -> int:
    """The user of a tg://user?id=… link, else 0."""
    match = re.match(r"^tg:(?://)?user\?id=(\d+)$", url.strip(), re.IGNORECASE)
    return int(match.group(1)) if match else 0


def check_preview(options: dict[str, object] | None) -> None:
    """400 for a picture or page that no address leads to; the servers behind the Bot API say it, in capitals."""
    url = str((options or {}).get("url") or "")
    if url and not (options or {}).get("is_disabled") and link_fault(url):
        raise bad("WEBPAGE_URL_INVALID")
