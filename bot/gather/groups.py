"""How concepts belong together: what happens and what follows from it, where, and what excludes what (values only)."""

from __future__ import annotations

_COUNTRIES = """
    us uk germany france italy spain portugal netherlands belgium switzerland austria russia ukraine turkey armenia
    china japan korea india canada brazil mexico argentina chile colombia iran israel gulf kazakhstan poland greece
    nordic australia taiwan hongkong singapore vietnam africa eu
"""
PLACES = frozenset(_COUNTRIES.split())
BROAD = frozenset(("nordic", "gulf", "vietnam", "africa", "metal", "sport", "crime"))
"""Concepts of things that one tells apart: two countries, two metals, two crimes."""
_CITY_WORDS = """
    paris parig parij london londr berl rom milan mailand milao milaan madrid lisb lissab lizbon amsterda zurich zuriq
    zurigo zurih genev genf genebra ginebra ginevra bern vienn wien vien wenen viyana mosc mosk moskau moskou kiev kiew
    kyiv ankar ancara istanbul estambul istambul yerevan eriwan erevan jerevan erivan beijing peking pekin pechino
    pequim shanghai sanghay xangai toky toki toqui seoul seul delhi mumbai ottawa toronto sao_paulo buenos santiago
    bogota tehran teheran tahran teera jerusal gerusal jeruzal kudus dubai riyadh kuwait doha astana warsaw warschau
    varsovi varsav warszaw athen aten atina stockholm estocolm stoccolm oslo copenhag helsinki sydney sidney canberra
    taipe hanoi washington brussel лондон берлин рим милан париж мадрид лиссабон амстердам цюрих женев вен москв киев
    анкар стамбул ереван пекин шанхай токио сеул дели оттав торонто тегеран иерусалим астан варшав афин стокгольм осло
    копенгаг сидне тайбэ ханой вашингтон брюссел լոնդոն բեռլին փարիզ հռոմ միլան մադրիդ լիսաբոն ամստերդամ ցյուրիխ ժնև
    վիեննա մոսկվ կիև անկարա ստամբուլ երևան պեկին շանհայ տոկիո սեուլ դելի թեհրան վարշավ վաշինգտոն ロンドン ベルリン パリ
    ローマ ミラノ マドリード リスボン アムステルダム チューリヒ ウィーン モスクワ キーウ アンカラ イスタンブール
    エレバン 北京 上海 東京 东京 ソウル デリー オタワ テヘラン ドバイ アブダビ 런던 베를린 파리 로마 밀라노 마드리드
    리스본 암스테르담 취리히 모스크바 키이우 앙카라 이스탄불 예레반 베이징 상하이 도쿄 서울 델리 오타와 테헤란 두바이
    伦敦 柏林 巴黎 罗马 米兰 马德里 里斯本 阿姆斯特丹 苏黎世 维也纳 莫斯科 基辅 安卡拉 伊斯坦布尔 首尔 德里 渥太华
    德黑兰 迪拜 台北
"""
CITIES = tuple(_CITY_WORDS.replace("_", " ").split())
"""How cities are written, from the beginning, among the words for the countries that they stand for."""
AT_HOME = {"hy": "armenia", "ja": "japan", "ko": "korea", "tr": "turkey", "ru": "russia", "it": "italy", "zh": "china"}
NATIONAL = frozenset(
    ("centralbank", "inflation", "unemployment", "economy", "parliament", "government", "election", "rate", "trade")
)
"""Who speaks of these and names no country means the one at home."""

SEAT = {"boj": "japan", "snb": "switzerland", "fed": "us", "boe": "uk", "ecb": "eu", "sec": "us"}

ONE_OF = (
    frozenset(("+up", "-down", "=hold")),
    frozenset(("suspend", "resume")),
    frozenset(("launch", "close")),
    frozenset(("approve", "reject")),
    frozenset(("bitcoin", "ether", "xrp", "solana")),
    frozenset(("oil", "gold", "gas", "metal")),
    frozenset(("fed", "ecb", "boe", "boj", "snb")),
)
"""Of each of these a telling speaks of one: two that have none in common speak of different things."""

OF_A_KIND = frozenset().union(*ONE_OF[4:])
"""Those of them that are things, and no happenings."""

SAME = {"sell": "buy", "stake": "buy"}
"""What one side sells, the other buys."""

_FAMILIES = (
    "buy merge stake sell deal funding ipo invest partner loan aid",
    "jobs strike union",
    "appoint resign ceo",
    "close suspend cancel ban delay outage",
    "court sue prison arrest probe fraud fine reject",
    "launch build",
    "profit loss revenue results forecast warn dividend",
    "order contract delivery",
    "fire quake storm crash blast dead injured rescue landslide crime",
    "hack war",
    "talks vote approve law",
    "price inflation",
    "share",
    "rate",
    "recall",
    "resume",
    "free",
)
FAMILIES = {concept: family for family, concepts in enumerate(_FAMILIES) for concept in concepts.split()}
"""Happenings that one and the same may be told as: who buys, invests; who fines, judges."""

_HAPPENINGS = """
    buy merge funding ipo dividend buyback bond jobs strike protest warn order launch close suspend resume delay cancel
    ban approve reject deal talks recall fine court sue prison arrest probe fraud hack outage fire quake storm crash
    rescue blast truce appoint resign tariff sanction licence liquidation bankrupt upgrade vote election over share
    landslide free invest contract build partner loan aid crime award delivery
"""
KINDS = frozenset(_HAPPENINGS.split())
"""What happens, as opposed to what or whom it happens to."""

_LATER = """
    arrest probe sue court prison fine resign resume union protest reject talks truce strike appoint share over
    !reaction !opinion !cause
"""
AFTERMATH = frozenset(_LATER.split())
"""What happens, or is said, after something else has happened."""

STAGES = frozenset(("!opinion", "!reaction", "!cause", "over", "share", "protest"))
"""A title that speaks of one of these is about what came of a thing; one that doesn't is about the thing."""

CONSEQUENCES = (AFTERMATH | STAGES) - {"resume", "appoint", "resign"}
"""In a later title these alone make it news of its own. One who goes and one who comes are one event, though; and in
some languages what is resumed is also what is taken over."""
