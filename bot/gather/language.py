"""The language of a text: a feed's own word, else the script, else statistics, else `und` (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

UNDETERMINED = "und"

_SUBTAG = re.compile(r"[a-z]{2,3}", re.ASCII)

# What feeds write instead of ISO 639-1: three letters, the country, or the name.
_MEANT = {
    "eng": "en", "deu": "de", "ger": "de", "kor": "ko", "kr": "ko", "jpn": "ja", "jp": "ja", "zho": "zh", "chi": "zh",
    "cn": "zh", "spa": "es", "fra": "fr", "fre": "fr", "hye": "hy", "arm": "hy", "nld": "nl", "dut": "nl", "rus": "ru",
    "ita": "it", "por": "pt", "tur": "tr", "english": "en", "deutsch": "de", "german": "de", "french": "fr",
    "spanish": "es", "russian": "ru", "italian": "it", "portuguese": "pt", "turkish": "tr", "japanese": "ja",
    "korean": "ko", "chinese": "zh", "armenian": "hy", "dutch": "nl", "iw": "he", "in": "id", "und": "", "mul": "",
    "zxx": "", "mis": "",
}  # fmt: skip


def declared_language(word: str | None) -> str | None:
    """The primary subtag of what a feed says its language is, or None when that says nothing."""
    primary = re.split(r"[-_,;\s]", (word or "").strip().lower(), maxsplit=1)[0]
    if primary in _MEANT:
        return _MEANT[primary] or None
    return primary if _SUBTAG.fullmatch(primary) else None


def detect(text: str) -> tuple[str, float]:
    """The most likely language and how sure that is, from 0 to 1."""
    text = text[:1000]
    scripts = _scripts(text)
    if not scripts:
        return UNDETERMINED, 0.0
    main = max(scripts, key=lambda name: scripts[name])
    if main in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[main], 1.0
    if main in {"kana", "han"}:
        # Japanese mixes Chinese characters with kana, and a headline may have few of these; Chinese has none.
        if scripts.get("kana", 0) >= max(1, scripts.get("han", 0) // 20):
            return "ja", 1.0
        return _likeliest(text, ("zh", "ja"))
    if main == "cyrillic":
        return _likeliest(text, _CYRILLIC)
    return _likeliest(text, _LATIN) if main == "latin" else (UNDETERMINED, 0.0)


SURE = 0.75
"""Below this, other evidence (the rest of the feed) decides."""

ENOUGH = 0.35
"""Below this there is no saying."""

LONG = 60
"""A text of fewer letters ("Food for fungi") is easily mistaken with great confidence."""


FEW = 5
"""So few texts say less of their feed than what is known of it."""


def detect_each(texts: Sequence[str], usual: str | None = None) -> list[str]:
    """The language of each text of one feed. A short one that could be several is taken to be in the main one.

    ``usual``: the feed's main language as far as that is known from elsewhere.
    """
    if usual is not None and len(texts) < FEW:
        return [_beside(usual, text) for text in texts]
    main, sure = detect(" \n".join(text[:200] for text in texts[:20])[:1000])
    if sure < ENOUGH:
        return [language if sure >= ENOUGH else UNDETERMINED for language, sure in map(detect, texts)]
    return [_beside(main, text) for text in texts]


def _beside(main: str, text: str) -> str:
    language, sure = detect(text)
    return language if sure >= (SURE if len(text) >= LONG else 1.0) else main


def is_contradicted(declared: str, text: str) -> bool:
    """Whether a text can't be in the language that its feed declares: a blog's "en" above Korean letters."""
    scripts = _scripts(text[:1000])
    latin = scripts.pop("latin", 0)
    return declared in _LATIN and sum(scripts.values()) > latin


_RANGES = (
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")),
    ("cyrillic", re.compile(r"[\u0400-\u052f]")),
    ("hangul", re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")),
    ("kana", re.compile(r"[\u3041-\u30fa\u30fd-\u30ff\uff66-\uff9d]")),
    ("han", re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")),
    ("armenian", re.compile(r"[\u0531-\u058f]")),
    ("greek", re.compile(r"[\u0370-\u03ff]")),
    ("hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("thai", re.compile(r"[\u0e00-\u0e7f]")),
    ("georgian", re.compile(r"[\u10a0-\u10ff]")),
    ("arabic", re.compile(r"[\u0600-\u06ff]")),
    ("devanagari", re.compile(r"[\u0900-\u097f]")),
)
_ONE_LANGUAGE = {"hangul": "ko", "armenian": "hy", "greek": "el", "hebrew": "he", "thai": "th", "georgian": "ka"}

_WEIGHT = {"han": 5, "kana": 5, "hangul": 5}
"""One of these says about as much as five letters of an alphabet: "Bitcoin ETF 대폭락" is Korean."""


def _scripts(text: str) -> dict[str, int]:
    counts = {name: len(pattern.findall(text)) * _WEIGHT.get(name, 1) for name, pattern in _RANGES}
    return {name: count for name, count in counts.items() if count}


_LATIN = ("en", "de", "es", "fr", "nl", "it", "pt", "tr", "da", "sv", "nb", "pl", "cs", "ro", "ca", "hu", "fi", "az",
          "id", "vi", "hr", "sk")  # fmt: skip
_CYRILLIC = ("ru", "uk", "be", "bg", "sr", "mk", "kk")


@lru_cache(512)
def _likeliest(text: str, languages: tuple[str, ...]) -> tuple[str, float]:
    # Remembered, for some feeds are read in full at every poll, and this costs more than all the rest of it.
    detector = _detector(languages)
    if detector is None:
        return UNDETERMINED, 0.0
    best = detector.compute_language_confidence_values(text)[0]
    return best.language.iso_code_639_1.name.lower(), best.value


@cache
def _detector(languages: tuple[str, ...]) -> LanguageDetector | None:
    """Loaded when first asked for: its models take some 20 MB. The product goes on without it, knowing less."""
    try:
        from lingua import IsoCode639_1, Language, LanguageDetectorBuilder  # noqa: PLC0415
    except ImportError:
        return None
    chosen = [Language.from_iso_code_639_1(getattr(IsoCode639_1, code.upper())) for code in languages]
    return LanguageDetectorBuilder.from_languages(*chosen).with_low_accuracy_mode().build()
