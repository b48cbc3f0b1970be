"""The languages of the tree, as the product finds them."""

from __future__ import annotations

from bot.i18n import Catalogues
from bot.languages import FIRST

CATALOGUES = Catalogues()
NAMES = CATALOGUES.names
LANGUAGES = tuple(NAMES)
THIRTEEN = FIRST
"""Those that have more than words: samples, packs, topics, concepts. A further one may do without."""
