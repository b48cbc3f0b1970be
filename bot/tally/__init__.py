"""Reactions become votes, and every copy of a story shows them."""
