"""The web room as people see it, in a real Chromium."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import NewMember
from tests.languages import NAMES
from tests.web_house import House, a_story, web_house

pytestmark = pytest.mark.browser


async def test_a_vote_moves_the_tally_in_the_other_window(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")

    await ann.get_by_role("button", name="Bullish").click()
    await expect(ann.get_by_role("button", name="Bullish 1")).to_be_visible()
    await expect(ben.get_by_role("button", name="Bullish 1")).to_be_visible()

    await ben.get_by_role("button", name="Bearish").click()
    await expect(ann.get_by_role("button", name="Bearish 1")).to_be_visible()

    await ann.get_by_role("button", name="Bullish 1").click()
    await expect(ben.get_by_role("button", name="Bullish 0")).to_be_visible()


async def test_a_story_arrives_without_reloading_and_is_announced(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(house.address)
    await expect(page.get_by_text("Stories arrive in a moment.")).to_be_visible()

    await house.core.post(a_story(title="Breaking: <b>bold</b> claims & more"))

    await expect(page.get_by_role("heading", name="Breaking: <b>bold</b> claims & more")).to_be_visible()
    await expect(page.locator("#announcer")).to_have_text("New story: Breaking: <b>bold</b> claims & more")
    await expect(page.get_by_text("Stories arrive in a moment.")).to_be_hidden()


async def test_whoever_reads_further_up_is_not_pulled_away(house: House, new_member: NewMember) -> None:
    for number in range(1, 13):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member(viewport={"width": 390, "height": 700})).new_page()
    await page.goto(f"{house.address}/r/en")
    for number in (13, 14, 15):
        await house.core.post(a_story(title=f"Story {number}"))
    await expect(page.get_by_role("link", name="Story 15")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="New stories")).to_be_hidden()

    await page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")
    await expect(page.get_by_role("link", name="Story 15")).not_to_be_in_viewport()
    await house.core.post(a_story(title="Story 16"))
    await page.get_by_role("button", name="New stories").click()
    await expect(page.get_by_role("link", name="Story 16")).to_be_in_viewport()
    await expect(page.get_by_role("button", name="New stories")).to_be_hidden()


async def test_another_language_is_another_room(house: House, new_member: NewMember) -> None:
    page = await (await new_member(locale="de-DE")).new_page()
    await page.goto(house.address)
    await expect(page).to_have_url(f"{house.address}/r/de")
    assert await page.locator("html").get_attribute("lang") == "de"

    await house.core.post(a_story(title="日本の見出し", language="ja"), "ja")
    await page.get_by_role("link", name=NAMES["ja"]).click()
    await expect(page).to_have_url(f"{house.address}/r/ja")
    assert await page.locator("html").get_attribute("lang") == "ja"
    await expect(page.get_by_role("link", name="日本の見出し")).to_be_visible()
    await expect(page.get_by_role("link", name=NAMES["ja"])).to_have_attribute("aria-current", "page")


async def test_times_are_told_relative_to_now_in_the_rooms_language(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(), "fr")
    page = await (await new_member()).new_page()
    await page.clock.install(time="2026-07-22T12:30:00Z")
    await page.goto(f"{house.address}/r/fr")
    await expect(page.locator("time")).to_have_text("il y a 3 heures")
    assert "2026" in (await page.locator("time").get_attribute("title") or "")


async def test_everything_can_be_done_from_the_keyboard(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="To the newest story")).to_be_focused()
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.classList.contains('bearish')"):
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Bearish 1")).to_be_focused()

    await page.keyboard.press("Tab")  # the menu
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Run /help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Run /help")).to_be_hidden()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("combobox")).to_be_focused()
    await page.keyboard.type("/help me")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("a member asked: me", exact=True)).to_be_visible()
    await expect(page.get_by_role("combobox")).to_be_focused()


async def test_an_answer_is_seen_by_its_asker_alone_and_grows_when_more_is_known(
    house: House, new_member: NewMember
) -> None:
    ann = await (await new_member()).new_page()
    ben = await (await new_member()).new_page()
    for page in (ann, ben):
        await page.goto(f"{house.address}/r/en")

    await ann.get_by_role("combobox").fill("/status")
    await ann.get_by_role("button", name="Send").click()
    await expect(ann.locator(".answer")).to_contain_text("Looking…")
    house.core.slow.set()
    await expect(ann.locator(".answer")).to_contain_text("All is well.")
    await expect(ann.locator(".answer")).to_have_count(1)

    await ann.reload()
    await expect(ann.locator(".answer")).to_contain_text("All is well.")
    await expect(ben.locator(".answer")).to_have_count(0)


async def test_a_menu_in_an_answer_changes_in_its_place(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_role("combobox").fill("/language")
    await page.keyboard.press("Enter")

    answer = page.locator(".answer")
    await expect(answer.get_by_role("button", name="English")).to_have_attribute("aria-pressed", "true")
    await answer.get_by_role("button", name="Français").click()
    await expect(answer.get_by_role("button", name="Français")).to_have_attribute("aria-pressed", "true")
    await expect(answer).to_have_count(1)


async def test_the_admin_link_opens_the_forms_that_only_admins_use(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_text("Commands", exact=True).click()
    await expect(page.get_by_role("button", name="Run /sources list")).to_be_visible()
    await expect(page.get_by_role("button", name="Run /sources follow")).to_have_count(0)

    await page.goto(house.admin_link)
    await expect(page).to_have_url(re.compile(r"/r/en$"))
    await expect(page.get_by_text("Admin", exact=True)).to_be_visible()
    await page.get_by_text("Commands", exact=True).click()
    form = page.locator("form.offer").filter(has_text="/sources follow")
    await form.get_by_role("combobox", name="Pack").select_option("tech")
    await form.get_by_role("button").click()
    await expect(page.get_by_text("an admin asked: follow tech", exact=True)).to_be_visible()


async def test_fields_that_can_be_suggested_are(house: House, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    await page.goto(house.admin_link)
    await page.get_by_text("Commands", exact=True).click()
    form = page.locator("form.offer").filter(has_text="/sources remove")
    await form.get_by_label("Address").fill("exa")
    await expect(form.locator("option")).to_have_text("Feed exa")
    await expect(form.locator("option")).to_have_attribute("value", "https://example.org/feed")


async def test_nothing_scrolls_sideways_on_a_phone(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story(title="W" * 300, lede="https://example.org/" + "x" * 400), "hy")
    page = await (await new_member(viewport={"width": 320, "height": 640}, is_mobile=True)).new_page()
    await page.goto(f"{house.address}/r/hy")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= 320
    await page.get_by_role("group").click()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320


async def test_a_page_that_was_away_catches_up(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    context = await new_member()
    page = await context.new_page()
    await page.goto(f"{house.address}/r/en")
    await page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true})")
    await page.clock.install()
    await page.evaluate("window.away = true; document.dispatchEvent(new Event('visibilitychange'))")
    await page.clock.fast_forward(70_000)

    await house.core.post(a_story(title="While you were away"))
    await expect(page.get_by_text("While you were away")).to_have_count(0)
    await page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.get_by_role("link", name="While you were away")).to_be_visible()


async def test_a_page_outlives_a_restart_of_the_bot(tmp_path: Path, new_member: NewMember) -> None:
    page = await (await new_member()).new_page()
    async with web_house(tmp_path) as house:
        await house.core.post(a_story())
        await page.goto(f"{house.address}/r/en")
        await page.get_by_role("combobox").fill("half-typed")
        port = house.site.port
    await expect(page.get_by_text("The connection is lost.")).to_be_visible()

    async with web_house(tmp_path, port=port) as house:
        await house.core.post(a_story(title="After the restart"), delivery=2)
        await expect(page.get_by_role("link", name="After the restart")).to_be_visible(timeout=15_000)
        await expect(page.get_by_text("The connection is lost.")).to_be_hidden()
        await expect(page.get_by_role("combobox")).to_have_value("half-typed")
        await expect(page.locator(".card")).to_have_count(2)


async def test_older_stories_are_a_click_away(house: House, new_member: NewMember) -> None:
    for number in range(1, 61):
        await house.core.post(a_story(title=f"Story {number}"))
    page = await (await new_member()).new_page()
    await page.goto(f"{house.address}/r/en")
    await expect(page.get_by_role("link", name="Story 60")).to_be_in_viewport()
    await expect(page.get_by_role("link", name="Story 10", exact=True)).to_have_count(0)

    await page.get_by_role("link", name="Older stories").click()
    await expect(page.get_by_role("link", name="Story 10", exact=True)).to_have_count(1)
    titles = await page.locator(".title").all_inner_texts()
    assert titles == [f"Story {number}" for number in range(1, 61)]
    await expect(page.get_by_role("link", name="Older stories")).to_have_count(0)


async def test_without_scripts_votes_and_commands_still_work(house: House, new_member: NewMember) -> None:
    await house.core.post(a_story())
    page = await (await new_member(java_script_enabled=False)).new_page()
    await page.goto(f"{house.address}/r/en")
    await page.get_by_role("button", name="Bullish 0").click()
    await expect(page.get_by_role("button", name="Bullish 1")).to_be_visible()
    await expect(page).to_have_url(re.compile("/r/en#m1$"))

    house.core.slow.set()
    await page.get_by_role("combobox").fill("/status")
    await page.get_by_role("button", name="Send").click()
    await expect(page.locator(".answer")).to_contain_text("All is well.")


async def test_hostile_stories_run_nothing(house: House, new_member: NewMember) -> None:
    payload = "</h2><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    await house.core.post(a_story(title=payload, lede=payload, source=payload, url="javascript:window.hacked=1"))
    await house.core.post(a_story(picture="https://127.0.0.1:1/'onerror='window.hacked=1", title="Second"), "de")
    page = await (await new_member()).new_page()
    await page.route("https://127.0.0.1:1/**", lambda route: route.fulfill(content_type="image/png", body=b""))
    await page.goto(f"{house.address}/r/en")
    await expect(page.locator(".title")).to_have_text(payload)
    await page.goto(f"{house.address}/r/de")
    await expect(page.locator(".picture")).to_have_count(1)
    assert await page.evaluate("window.hacked") is None
