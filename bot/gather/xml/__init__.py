"""Feeds in XML: bytes' text → a tree, strictly where it is well-formed and mended where it isn't; tree → drafts."""
