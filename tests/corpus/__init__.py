"""Feeds as publishers write and break them, thousands of them, each with what a reader should read in it."""

from tests.corpus.cases import all_cases
from tests.corpus.truth import Case, Entry, Truth

__all__ = ["Case", "Entry", "Truth", "all_cases"]
