"""Articles in several languages, invented, as pages for the tests of reading."""

from __future__ import annotations

from tests.emulators.feeds.articles import ArticlePage

ENGLISH = ArticlePage(
    title="Harbour bank raises its reserve of bitcoin to 4,000 coins",
    paragraphs=(
        (
            "Harbour Bank said on Friday that it had bought another 600 bitcoin, which brings its reserve to "
            "4,000 coins, more than any other lender of the region holds."
        ),
        (
            "The purchase was paid for with the proceeds of a bond that the bank sold in September. Its chief "
            "executive told shareholders that the bank would not sell any of the coins within the next five "
            "years."
        ),
        (
            "Analysts were divided over the move: some of them called it a sign of confidence, others warned "
            "that the bank's results would depend on the price of a single asset."
        ),
    ),
    heading="What the bond was for",
    quotation=("We have thought about this for a long time, and we are in no hurry at all, the chief executive wrote."),
    points=("The reserve grows by a sixth.", "The bond runs until the year 2031."),
    author="Ada Example",
    published="2026-11-22T08:30:00+01:00",
    picture="/pictures/bank.jpg",
)

FRENCH = ArticlePage(
    title="La banque du port suspend ses virements vers les plateformes",
    language="fr",
    paragraphs=(
        (
            "La Banque du Port a annoncé vendredi qu’elle suspendait pour deux semaines les virements vers les "
            "plateformes d’échange de cryptomonnaies, le temps d’un contrôle interne de sa direction."
        ),
        (
            "Selon la direction, une dizaine de clients ont été victimes d’une même escroquerie au cours du "
            "mois. Les montants en jeu n’ont pas été communiqués, mais une plainte a été déposée lundi."
        ),
        (
            "Les associations de consommateurs saluent la mesure, tout en regrettant qu’elle touche aussi ceux "
            "qui n’ont rien à se reprocher et qui attendent leur argent depuis plusieurs jours."
        ),
    ),
    heading="Une plainte déposée lundi",
    quotation=(
        "« Nous protégeons nos clients, et nous rétablirons le service dès que possible », assure la direction."
    ),
    author="Jeanne Modèle",
    published="2026-11-22T10:00:00Z",
)

GERMAN = ArticlePage(
    title="Stadtwerke bauen größten Wärmespeicher des Landes",
    language="de",
    paragraphs=(
        (
            "Die Stadtwerke haben am Freitag mit dem Bau des größten Wärmespeichers des Landes begonnen, der vom "
            "nächsten Winter an dreißigtausend Haushalte versorgen soll."
        ),
        (
            "Der Speicher fasst hundert Millionen Liter Wasser, das im Sommer mit überschüssigem Strom erhitzt "
            "wird. Die Kosten von 180 Millionen Euro tragen Stadt und Land je zur Hälfte."
        ),
        (
            "Kritiker halten das Vorhaben für zu teuer; der Rat hat ihm dennoch mit großer Mehrheit zugestimmt, "
            "nachdem ein Gutachten die Rechnung der Stadtwerke bestätigt hatte."
        ),
    ),
    author="Max Beispiel",
    published="2026-11-21",
)

JAPANESE = ArticlePage(
    title="港銀行、ビットコイン保有を四千枚に拡大",
    language="ja",
    paragraphs=(
        (
            "港銀行は二十日、ビットコインを新たに六百枚購入し、保有量が四千枚に達したと発表した。地域の金融機関で"
            "は最大の規模となる。"
        ),
        (
            "購入資金は九月に発行した社債で調達した。頭取は株主に対し、今後五年間は売却しない方針を説明し、理解を"
            "求めた。"
        ),
        (
            "市場関係者の見方は分かれている。自信の表れだと評価する声がある一方、業績が一つの資産の価格に左右され"
            "ると懸念する声もある。"
        ),
    ),
    heading="社債の使い道",
    published="2026年11月20日 09:00",
)

CHINESE = ArticlePage(
    title="海港银行将比特币储备增至四千枚",
    language="zh",
    paragraphs=(
        "海港银行周五表示，该行新购入六百枚比特币，储备总量达到四千枚，超过本地区其他任何一家银行的持有量。",
        (
            "此次购买的资金来自九月发行的债券。行长对股东说，未来五年之内银行不会出售其中任何一枚，并将每季度公布"
            "持有情况。"
        ),
        "分析人士对此看法不一：有人认为这是信心的体现，也有人警告说，银行的业绩将取决于单一资产的价格走势。",
    ),
)

KOREAN = ArticlePage(
    title="항구은행, 비트코인 보유량 4천 개로 늘려",
    language="ko",
    paragraphs=(
        (
            "항구은행은 금요일 비트코인 600개를 추가로 매입해 보유량이 4천 개로 늘었다고 밝혔다. 지역 은행 "
            "가운데 가장 많은 규모다."
        ),
        (
            "매입 자금은 지난 9월에 발행한 채권으로 마련했다. 은행장은 주주들에게 앞으로 5년 동안 한 개도 팔지 "
            "않겠다고 말했다."
        ),
        (
            "전문가들의 의견은 엇갈린다. 자신감의 표시라는 평가가 있는 반면, 실적이 하나의 자산 가격에 좌우될 "
            "것이라는 우려도 나온다."
        ),
    ),
)

RUSSIAN = ArticlePage(
    title="Портовый банк увеличил запас биткоинов до четырёх тысяч",
    language="ru",
    paragraphs=(
        (
            "Портовый банк сообщил в пятницу, что купил ещё шестьсот биткоинов, и теперь его запас составляет "
            "четыре тысячи монет, больше, чем у любого другого банка области."
        ),
        (
            "Покупка оплачена из средств, полученных от размещения облигаций в сентябре. Председатель правления "
            "заявил, что в ближайшие пять лет банк не продаст ни одной монеты."
        ),
        (
            "Мнения аналитиков разделились: одни видят в этом знак уверенности, другие предупреждают, что "
            "прибыль банка будет зависеть от цены одного актива."
        ),
    ),
)

ARMENIAN = ArticlePage(
    title="Նավահանգստի բանկը ավելացրել է իր բիթքոյնի պահուստը",
    language="hy",
    paragraphs=(
        (
            "Նավահանգստի բանկը ուրբաթ օրը հայտնեց, որ գնել է ևս վեց հարյուր բիթքոյն, և նրա պահուստը հասել է չորս "
            "հազարի, ինչն ավելի շատ է, քան տարածաշրջանի ցանկացած այլ բանկի պահուստը։"
        ),
        (
            "Գնումը կատարվել է սեպտեմբերին թողարկված պարտատոմսերի միջոցներով։ Բանկի ղեկավարը բաժնետերերին ասել "
            "է, որ առաջիկա հինգ տարիներին ոչ մի մետաղադրամ չի վաճառվի։"
        ),
        (
            "Վերլուծաբանների կարծիքները տարբեր են. ոմանք դա վստահության նշան են համարում, մյուսները զգուշացնում "
            "են ռիսկերի մասին։"
        ),
    ),
)

EVERY = (ENGLISH, FRENCH, GERMAN, JAPANESE, CHINESE, KOREAN, RUSSIAN, ARMENIAN)
