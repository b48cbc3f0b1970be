"""`/timezone`: by which clock a chat goes, and places by the names that people give them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.commands import zones
from bot.events import ChoicesWanted
from bot.model import Actor, ChatKind, ChatRef, Phrase
from tests.commands.stage import ADMIN, CHANNEL, GROUP, MEMBER, NOW, button, buttons, refusal, said
from tests.languages import CATALOGUES, LANGUAGES

ONLY_ADMINS = Phrase("Only the admins of this chat can change that.")
LOCALES = [CATALOGUES.locale(language) for language in LANGUAGES]
SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


async def zone(stage, ref=GROUP):
    return (await stage.chat(ref)).timezone


# --- the command -----------------------------------------------------------------------------------------------------


async def test_an_admin_chooses_by_a_city_and_sees_what_its_clock_shows(stage):
    await stage.speaks("en")
    answer = await stage.types("/timezone yerevan")
    assert await zone(stage) == "Asia/Yerevan"
    assert "Time zone: Yerevan, where it is Nov 22, 2026, 11:06\u202fPM GMT+4 now" in said(answer)
    assert not answer.private
    assert [(change.actor, change.setting, change.old, change.new) for change in await stage.log()][-1] == (
        "village:anna",
        "timezone",
        None,
        "Asia/Yerevan",
    )
    assert "Time zone: Yerevan, where it is Nov 22, 2026, 11:06" in said(await stage.types("/status", MEMBER))
    await stage.types("/timezone UTC+4")
    assert await zone(stage) == "Etc/GMT-4"
    assert "Time zone: UTC+4, where it is Nov 22, 2026, 11:06" in said(await stage.types("/status"))
    await stage.types("/timezone default")
    assert await zone(stage) is None
    assert "Time zone: UTC, where it is Nov 22, 2026, 7:06" in said(await stage.types("/status"))


async def test_the_answer_names_the_city_as_the_chat_does(stage):
    await stage.speaks("ja")
    assert "エレバン" in said(await stage.types("/timezone Asia/Yerevan"))
    await stage.speaks("hy")
    assert "Երևան" in said(await stage.types("/status"))


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_chat_that_has_chosen_none_goes_by_the_clock_of_its_language(stage, language):
    await stage.speaks(language)
    name = zones.name_of(CATALOGUES.zone(language), CATALOGUES.locale(language))
    assert name in said(await stage.types("/status"))
    menu = await stage.types("/timezone")
    assert [one.label for one in buttons(menu) if one.pressed] == [name]


async def test_the_menu_leads_by_region_to_a_city(stage):
    await stage.speaks("de")
    menu = await stage.types("/timezone")
    assert [one.label for one in buttons(menu)] == [
        "Berlin", "UTC", "Europa", "Asien", "Amerika", "Afrika", "Ozeanien",
    ]  # fmt: skip
    page = await stage.presses(button(menu, f":in {zones.ASIA}"))
    assert page.replaces
    first = [one.label for one in buttons(page)][:12]
    assert first[:4] == ["Aden", "Aktobe", "Almaty", "Amman"]
    assert button(page, f":in {zones.ASIA} 2").label
    page = await stage.presses(button(page, f":in {zones.ASIA} 2"))
    assert [one.label for one in buttons(page)][:12] != first
    while True:
        yerevan = [one for one in buttons(page) if one.id.endswith("Asia/Yerevan")]
        if yerevan:
            break
        page = await stage.presses(buttons(page)[-1])
    assert yerevan[0].label == "Eriwan"
    chosen = await stage.presses(yerevan[0])
    assert chosen.replaces
    assert await zone(stage) == "Asia/Yerevan"
    assert "Eriwan" in said(chosen)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_fits_every_platform(stage, language):
    """Five rows of five, ids of 64 bytes, every zone on exactly one page."""
    await stage.speaks(language)
    elsewhere = f"c:timezone:@{10**9} "  # as many signs as a row's number can come to have
    seen = []
    for region in zones.REGIONS:
        for number in range(1, (len(zones.of_region(region, CATALOGUES.locale(language))) + 11) // 12 + 1):
            page = await stage.types(f"/timezone in {region} {number}")
            assert len(page.card.buttons) <= 5
            assert all(len(row) <= 5 for row in page.card.buttons)
            for one in buttons(page):
                assert len(one.id.replace("c:timezone:", elsewhere).encode()) <= 64
                assert one.id.isascii()
            seen += [one.id.rpartition(":")[2] for row in page.card.buttons[:-1] for one in row]
    assert sorted(seen) == sorted(zones.places())


@pytest.mark.parametrize("words", ["Atlantis", "🙂", "+25", "UTC+4:17", "/etc/passwd", "x" * 500, "in 150 abc"])
async def test_an_unknown_place_is_answered_with_what_to_do(stage, words):
    await stage.speaks("en")
    answer = await stage.types(f"/timezone {words}")
    assert answer.private
    assert await zone(stage) is None
    assert "/timezone Yerevan · /timezone Asia/Yerevan · /timezone UTC+4" in said(answer)


async def test_of_several_places_one_is_chosen_by_a_button(stage):
    await stage.speaks("en")
    answer = await stage.types("/timezone United States")
    assert "Which one do you mean?" in said(answer)
    assert {"New York", "Chicago", "Denver", "Los Angeles", "Honolulu"} <= {one.label for one in buttons(answer)}
    assert await zone(stage) is None
    await stage.presses(button(answer, "America/Los_Angeles"))
    assert await zone(stage) == "America/Los_Angeles"


async def test_a_page_beyond_the_last_is_the_last(stage):
    await stage.speaks("en")
    assert "Asia, page 7 of 7" in said(await stage.types(f"/timezone in {zones.ASIA} 999"))
    assert "Asia, page 1 of 7" in said(await stage.types(f"/timezone in {zones.ASIA} 0"))


@pytest.mark.parametrize("text", ["/timezone", "/timezone Berlin", "/timezone in 150", "/timezone default"])
async def test_a_member_is_refused(stage, text):
    await stage.speaks("de")
    assert refusal(await stage.types(text, MEMBER), ONLY_ADMINS, "fr")
    assert refusal(
        await stage.presses(f"c:timezone:{text.removeprefix('/timezone').strip()}", MEMBER), ONLY_ADMINS, "fr"
    )
    assert await zone(stage) is None


async def test_a_form_chooses_as_typing_does(stage):
    await stage.fills_in("timezone", zone="America/Sao_Paulo")
    assert await zone(stage) == "America/Sao_Paulo"


async def test_a_channel_is_set_up_from_its_admins_private_chat(stage):
    alone = ChatRef("village", ADMIN.id)
    await stage.joins(CHANNEL, ChatKind.CHANNEL)
    asked = await stage.types("/timezone", chat=alone, kind=ChatKind.PRIVATE)
    menu = await stage.presses(next(one for one in buttons(asked) if one.label == "The tower"), chat=alone)
    assert "The tower" in said(menu)
    page = await stage.presses(button(menu, f"in {zones.EUROPE}"), chat=alone)
    await stage.presses(button(page, "Europe/Amsterdam"), chat=alone)
    assert await zone(stage, CHANNEL) == "Europe/Amsterdam"
    assert await zone(stage, alone) is None


async def offered(stage, typed, actor=ADMIN):
    event = ChoicesWanted(GROUP, actor, "timezone", "", "zone", typed)
    return [(choice.value, choice.label) for choice in (await stage.commands.choices(event)).choices]


async def test_places_are_suggested_in_the_words_of_whoever_types(stage):
    assert await offered(stage, "yere") == [("Asia/Yerevan", "Yerevan (Asia/Yerevan)")]
    german = Actor("village", "greta", locale="de-AT")
    assert await offered(stage, "eriw", german) == [("Asia/Yerevan", "Eriwan (Asia/Yerevan)")]
    assert ("Asia/Yerevan", "Eriwan (Asia/Yerevan)") in await offered(stage, "yerevan", german)
    assert ("America/Sao_Paulo", "São Paulo (America/Sao_Paulo)") in await offered(stage, "SAO P", MEMBER)
    assert len(await offered(stage, "")) == 25
    assert len(await offered(stage, "a")) == 25
    assert await offered(stage, "zzz") == []


# --- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("Asia/Yerevan", "Asia/Yerevan"),
        ("asia/yerevan", "Asia/Yerevan"),
        ("yerevan", "Asia/Yerevan"),
        (" YEREVAN ", "Asia/Yerevan"),
        ("Երևան", "Asia/Yerevan"),
        ("Երեւան", "Asia/Yerevan"),
        ("Ереван", "Asia/Yerevan"),
        ("예레반", "Asia/Yerevan"),
        ("エレバン", "Asia/Yerevan"),
        ("Eriwan", "Asia/Yerevan"),
        ("sao paulo", "America/Sao_Paulo"),
        ("São Paulo", "America/Sao_Paulo"),
        ("sao_paulo", "America/Sao_Paulo"),
        ("SaoPaulo", "America/Sao_Paulo"),
        ("New-York", "America/New_York"),
        ("los angeles", "America/Los_Angeles"),
        ("los ang", "America/Los_Angeles"),
        ("İstanbul", "Europe/Istanbul"),
        ("istanbul", "Europe/Istanbul"),
        ("ISTANBUL", "Europe/Istanbul"),
        ("Kyiv", "Europe/Kyiv"),
        ("Kiev", "Europe/Kyiv"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Calcutta", "Asia/Kolkata"),
        ("Saigon", "Asia/Ho_Chi_Minh"),
        ("US/Eastern", "America/New_York"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("Armenia", "Asia/Yerevan"),
        ("Հայաստան", "Asia/Yerevan"),
        ("Deutschland", "Europe/Berlin"),
        ("대한민국", "Asia/Seoul"),
        ("Türkiye", "Europe/Istanbul"),
        ("Singapore", "Asia/Singapore"),
        ("UTC", "Etc/UTC"),
        ("utc", "Etc/UTC"),
        ("UTC+4", "Etc/GMT-4"),
        ("utc +04:00", "Etc/GMT-4"),
        ("GMT-3", "Etc/GMT+3"),  # IANA's own signs are the other way round
        ("Etc/GMT-3", "Etc/GMT-3"),
        ("UTC-3", "Etc/GMT+3"),
        ("UTC−3", "Etc/GMT+3"),
        ("+5:45", "Asia/Kathmandu"),
        ("UTC+0", "Etc/UTC"),
    ],
)
def test_a_place_is_known_by_any_of_its_names(words, meant):
    for language in ("en", "hy", "ja"):
        assert zones.find(words, language, NOW, LOCALES) == (meant,), language


def test_a_country_with_several_clocks_is_asked_about_each_once():
    russia = zones.find("Russia", "en", NOW)
    assert len(russia) == 11
    assert russia[0] == "Europe/Kaliningrad"
    offsets = {
        (NOW.astimezone(ZoneInfo(one)).utcoffset(), SUMMER.astimezone(ZoneInfo(one)).utcoffset()) for one in russia
    }
    assert len(offsets) == 11


def test_the_places_are_todays_and_all_can_be_used():
    assert len(zones.places()) > 400
    assert {place.region for place in zones.places().values()} == set(zones.REGIONS)
    assert set(zones.places()) <= available_timezones()
    assert "Europe/Kiev" not in zones.places()
    assert "Asia/Calcutta" not in zones.places()
    for name in available_timezones() - {"localtime", "Factory"}:
        known = zones.known_zone(name)
        assert known is not None
        assert NOW.astimezone(ZoneInfo(known)).utcoffset() == NOW.astimezone(ZoneInfo(name)).utcoffset(), name
    assert zones.known_zone("localtime") is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_and_region_has_a_name(language):
    locale = CATALOGUES.locale(language)
    for one in zones.places():
        name = zones.name_of(one, locale)
        assert name
        assert "_" not in name
        assert "\u00ad" not in name
        assert len(name) <= 40
    assert all(zones.region_name(region, locale) for region in zones.REGIONS)
    assert zones.name_of("Etc/GMT-4", locale) == "UTC+4"
    assert zones.name_of("Etc/GMT+3", locale) == "UTC−3"
    assert {zones.name_of(one, locale) for one in ("Etc/UTC", "UTC", "Etc/GMT", "Etc/GMT+0", "GMT0")} == {"UTC"}


# The first look at a language reads all names of places.
@settings(deadline=None)
@given(st.text(max_size=120), st.sampled_from(LOCALES))
def test_whatever_is_typed_means_zones_that_there_are_or_none(words, locale):
    for one in (*zones.find(words, locale, NOW, LOCALES), *zones.begun(words, locale)):
        assert ZoneInfo(one)
