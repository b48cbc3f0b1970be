"""What makes an entry the same entry, and two entries the same story: keys for comparison, never shown (pure)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.gather.links import spelled_path
from bot.gather.parsed import Draft

_TRACKING = re.compile(
    r"utm_\w*|mtm_\w*|pk_\w*|wt_mc|wt\.mc_id|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|igshid|mc_cid|mc_eid|_hsenc"
    r"|_hsmi|mkt_tok|ref|ref_src|ref_url|rss|src|cmpid|cmp|ncid|ocid|spm|smid|sr_share|at_medium|at_campaign"
    r"|traffic_source|output|partner|guccounter|ns_\w*|phpsessid|jsessionid|aspsessionid\w*|sess(?:ion)?_?id|oscsid|zenid"
    r"|cftoken",
    re.IGNORECASE,
)
_MAYBE_WAY = {"source", "feed"}
"""Names of what may be the way by which readers come, and may be what they read: a way is one of few words."""
_WAY = re.compile(
    r"(?:rss|atom|feed|xml|google|gnews|twitter|x|facebook|fb|telegram|tg|whatsapp|linkedin|reddit|flipboard|social|share"
    r"|newsletter|e?mail|push|app|ios|android|web|site|mobile|amp|home(?:page)?)(?:\d|[-_.].*)?|.*[-_.](?:rss|feed)|",
    re.IGNORECASE,
)
_MAYBE_SESSION = {"sid", "session", "sess", "cfid"}
"""Names of what may be a visit, and may be a story: that one has a number, or parts."""
_VISIT = re.compile(r"(?=.*[a-z])[\da-z_-]+", re.IGNORECASE)
_VISIT_WITHIN = re.compile(r"(?:;|%3b)(?:jsessionid|phpsessid|sid)=[^/;&?]*", re.IGNORECASE)

_AMP_CACHE = re.compile(
    r"^https?://(?:[\w-]+\.cdn\.ampproject\.org/[cv]|(?:www\.)?google\.[a-z.]{2,6}/amp)/(s/)?(?=[\w-]+\.)",
    re.IGNORECASE,
)
"""Where copies of pages for telephones are kept; the page's own address follows."""

# Redirectors that carry the whole address of the article in theirs: ".../*https://…", "?url=https://…".
_INNER = re.compile(r"(?:\*|[?&](?:url|u|to|link|target|redirect)=)(https?(?::|%3a)(?:/|%2f){2}.+)$", re.IGNORECASE)


def address_key(url: str | None) -> str | None:
    """An address without what changes nothing about where it leads."""
    if not url:
        return None
    url = _AMP_CACHE.sub("https://", url)
    inner = _INNER.search(url)
    if inner is not None:
        url = inner[1] if "://" in inner[1] else _unquoted(inner[1])
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if not host:
        return None
    host = re.sub(r"^(?:www\d?|m|amp|mobile)\.", "", _in_ascii(host))
    place = host if port in {None, 80, 443} else f"{host}:{port}"
    path = re.sub(r"/{2,}", "/", spelled_path(_VISIT_WITHIN.sub("", parts.path)))
    path = re.sub(r"^/amp(?=/[^/])|(?<=[^/])[.-]amp(?=(?:\.html?)?$)", "", path)
    path = re.sub(r"(?:/amp)?/?$|/index\.(?:html?|php)$", "", path)
    query = sorted(
        pair
        for pair in parse_qsl(_VISIT_WITHIN.sub("", parts.query), keep_blank_values=True)
        if not _says_nothing(*pair)
    )
    return f"{place}{path}?{urlencode(query)}" if query else f"{place}{path}"


def _in_ascii(host: str) -> str:
    """A name of another script as DNS has it."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _place(url: str | None) -> str:
    return address_key(url) or url or ""


def _says_nothing(name: str, value: str) -> bool:
    if name.lower() in _MAYBE_WAY:
        return _WAY.fullmatch(value) is not None
    if name.lower() == "amp":
        return value.lower() in {"", "1", "true"}
    if name.lower() in _MAYBE_SESSION:
        return _VISIT.fullmatch(value) is not None
    return _TRACKING.fullmatch(name) is not None


def _unquoted(encoded: str) -> str:
    # A parameter ends where the next begins; inside it that sign would be encoded.
    return parse_qsl(f"u={encoded}", max_num_fields=50)[0][1]


def title_key(title: str) -> str:
    """A title's words alone: case, width, punctuation and accents that keyboards drop make no difference."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    words = re.findall(r"[^\W_]+", folded)
    return " ".join(words) or folded.strip()


def digest(*parts: str) -> str:
    """A hash of some texts, of which each counts by itself."""
    # "surrogatepass" isn't needed: text.py has dropped what can't be encoded, but a guid comes as it is.
    joined = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "replace")).hexdigest()


def content_hash(draft: Draft) -> str:
    """Over what readers see; a changed date alone is no edit, nor is an address that leads where it led."""
    return digest(draft.title, draft.lede, _place(draft.url), draft.picture or "")


def identify(drafts: Sequence[Draft]) -> list[tuple[str, Draft]]:
    """Each entry with its identity, in the feed's order; one that is told twice in the same words comes once.

    Entries that share a guid (or, without one, an address) though they differ are told apart by their words: all of
    them, so that it doesn't depend on which comes first.
    """
    words: dict[str, set[tuple[str, str]]] = defaultdict(set)
    ledes: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for draft in drafts:
        name, said = _named(draft), (draft.title, _place(draft.url))
        words[name].add(said)
        ledes[name, *said].add(draft.lede)
    identified: dict[str, Draft] = {}
    for draft in drafts:
        name, said = _named(draft), (draft.title, _place(draft.url))
        several = len(ledes[name, *said]) > 1
        apart = [*said] if len(words[name]) > 1 or several else []
        apart += [draft.lede] if several else []
        identified.setdefault(digest(name, *apart), draft)
    return list(identified.items())


def _named(draft: Draft) -> str:
    if draft.guid:
        return f"guid {draft.guid}"
    if draft.url:
        return f"url {_place(draft.url)}"
    return f"words {draft.title}\n{draft.lede}"
