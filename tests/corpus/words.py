"""What the feeds tell, in thirteen languages. All of it is invented."""

from __future__ import annotations

from collections.abc import Mapping

News = tuple[str, str]
"""A title and a summary."""

FEED_TITLES: Mapping[str, str] = {
    "en": "Harbour Evening News",
    "de": "Münsterbacher Tagblatt",
    "ko": "새벽강 신문",
    "ja": "みなと川新聞",
    "zh": "青石河日报",
    "es": "El Diario de Peñaluz",
    "fr": "Le Courrier de Brévannes-sur-Mer",
    "hy": "Արեւաձոր լուրեր",
    "nl": "De Zilvermeerse Courant",
    "ru": "Вестник Белозёрья",
    "it": "La Gazzetta di Valserena",
    "pt": "Diário de São Brandão",
    "tr": "Gümüşpınar Gazetesi",
}

NEWS: Mapping[str, tuple[News, ...]] = {
    "en": (
        (
            "The harbour bank lowers its rates for the third time",
            "The board decided on Tuesday. Savers will notice it in spring.",
        ),
        (
            "Exchange halts withdrawals after a fault in its wallet software",
            "Customers were told by letter that their money is safe.",
        ),
        ("A new tram line will join the old town and the airport", "Work begins next year and should take four years."),
        (
            "Farmers expect the best apple harvest in a decade",
            "Warm nights and a wet spring helped the trees this year.",
        ),
    ),
    "de": (
        (
            "Die Hafenbank senkt ihre Zinsen zum dritten Mal",
            "Der Vorstand entschied am Dienstag. Für Sparer ändert sich im Frühjahr einiges.",
        ),
        (
            "Börse stoppt Auszahlungen nach einem Fehler in der Software",
            "Den Kunden wurde mitgeteilt, dass ihr Geld nicht gefährdet ist.",
        ),
        (
            "Eine neue Straßenbahn verbindet die Altstadt mit dem Flughafen",
            "Die Arbeiten beginnen nächstes Jahr und dauern vier Jahre.",
        ),
        (
            "Bauern rechnen mit der besten Apfelernte seit zehn Jahren",
            "Warme Nächte und ein feuchtes Frühjahr haben den Bäumen geholfen.",
        ),
    ),
    "ko": (
        ("항구은행이 세 번째로 금리를 내렸다", "이사회는 화요일에 결정했다. 예금자들은 봄에 변화를 느낄 것이다."),
        ("거래소가 지갑 프로그램 오류로 출금을 중단했다", "고객들은 돈이 안전하다는 편지를 받았다."),
        ("새 전차 노선이 옛 시가지와 공항을 잇는다", "공사는 내년에 시작해 네 해 동안 이어진다."),
        ("농부들은 십 년 만에 가장 좋은 사과 수확을 기대한다", "따뜻한 밤과 비가 많은 봄이 나무에 도움이 되었다."),
    ),
    "ja": (
        ("みなと銀行が三度目の利下げを決めた", "理事会は火曜日に決定した。預金者には春ごろ影響が出る見通しだ。"),
        ("取引所がソフトの不具合で出金を止めている", "顧客には資金は安全だという手紙が届いた。"),
        ("新しい路面電車が旧市街と空港を結ぶことになった", "工事は来年に始まり、四年かかる見込みだ。"),
        ("農家はこの十年で最高のりんごの収穫を見込む", "暖かい夜と雨の多い春が木を助けたという。"),
    ),
    "zh": (
        ("港口银行第三次下调利率", "董事会在星期二作出了决定。储户将在春天感受到变化。"),
        ("交易所因钱包软件出错而暂停提款", "客户收到来信，说他们的资金是安全的。"),
        ("新的电车线路将连接老城和机场", "工程明年开始，预计需要四年时间。"),
        ("果农预计今年苹果收成是十年来最好的", "温暖的夜晚和多雨的春天帮助了果树。"),
    ),
    "es": (
        (
            "El banco del puerto baja los tipos por tercera vez",
            "La junta lo decidió el martes. Los ahorradores lo notarán en primavera.",
        ),
        (
            "La bolsa detiene los retiros tras un fallo del programa",
            "Los clientes recibieron una carta que dice que su dinero está seguro.",
        ),
        (
            "Un nuevo tranvía unirá el casco antiguo y el aeropuerto",
            "Las obras comienzan el próximo año y durarán cuatro años.",
        ),
        (
            "Los campesinos esperan la mejor cosecha de manzanas en años",
            "Las noches cálidas y una primavera húmeda ayudaron a los árboles.",
        ),
    ),
    "fr": (
        (
            "La banque du port abaisse ses taux pour la troisième fois",
            "Le conseil a tranché mardi. Les épargnants le verront au printemps.",
        ),
        (
            "La bourse suspend les retraits après une erreur de son logiciel",
            "Les clients ont été prévenus que leur argent est en sécurité.",
        ),
        (
            "Un nouveau tramway reliera la vieille ville à l'aéroport",
            "Les travaux débutent l'année prochaine et dureront quatre ans.",
        ),
        (
            "Les paysans attendent la meilleure récolte de pommes depuis dix ans",
            "Des nuits douces et un printemps pluvieux ont aidé les vergers.",
        ),
    ),
    "hy": (
        ("Նավահանգստի բանկը երրորդ անգամ իջեցնում է տոկոսադրույքը", "Խորհուրդը որոշումը կայացրել է երեքշաբթի օրը։"),
        (
            "Բորսան դադարեցրել է վճարումները ծրագրի սխալի պատճառով",
            "Հաճախորդներին տեղեկացրել են, որ իրենց գումարն ապահով է։",
        ),
        ("Նոր տրամվայը կմիացնի հին քաղաքը օդանավակայանին", "Աշխատանքները կսկսվեն հաջորդ տարի եւ կտեւեն չորս տարի։"),
        ("Գյուղացիները խնձորի լավագույն բերքն են սպասում", "Տաք գիշերները եւ անձրեւոտ գարունը օգնել են ծառերին։"),
    ),
    "nl": (
        (
            "De havenbank verlaagt de rente voor de derde keer",
            "Het bestuur besloot dat dinsdag. Spaarders merken het in het voorjaar.",
        ),
        (
            "Beurs stopt uitbetalingen na een fout in de software",
            "De klanten kregen een brief waarin staat dat hun geld veilig is.",
        ),
        (
            "Een nieuwe tram verbindt de oude stad met de luchthaven",
            "Het werk begint volgend jaar en gaat vier jaar duren.",
        ),
        (
            "Boeren verwachten de beste appeloogst in tien jaar",
            "Warme nachten en een nat voorjaar hebben de bomen geholpen.",
        ),
    ),
    "ru": (
        (
            "Портовый банк в третий раз снижает ставку",
            "Правление приняло решение во вторник. Вкладчики заметят это весной.",
        ),
        (
            "Биржа остановила выплаты из-за ошибки в программе",
            "Клиентам сообщили, что их деньги находятся в безопасности.",
        ),
        ("Новый трамвай соединит старый город с аэропортом", "Работы начнутся в следующем году и займут четыре года."),
        ("Крестьяне ждут лучшего за десять лет урожая яблок", "Тёплые ночи и дождливая весна помогли деревьям."),
    ),
    "it": (
        (
            "La banca del porto abbassa i tassi per la terza volta",
            "Il consiglio ha deciso martedì. I risparmiatori se ne accorgeranno in primavera.",
        ),
        (
            "La borsa ferma i prelievi dopo un errore del programma",
            "I clienti hanno saputo che il loro denaro è al sicuro.",
        ),
        (
            "Un nuovo tram unirà la città vecchia e l'aeroporto",
            "I lavori cominciano il prossimo anno e dureranno quattro anni.",
        ),
        (
            "I contadini aspettano il miglior raccolto di mele degli ultimi anni",
            "Le notti calde e una primavera piovosa hanno aiutato gli alberi.",
        ),
    ),
    "pt": (
        (
            "O banco do porto baixa os juros pela terceira vez",
            "A direção decidiu na terça-feira. Os poupadores vão notar na primavera.",
        ),
        (
            "A bolsa suspende os saques após uma falha no programa",
            "Os clientes foram avisados de que o seu dinheiro não está em risco.",
        ),
        (
            "Um novo bonde ligará a cidade velha ao aeroporto",
            "As obras começam no próximo ano e devem durar quatro anos.",
        ),
        (
            "Os agricultores esperam a melhor colheita de maçãs em dez anos",
            "As noites quentes e uma primavera úmida ajudaram as árvores.",
        ),
    ),
    "tr": (
        (
            "Liman bankası faizi üçüncü kez düşürüyor",
            "Yönetim kararını salı günü verdi. Tasarruf sahipleri bunu ilkbaharda görecek.",
        ),
        ("Borsa yazılım hatası yüzünden para çekmeyi durdurdu", "Müşterilere paralarının güvende olduğu bildirildi."),
        ("Yeni tramvay eski şehri havaalanına bağlayacak", "Çalışmalar gelecek yıl başlıyor ve dört yıl sürecek."),
        (
            "Çiftçiler on yılın en iyi elma hasadını bekliyor",
            "Ilık geceler ve yağışlı bir ilkbahar ağaçlara iyi geldi.",
        ),
    ),
}

REGIONS: Mapping[str, str] = {
    "en": "en-GB",
    "de": "de-AT",
    "ko": "ko-KR",
    "ja": "ja-JP",
    "zh": "zh-Hans-CN",
    "es": "es-MX",
    "fr": "fr-CA",
    "hy": "hy-AM",
    "nl": "nl-BE",
    "ru": "ru-RU",
    "it": "it-CH",
    "pt": "pt-BR",
    "tr": "tr-TR",
}
