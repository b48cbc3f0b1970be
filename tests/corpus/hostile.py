"""Addresses and bodies that mean harm, each with the clear answers that it may get."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from tests.emulators.feeds import faults
from tests.emulators.feeds.faults import Answer

NO_ADDRESS = "That is not a web address."
ONLY_HTTP = "Only http and https addresses can be read."
NAMED = "An address with a name or password in it can't be used."
PRIVATE = "It leads into a private network, and I don't go there."
UNKNOWN = "The name of the server isn't known."
UNREACHED = "The server can't be reached."
NOWHERE = "It redirects to nowhere."
TOO_OFTEN = "It redirects more than {limit} times."
TOO_LARGE = "It is larger than {limit} bytes."
TOO_SLOW = "It took longer than {seconds} seconds."
DAMAGED = "Its compression is damaged."
UNREADABLE = "It is compressed in a way I can't read ({encoding})."
BROKEN = "The connection broke."
NOT_HTTP = "What the server answers isn't HTTP."
EMPTY = "It is empty."
PAGE = "It is a web page, not a feed."
LOGIN = "It asks for a login."
NO_FEED = "It isn't a feed that I can read."
ENTITIES = "It declares entities of its own, and I don't read those."

HOST = (PRIVATE, NO_ADDRESS)
"""For spellings that one may take for an address or for no address at all."""
NAME = (PRIVATE, NO_ADDRESS, UNKNOWN)
"""For those that one may also take for a name, which nobody knows."""


@dataclass(frozen=True)
class HostileAddress:
    """``{port}`` stands for the port of a server on loopback, which must not hear of it."""

    address: str
    answers: tuple[str, ...]
    """Any of these words."""


def _hosts(answers: tuple[str, ...], *hosts: str) -> tuple[HostileAddress, ...]:
    return tuple(HostileAddress(f"http://{host}:{{port}}/feed", answers) for host in hosts)


def _whole(answers: tuple[str, ...], *addresses: str) -> tuple[HostileAddress, ...]:
    return tuple(HostileAddress(address, answers) for address in addresses)


ADDRESSES: tuple[HostileAddress, ...] = (
    *_hosts(
        (PRIVATE,),
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1",
        "255.255.255.255",
        "localhost", "LOCALHOST", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000::0001]", "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::FFFF:7F00:0001]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::ffff:169.254.169.254]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
        "[2002:a9fe:a9fe::1]",
        "[2001::7f00:1]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[100::1]",
        "[2001:db8::1]",
    ),
    *_hosts(
        NAME,
        "127.0.0.1.", "localhost.", "127.1", "127.0.1", "127.0.0.01", "0", "2130706433", "4294967295",
        "2852039166", "0x7f000001",
        "0x7F.1", "0x7f.0.0.1", "0xA9FEA9FE", "0177.0.0.1", "00000177.0.0.1", "017700000001", "127.0.0.0x1",
        "256.256.256.256",
        "127.0.0.1.0", "999999999999", "-1", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "127.0.0.1%00", "127.0.0.1%20",
        "loc%61lhost",
        "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127．0．0．1", "١٢٧.٠.٠.١", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌocalhost",
        "locаlhost",
        "local\u00adhost",
        "localhost\u200b", "[fe80::1%25eth0]", "[::1%25lo]", "[::1]]", "[127.0.0.1]", "[::ffff:2130706433]",
        "[v1.127]", "a..b",
        "a" * 64 + ".example", "xn--a", "xn--", "*", "_",
    ),
    *_whole(
        (ONLY_HTTP, NO_ADDRESS),
        "ftp://example.org/feed", "file:///etc/passwd", "file://127.0.0.1/etc/passwd",
        "gopher://127.0.0.1:{port}/_GET", "dict://127.0.0.1:{port}/d",
        "ldap://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}/!/", "data:text/xml,<rss/>",
        "javascript:alert(1)", "unix:///run/docker.sock",
        "ws://127.0.0.1:{port}/", "view-source:http://127.0.0.1:{port}/", "feed:http://127.0.0.1:{port}/feed",
        "http:127.0.0.1:{port}/feed",
        "//127.0.0.1:{port}/feed", "http:///feed", "https://", "http://:{port}/feed", "127.0.0.1:{port}/feed", "",
        " ", "/feed", "?feed",
    ),
    *_whole(
        (NAMED, NO_ADDRESS),
        "http://user:secret@example.org/", "http://user@example.org/", "http://:secret@example.org/",
        "http://example.org@127.0.0.1:{port}/feed",
        "http://example.org:80@127.0.0.1:{port}/feed", "http://example.org%40@127.0.0.1:{port}/feed",
        "http://a@b@127.0.0.1:{port}/feed",
    ),
    *_whole(
        (NO_ADDRESS, ONLY_HTTP),
        "http://[::1", "http://example.org:99999/", "http://example.org:-1/", "http://example.org:0/",
        "http://example.org:eighty/",
        "http://example.org/\nHost: evil", "http://example.org/\r\nX: y", "http://example.org/\tx",
        "http://example.org/\x00", "http://exam\nple.org/",
        "http://example.org/" + "a" * 100_000, "http://" + "a." * 2_000 + "example/",
        "http://example.org/\u202efdp.exe", "http://\ud800/",
    ),
    *_whole((PRIVATE, NO_ADDRESS, ONLY_HTTP), "http:\\\\127.0.0.1:{port}\\feed", "http:/127.0.0.1:{port}/feed",
        "http:///127.0.0.1:{port}/feed"),
    *_whole(
        (PRIVATE, NO_ADDRESS, NAMED, UNKNOWN),
        "http://127.0.0.1:{port}\\@example.org/feed", "http://example.org\\@127.0.0.1:{port}/feed",
        "http://127.0.0.1:{port}#@example.org/",
        "http://127.0.0.1:{port}?@example.org/", "http://127.0.0.1:{port};@example.org/",
        "HTTP://127.0.0.1:{port}/feed", "http://127.0.0.1:{port}/../feed",
        "http://127.0.0.1%0d%0aHost:x:{port}/feed", "http://127.0.0.1 :{port}/feed",
    ),
)  # fmt: skip

REDIRECTS: tuple[HostileAddress, ...] = (
    *_hosts(
        (PRIVATE,),
        "127.0.0.2", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "[::1]",
        "[::ffff:127.0.0.2]", "[fd00::1]",
        "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
    ),
    *_hosts(NAME, "2852039166", "0xA9FEA9FE", "169.254.169.254.", "127.0.0.2.", "%31%36%39.254.169.254",
        "１６９.254.169.254"),
    *_whole((PRIVATE,), "//169.254.169.254/latest/meta-data/", "//[::1]:{port}/feed"),
    *_whole((ONLY_HTTP, NOWHERE, NO_ADDRESS), "file:///etc/passwd", "javascript:alert(1)",
        "gopher://169.254.169.254/", "data:,x", "ftp:"),
    *_whole((TOO_OFTEN, ONLY_HTTP, NOWHERE, NO_ADDRESS), "http://", "http:"),
    *_whole((NAMED, NO_ADDRESS), "http://user:secret@169.254.169.254/", "//example.org@169.254.169.254/"),
    *_whole((NOWHERE, NO_ADDRESS), "", "http://[::1", "http://a:99999/", "http://example.org/" + "a" * 5_000),
    *_whole((TOO_OFTEN,), "/hostile", "?again", "#again", "http://127.0.0.1:{port}/hostile"),
)  # fmt: skip
"""What a server that may be asked answers with as its Location."""


@dataclass(frozen=True)
class HostileBody:
    name: str
    answer: Callable[[], Answer]
    answers: tuple[str, ...]
    """Any of these words; or, as a number, so many entries (of a great many, a bounded number will do)."""


RSS = b'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>%s</channel></rss>'
ITEM = b"<item><title>T%s</title><link>https://h.example/1</link>%s</item>"


def _feed(title: bytes = b"", more: bytes = b"") -> bytes:
    return RSS % (ITEM % (title, more))


def _body(data: Callable[[], bytes], content_type: str = "application/rss+xml", **headers: str) -> Callable[[], Answer]:
    return lambda: faults.body(data(), content_type, {name.replace("_", "-"): value for name, value in headers.items()})


def _entity(declaration: str, use: str) -> bytes:
    item = f"<item><title>{use}</title></item>"
    return f'<?xml version="1.0"?><!DOCTYPE rss [{declaration}]><rss><channel>{item}</channel></rss>'.encode()


def _drip() -> Answer:
    """A good feed, a byte at a time, slower than anyone waits."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await response.prepare(request)
        for byte in _feed():
            await response.write(bytes([byte]))
            await asyncio.sleep(0.05)
        return response

    return answer


