from collections.abc import Iterator

from lxml.etree import _Element

class HtmlElement(_Element):
    def get(self, key: str, default: str) -> str: ...
    def iter(self, *tags: str) -> Iterator[HtmlElement]: ...
    def text_content(self) -> str: ...

class HTMLParser:
    def __init__(
        self,
        *,
        encoding: str | None = None,
        no_network: bool = True,
        huge_tree: bool = False,
        remove_comments: bool = False,
        remove_pis: bool = False,
        collect_ids: bool = True,
    ) -> None: ...

def document_fromstring(html: bytes, parser: HTMLParser | None = None) -> HtmlElement: ...
