"""Well-formed XML → a tree, by lxml with all that reaches outside or multiplies switched off (pure)."""

from __future__ import annotations

from lxml import etree

from bot.gather.xml.node import ITEMS, MAX_NODES, Names, Node, attribute_name

MAX_ATTRIBUTES = 200
"""An element with more is read as if it had none."""


def read_strict(markup: str, max_items: int) -> Node | None:
    """The root element with at most so many items; None when this isn't well-formed. Needs text without a DTD."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,  # bounds depth and lengths
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(markup.encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    return _Conversion(root, max_items).node(root)


class _Conversion:
    def __init__(self, root: etree._Element, max_items: int) -> None:
        self._spelt = Names(etree.QName(root).namespace)
        self._names: dict[str, str] = {}
        self._items_left = max_items
        self._nodes_left = MAX_NODES

    def node(self, element: etree._Element) -> Node:
        # The parser lets nothing in that is deeper than 256.
        node = Node(self._name(element), _attributes(element))
        if element.text:
            node.parts.append(element.text)
        for child in element:
            if self._wanted(child):
                node.parts.append(self.node(child))
            if child.tail:
                node.parts.append(child.tail)
        return node

    def _wanted(self, element: etree._Element) -> bool:
        if not isinstance(element.tag, str) or self._nodes_left <= 0:
            return False
        self._nodes_left -= 1
        if self._name(element) in ITEMS:
            self._items_left -= 1
            return self._items_left >= 0
        return True

    def _name(self, element: etree._Element) -> str:
        tag = str(element.tag)
        known = self._names.get(tag)
        if known is None:
            uri, _, local = tag.rpartition("}")
            known = self._names[tag] = self._spelt.of(uri[1:], element.prefix, local)
        return known


def _attributes(element: etree._Element) -> dict[str, str]:
    # Counted first: to list them, lxml counts its way to each one from the first.
    if len(element.attrib) > MAX_ATTRIBUTES:
        return {}
    return {attribute_name(key): value for key, value in element.items()}