def _raw(data: bytes) -> Callable[[], Answer]:
    """These bytes in place of an answer of HTTP."""

    def made() -> Answer:
        async def answer(request: web.Request) -> web.StreamResponse:
            assert request.transport is not None
            request.transport.write(data)
            request.transport.close()
            await asyncio.sleep(0.05)
            raise asyncio.CancelledError

        return answer

    return made


def _json_deep() -> bytes:
    return b'{"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": ' + b"[" * 200_000


BODIES: tuple[HostileBody, ...] = (
    HostileBody("entity bomb", faults.entity_bomb, (ENTITIES,)),
    HostileBody(
        "entity bomb of one long entity",
        _body(lambda: _entity(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 50_000)),
        (ENTITIES,),
    ),
    HostileBody(
        "entities in a circle", _body(lambda: _entity('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;")), (ENTITIES,)
    ),
    HostileBody(
        "external entity, a file", _body(lambda: _entity('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;")), (ENTITIES,)
    ),
    HostileBody(
        "external entity, metadata",
        _body(lambda: _entity('<!ENTITY a SYSTEM "http://169.254.169.254/">', "&a;")),
        (ENTITIES,),
    ),
    HostileBody(
        "external entity, public",
        _body(lambda: _entity('<!ENTITY a PUBLIC "x" "file:///etc/passwd">', "&a;")),
        (ENTITIES,),
    ),
    HostileBody(
        "parameter entity", _body(lambda: _entity('<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;', "x")), (ENTITIES,)
    ),
    HostileBody(
        "entities in UTF-16", _body(lambda: _entity('<!ENTITY a "b">', "&a;").decode().encode("utf-16")), (ENTITIES,)
    ),
    HostileBody(
        "entities in UTF-16 without mark",
        _body(lambda: _entity('<!ENTITY a "b">', "&a;").decode().encode("utf-16-be")),
        (ENTITIES,),
    ),
    HostileBody(
        "entities behind a comment",
        _body(lambda: b"<!-- <rss> -->" + _entity('<!ENTITY a "b">', "&a;")[21:]),
        (ENTITIES,),
    ),
    HostileBody(
        "entities behind blank lines", _body(lambda: b"\n\n " + _entity('<!ENTITY a "b">', "&a;")[21:]), (ENTITIES,)
    ),
    HostileBody(
        "external DTD",
        _body(lambda: b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/x.dtd">' + _feed()[21:]),
        ("1", ENTITIES),
    ),
    HostileBody(
        "XInclude of a file",
        _body(
            lambda: _feed(b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>')
        ),
        ("1",),
    ),
    HostileBody(
        "stylesheet of elsewhere",
        _body(lambda: b'<?xml-stylesheet href="http://169.254.169.254/" type="text/xsl"?>' + _feed()[21:]),
        ("1",),
    ),
    HostileBody(
        "attributes bomb",
        _body(lambda: RSS % (b"<item %s><title>T</title></item>" % b" ".join(b'a%d="1"' % n for n in range(60_000)))),
        ("1", NO_FEED),
    ),
    HostileBody(
        "one attribute, many times",
        _body(lambda: RSS % (b"<item %s><title>T</title></item>" % (b'a="1" ' * 60_000))),
        ("1", NO_FEED),
    ),
    HostileBody(
        "namespaces bomb",
        _body(
            lambda: (
                RSS
                % (b"<item %s><title>T</title></item>" % b" ".join(b'xmlns:a%d="u%d"' % (n, n) for n in range(30_000)))
            )
        ),
        ("1", NO_FEED),
    ),
    HostileBody("one huge attribute", _body(lambda: _feed(more=b'<x a="' + b"a" * 900_000 + b'"/>')), ("1", NO_FEED)),
    HostileBody("one huge title", _body(lambda: _feed(b"a" * 900_000)), ("1",)),
    HostileBody(
        "one huge summary", _body(lambda: _feed(more=b"<description>" + b"word " * 180_000 + b"</description>")), ("1",)
    ),
    HostileBody("one huge comment", _body(lambda: _feed(more=b"<!--" + b"-a" * 400_000 + b"-->")), ("1", NO_FEED)),
    HostileBody("one huge name", _body(lambda: _feed(more=b"<" + b"a" * 900_000 + b"/>")), ("1", NO_FEED)),
    HostileBody("deep nesting", _body(lambda: _feed(more=b"<a>" * 100_000 + b"</a>" * 100_000)), ("1", NO_FEED)),
    HostileBody("deep nesting, never closed", _body(lambda: _feed(more=b"<a>" * 200_000)), ("1", "0", NO_FEED)),
    HostileBody(
        "deep nesting of HTML",
        _body(lambda: _feed(more=b"<description><![CDATA[" + b"<div>" * 150_000 + b"]]></description>")),
        ("1",),
    ),
    HostileBody("deep items", _body(lambda: RSS % (b"<item>" * 100_000)), ("0", "1", NO_FEED)),
    HostileBody(
        "many items",
        _body(lambda: RSS % b"".join(b"<item><title>%d</title></item>" % n for n in range(25_000))),
        ("25000", "2000"),
    ),
    HostileBody("many empty items", _body(lambda: RSS % (b"<item/>" * 130_000)), ("0", NO_FEED)),
    HostileBody("many bare ampersands", _body(lambda: _feed(b"&" * 900_000)), ("1",)),
    HostileBody("many bare angles", _body(lambda: _feed(b"<" * 900_000)), ("1", "0", NO_FEED)),
    HostileBody("many openings of CDATA", _body(lambda: _feed(b"<![CDATA[" * 90_000)), ("1", "0", NO_FEED)),
    HostileBody("many openings of comments", _body(lambda: _feed(b"<!--" * 200_000)), ("1", "0", NO_FEED)),
    HostileBody("many declarations", _body(lambda: b"<?xml version='1.0'?>" * 40_000), (NO_FEED,)),
    HostileBody("many doctypes", _body(lambda: b"<!DOCTYPE rss [" * 60_000), (NO_FEED, ENTITIES)),
    HostileBody("many references", _body(lambda: _feed(b"&#x41;" * 150_000)), ("1",)),
    HostileBody("one huge reference", _body(lambda: _feed(b"&#" + b"9" * 900_000 + b";")), ("1",)),
    HostileBody("one huge date", _body(lambda: _feed(more=b"<pubDate>" + b"1 " * 400_000 + b"</pubDate>")), ("1",)),
    HostileBody(
        "one huge link", _body(lambda: _feed(more=b"<guid>https://h.example/" + b"a" * 900_000 + b"</guid>")), ("1",)
    ),
    HostileBody(
        "one huge language",
        _body(lambda: RSS % (b"<language>" + b"e" * 900_000 + b"</language>" + ITEM % (b"", b""))),
        ("1",),
    ),
    HostileBody("only NULs", _body(lambda: b"\0" * 900_000), (EMPTY, NO_FEED)),
    HostileBody("only blanks", _body(lambda: b" \n" * 450_000), (EMPTY,)),
    HostileBody("empty", _body(lambda: b""), (EMPTY,)),
    HostileBody("a mark and nothing", _body(lambda: b"\xef\xbb\xbf"), (EMPTY,)),
    HostileBody("noise", _body(lambda: bytes(n * 7919 % 251 for n in range(300_000))), (NO_FEED, EMPTY)),
    HostileBody(
        "web page",
        _body(lambda: b"<!DOCTYPE html><html><head><title>x</title></head><body><p>Hi</body></html>", "text/html"),
        (PAGE,),
    ),
    HostileBody("web page as a feed", _body(lambda: b"\n<!-- x --><HTML lang=en><BODY>Hi</BODY></HTML>"), (PAGE,)),
    HostileBody("login page", faults.html, (LOGIN,)),
    HostileBody(
        "page that talks of feeds",
        _body(lambda: b"<!doctype html><html><body><pre>&lt;rss&gt;&lt;item&gt;</pre></body></html>"),
        (PAGE,),
    ),
    HostileBody("image", _body(lambda: b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 500, "image/png"), (NO_FEED,)),
    HostileBody(
        "image of vectors",
        _body(lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><title>T</title></svg>', "image/svg+xml"),
        (NO_FEED,),
    ),
    HostileBody(
        "PDF", _body(lambda: b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "application/pdf"), (NO_FEED,)
    ),
    HostileBody(
        "site map",
        _body(lambda: b"<?xml version='1.0'?><urlset><url><loc>https://h.example/</loc></url></urlset>"),
        (NO_FEED,),
    ),
    HostileBody(
        "list of feeds",
        _body(lambda: b"<opml version='2.0'><body><outline text='A' xmlUrl='https://h.example/'/></body></opml>"),
        (NO_FEED,),
    ),
    HostileBody("JSON of something else", _body(lambda: b'{"error": "no"}', "application/json"), (NO_FEED,)),
    HostileBody("JSON of a number", _body(lambda: b"9" * 900_000, "application/json"), (NO_FEED,)),
    HostileBody("deep JSON", _body(_json_deep, "application/feed+json"), (NO_FEED, "0")),
    HostileBody("deep JSON of objects", _body(lambda: b'{"a":' * 150_000, "application/feed+json"), (NO_FEED,)),
    HostileBody(
        "JSON with a huge number",
        _body(
            lambda: (
                b'{"version":"https://jsonfeed.org/version/1.1","title":"F","items":[{"id":'
                + b"9" * 500_000
                + b',"title":"T"}]}'
            )
        ),
        ("1", NO_FEED),
    ),
    HostileBody("50 MB", faults.large, (TOO_LARGE,)),
    HostileBody("endless stream", faults.endless, (TOO_SLOW,)),
    HostileBody("endless fast stream", lambda: faults.large(100_000), (TOO_LARGE,)),
    HostileBody("slow drip", _drip, (TOO_SLOW,)),
    HostileBody("gzip bomb", lambda: faults.gzip_bomb(20), (TOO_LARGE,)),
    HostileBody(
        "deflate bomb", _body(lambda: zlib.compress(b" " * 10_000_000), Content_Encoding="deflate"), (TOO_LARGE,)
    ),
    HostileBody(
        "gzip in gzip",
        _body(lambda: gzip.compress(gzip.compress(b" " * 10_000_000)), Content_Encoding="gzip, gzip"),
        (UNREADABLE,),
    ),
    HostileBody(
        "gzip in gzip, told once",
        _body(lambda: gzip.compress(gzip.compress(_feed())), Content_Encoding="gzip"),
        (NO_FEED,),
    ),
    HostileBody(
        "many members of gzip", _body(lambda: gzip.compress(b"") * 20_000, Content_Encoding="gzip"), (DAMAGED,)
    ),
    HostileBody(
        "gzip, damaged", _body(lambda: gzip.compress(_feed())[:20] + b"\xff" * 200, Content_Encoding="gzip"), (DAMAGED,)
    ),
    HostileBody(
        "gzip, cut off", _body(lambda: gzip.compress(b"\x01")[:12], Content_Encoding="gzip"), (EMPTY, DAMAGED, NO_FEED)
    ),
    HostileBody("gzip that isn't", _body(_feed, Content_Encoding="gzip"), ("1",)),
    HostileBody("an encoding that we didn't ask for", _body(lambda: b"x", Content_Encoding="br"), (UNREADABLE,)),
    HostileBody("an encoding that doesn't exist", _body(lambda: b"x", Content_Encoding="x" * 3000), (UNREADABLE,)),
    HostileBody("a charset that doesn't exist", _body(_feed, "text/xml; charset=" + "x" * 3000), ("1",)),
    HostileBody("a charset that runs code", _body(_feed, "text/xml; charset=zlib"), ("1",)),
    HostileBody("connection reset", faults.reset, (BROKEN, UNREACHED)),
    HostileBody("less than announced", lambda: faults.cut_off(_feed()), (BROKEN,)),
    HostileBody("no HTTP", _raw(b"SSH-2.0-OpenSSH_9.2\r\n"), (NOT_HTTP, BROKEN)),
    HostileBody("endless headers", _raw(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 100_000), (NOT_HTTP, BROKEN)),
    HostileBody(
        "one huge header", _raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"), (NOT_HTTP, BROKEN)
    ),
    HostileBody("a length below nothing", _raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx"), (NOT_HTTP, BROKEN)),
    HostileBody(
        "a chunk larger than all",
        _raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nx"),
        (NOT_HTTP, BROKEN),
    ),
)
