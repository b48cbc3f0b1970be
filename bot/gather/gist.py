"""What a title and lede speak of: words, names, figures, concepts; read once and compared often (pure)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.gather.concepts import UNSPACED, fold, sense
from bot.gather.figures import Figure, figures
from bot.gather.months import months

MAX_TITLE = 300
MAX_LEDE = 500
"""Of a text only this much is read."""

MOST_NAMES = 24

_BEGINNING = 5
"""Words that begin alike with so many letters are one, with another ending."""

_STEM = 6
_SHOUTED = 0.6
"""So large a share of capitalised words, and capitals say nothing: a headline in title case."""

_LATIN = "A-Za-zÀ-ɏḀ-ỿ0-9"
_WORD = re.compile(rf"[{_LATIN}]+(?:[-'’&.][{_LATIN}]+)*|[Ѐ-ӿ]+(?:-[Ѐ-ӿ]+)*|[Ա-և]+|[ァ-ヺー]+|[가-힣]+|[々一-鿿]+")
_SIGNS = re.compile(r"\d[\d.,]*|[a-z]+|[ァ-ヺー]+|[가-힣]+|[一-鿿々]|[ぁ-ん]+")
_HYPHEN = re.compile(r"[-'’&.]")
_CAPITAL = re.compile(r"[A-ZÀ-ÞĀ-ɏЀ-ЯԱ-Ֆ]")
_SPLITS = re.compile(r"[.!?:։]\W*$|^\W*$")
_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:에서는|에서|으로|에는|까지|부터|은|는|이|가|을|를|의|에|로|와|과|도|만|씨)$")
_KANA = re.compile(r"[ァ-ヺー]+")
_ARMENIAN_ENDING = re.compile(r"(?<=[ա-և]{4})(?:ներ)?(?:ում|ից|ով|ին|ի|ը|ն)$")
_ELIDED = re.compile(r"^(?:l|d|qu|dell|all|dall|nell|sull|un|s|n|j|c)['’]", re.IGNORECASE)

_STOP_WORDS = """
    the and for with from that this its his her are was were will has have had not but who which over into than after
    before about their they says said say more most new amid out off per year day week month one two first last could
    would may can all also its as at by in of on or to an be is it he she
    der die das den dem des ein eine einen einem einer und oder mit von vom zum zur bei nach vor aus fur uber unter auf
    im am ist sind war wird werden hat haben nicht sich auch als wie seit bis noch nur mehr so dass
    le la les un une des du et ou en au aux dans sur pour par avec sans est sont ete etre qui que sa son ses leur plus
    apres avant ce cette selon contre chez
    el los las una unos y o de del al por para con sin es son fue ser ha han que su sus se mas tras segun entre lo
    os as um uma e no na nos nas do da dos das pelo pela com sem foi ao apos seu sua
    il lo gli uno di del dello della dei degli delle da dal dalla nel nella sul sulla per con che si ha sono stato dopo
    het een van voor met zonder door bij naar om te zijn wordt werd heeft hebben niet ook dan uit op aan
    и в во на по с со из за к ко от до о об для при не что как его ее их это после был была были будет уже над под или
    bir bu ve ile icin da de den dan gibi sonra once daha olarak oldu olan etti
    prozent dollar euro millionen milliarden mio mrd percent million billion jahr jahre monday tuesday wednesday
    thursday friday saturday sunday january february march april june july august september october november december
    montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar marz juni juli oktober dezember
    և ու է են էր որ այս այդ իր նրա հետ համար մասին մինչև հետո նաև ըստ
"""
_STOP = frozenset(_STOP_WORDS.split())


_ARTICLES = """
    der die das den dem des ein eine einen einem einer eines im am zum zur beim vom ins ans kein keine keinen seine ihre
    seinen ihren seiner ihrer mehr viele wenige alle einige diese dieser dieses neue neuen neuer neues erste ersten
