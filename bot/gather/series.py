"""Words of which each stands for one of several: days of the week, ordinals, currencies (pure)."""

from __future__ import annotations

import re

# How they begin, folded (concepts.fold); "." ends a word.
_WORDS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday"
    " first. second. third. fourth. fifth. sixth. seventh. eighth. ninth. tenth.",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
    " erste zweite dritte vierte funfte sechste siebte achte neunte zehnte",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche"
    " premier deuxieme second. seconde. troisieme quatrieme cinquieme sixieme septieme huitieme neuvieme dixieme",
    "es": "lunes martes miercoles jueves viernes sabado domingo"
    " primer segund tercer. tercera tercero cuart quint. quinta quinto sexto sexta septimo octavo noveno decimo",
    "pt": "segunda terca quarta quinta sexta sabado domingo"
    " primeir segundo terceir quarto quinto sexto setimo oitavo nono. decimo",
    "it": "lunedi martedi mercoledi giovedi venerdi sabato domenica"
    " primo. prima. secondo. seconda. terzo terza quarto quarta quinto quinta sesto settimo ottavo nono. decimo",
    "nl": "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
    " eerste tweede derde vierde vijfde zesde zevende achtste negende tiende",
    "ru": "понедельник вторник сред. среду. среды. четверг пятниц суббот воскресен"
    " первы перво перва втор треть четверты четверто пяты. пятог пятая шесто седьмо восьмо девято десято",
    "tr": "pazartesi sali. carsamba persembe cuma. cumartesi pazar."
    " birinci ikinci ucuncu dorduncu besinci altinci yedinci sekizinci dokuzuncu onuncu",
    "hy": "երկուշաբթի երեքշաբթի չորեքշաբթի հինգշաբթի ուրբաթ շաբաթ. կիրակի"
    " առաջին. երկրորդ երրորդ չորրորդ հինգերորդ վեցերորդ յոթերորդ ութերորդ իններորդ տասներորդ",
    "ko": "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
}
CURRENCY = re.compile(
    r"(?:dollar|dolar|sterlin|rouble|rubel|rublo|ruble|rupee|rupia|доллар|рубл|դոլար|ռուբլի)\w{0,3}"
    r"|euros?|avro|евро|եվրո\w?|yuan|юан[ьюя]"
)
"""A currency where words are parted; after a number it says what that counts."""

_WHOLE = {
    language: frozenset(word[:-1] for word in words.split() if word.endswith(".")) for language, words in _WORDS.items()
}
_BEGINNING = {
    language: tuple(word for word in words.split() if not word.endswith(".")) for language, words in _WORDS.items()
}


def is_of_a_series(folded: str, language: str) -> bool:
    """Where words are parted; in Chinese and Japanese such words hold a character of their own."""
    return folded in _WHOLE.get(language, ()) or folded.startswith(_BEGINNING.get(language, ("\0",)))
