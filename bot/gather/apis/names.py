"""The news APIs by their names: as packs, and as the first part of their sources' addresses."""

from __future__ import annotations

from collections.abc import Mapping

COINSTATS = "coinstats"
CRYPTOPANIC = "cryptopanic"

NAMES: Mapping[str, str] = {COINSTATS: "CoinStats", CRYPTOPANIC: "CryptoPanic"}
"""Their own names, never translated."""