"""
_BEFORE_NOUNS = frozenset(_ARTICLES.split())
_NOUN_ENDINGS = (
    "ung", "ungen", "heit", "keit", "schaft", "tion", "tionen", "tat", "ismus", "nis", "nisse", "tum", "ling", "linge",
    "lich", "preis", "preise", "firma", "chef", "chefin", "plan", "zahl", "zahlen", "jahr", "tag", "leute", "arbeiter",
)  # fmt: skip

_COMMON = """
    公司 集团 企业 市场 今日 今天 昨日 日前 宣布 表示 消息 报道 相关 部门 负责 同比 环比 上年 去年 今年 目前 已经
    其中 记者 数据 显示 影响 情况 进行 开始 成为 可能 继续 正式 首次 最新 全国 国家 国际 地区 城市 项目 服务 产品
    用户 客户 技术 时间 小时 分钟 亿元 万元 美元 亿美 人民 民币 上午 下午 本周 下周 上周 本月 下月 上月 年度 期间
    此前 此次 方面 通过 提供 预计 计划 包括 没有 以及 一个 两个 多个 至少 超过 约为 左右 以来 以上 以下 仍有 或先
    有望 称将 将于 已于 发生 出现 造成 発表 同社 会社 企業 今回 昨年 前年 前日 午前 午後 時点 予定 対象 理由 影響
    関係 必要 決定 実施 市場 東京 日本 年比 前週 今週 来週 今月 来月 先月 期間 場合 最大 最低 平均 合計 全体 一部
    全面 一時 約束 明言 記者 会見 会合 時期 結果 総裁 水準 同月 年同 新型 大手 各社 業界 世界 海外 国内 利用 登録
    確認 検討 参加 実質 公表 오늘 내일 어제 지난 이번 올해 작년 내년 기업 시장 업체 회사 관련 대상 규모 기준 예정
    이후 이전 최근 가장 모두 통해 위해 대해 따라 밝혀 밝혔 했다 한다 있다 없다 된다 나서 나선 맞아 두고 함께 국내
    해외 전국 현지 정도 이상 이하 미만 처음 다시 또한 그룹 사업 서비스 이용자 고객 상품 제품 기술 시간 오전 오후
    전년 전월 대비 분기 연간 월간 최대 최소 평균 일부 전체 설명했다 밝혔다 말했다 전했다 나타났다 기록했다 발표했다
    마쳤다 예정이다 것으로
"""
COMMON_PAIRS = frozenset(_COMMON.split())
"""What isn't written as a name in Chinese, Japanese and Korean, and is no concept either."""


@dataclass(frozen=True, slots=True)
class Gist:
    """What can be compared of a text."""

    title: frozenset[str]
    """Stems of words; of scripts that don't part words, pairs of characters."""
    text: frozenset[str]
    """Of title and lede."""
    names: tuple[str, ...]
    """Folded, as written: what seems to be a name and stands for no concept."""
    sure: frozenset[str]
    """Those of them that aren't written as names for another reason: where a sentence starts, words are too."""
    title_names: int
    """So many of them, the first ones, stand in the title."""
    figures: tuple[Figure, ...]
    title_figures: tuple[Figure, ...]
    concepts: frozenset[str]
    title_concepts: frozenset[str]
    beginnings: frozenset[str]
    """How its words begin."""
    months: frozenset[int]
    """Those that it names."""


@lru_cache(maxsize=4096)
def gist(title: str, lede: str, language: str) -> Gist:
    """Cached: a new entry is compared with many stories, and a story with many entries."""
    title = unicodedata.normalize("NFKC", title[:MAX_TITLE])
    lede = unicodedata.normalize("NFKC", lede[:MAX_LEDE])
    names: dict[str, bool] = {}
    title_stems, title_concepts = _read(title, language, names)
    title_names = min(len(names), MOST_NAMES)
    lede_stems, lede_concepts = _read(lede, language, names)
    return Gist(
        title=title_stems,
        text=title_stems | lede_stems,
        names=tuple(names)[:MOST_NAMES],
        sure=frozenset(name for name, sure in names.items() if sure),
        title_names=title_names,
        figures=figures(f"{title} | {lede}", language),
        title_figures=figures(title, language),
        concepts=title_concepts | lede_concepts,
        title_concepts=title_concepts,
        beginnings=_beginnings(f"{title} {lede}", language),
        months=months(f"{title} {lede}", written_words(f"{title} {lede}", language), language),
    )


def written_words(text: str, language: str) -> list[tuple[str, str]]:
    """The words of a text, as written and folded, where its language parts them."""
    return [(word, bare(fold(word), language)) for word, _ in _parts(text)]


def signs(text: str) -> list[str]:
    """Where words aren't parted: Chinese characters one by one, the rest by script."""
    return _SIGNS.findall(text.lower())


def is_stop(folded: str) -> bool:
    """Whether a word is one of those that every text has."""
    return folded in _STOP


def _beginnings(text: str, language: str) -> frozenset[str]:
    words = signs(text) if language in UNSPACED else [folded for _, folded in written_words(text, language)]
    return frozenset(beginning(word) for word in words)


def beginning(word: str) -> str:
    """Enough of a word to know it in another of its forms; a number has no forms."""
    return word if any(sign.isdigit() for sign in word) else word[:_BEGINNING]


def _read(text: str, language: str, names: dict[str, bool]) -> tuple[frozenset[str], frozenset[str]]:
    """Stems and concepts; names are added to those given, with whether they are sure."""
    found = list(_parts(text))
    words = [bare(fold(word), language) for word, _ in found]
    meant = sense(words, fold(text), language)
    shouted = _shouted([word for word, _ in found])
    before = ""
    for (word, starts), folded, other in zip(found, words, meant.other, strict=True):
        if other and folded not in _STOP and _is_name(word, folded, language):
            doubtful = starts or shouted or (language == "de" and is_common_noun(folded, before))
            names[folded] = names.get(folded, False) or _is_sure(word, folded, language, doubtful=doubtful)
        before = folded
    for run in meant.rest:
        for name in (run[at : at + 2] for at in range(len(run) - 1)):
            if name not in COMMON_PAIRS:
                names.setdefault(name, False)
    return frozenset(stem for word in words for stem in _stems(word)), meant.concepts


def _parts(text: str) -> list[tuple[str, bool]]:
    """Words and their parts, each with whether a sentence starts with it."""
    parts = []
    end = 0
    for match in _WORD.finditer(text):
        starts = _SPLITS.search(text, end, match.start()) is not None
        end = match.end()
        word = _ELIDED.sub("", match[0])
        parts += [(part, starts) for part in _HYPHEN.split(word) if part]
    return parts


def _shouted(words: list[str]) -> bool:
    cased = [word for word in words if len(word) > 3 and word[0].lower() != word[0].upper()]
    return len(cased) >= 4 and sum(_CAPITAL.match(word) is not None for word in cased) >= _SHOUTED * len(cased)


def bare(word: str, language: str) -> str:
    """A folded word without what its language hangs on names."""
    if language == "ko":
        return _PARTICLE.sub("", word)
    if language == "hy":
        return _ARMENIAN_ENDING.sub("", word)
    return word


def _is_name(word: str, folded: str, language: str) -> bool:
    if len(folded) < 2 or folded.isdigit():
        return False
    if word.isascii() and (language in UNSPACED or (word.isupper() and word.isalpha())):
        return len(folded) >= 3 or language in UNSPACED
    if language == "ko":
        return folded not in COMMON_PAIRS
    if language in UNSPACED:
        return _KANA.fullmatch(word) is not None and len(folded) >= 3
    return len(folded) >= 3 and _CAPITAL.match(word) is not None


def _is_sure(word: str, folded: str, language: str, *, doubtful: bool) -> bool:
    if language in UNSPACED:
        return word.isascii() or len(folded) >= 3
    return not doubtful or (word.isascii() and word.isupper())


def is_common_noun(folded: str, before: str) -> bool:
    """German writes every noun as it writes names; but names stand without an article and end in their own way."""
    return before.isdigit() or before in _BEFORE_NOUNS or folded.endswith(_NOUN_ENDINGS)


def _stems(word: str) -> list[str]:
    first = word[:1]
    if "一" <= first <= "鿿" or "가" <= first <= "힣":
        return [word[at : at + 2] for at in range(len(word) - 1)] or [word]
    if word in _STOP or (len(word) < 2 and not word.isdigit()):
        return []
    if "ァ" <= first <= "ヺ":
        return [word]
    return [word[:_STEM]]
