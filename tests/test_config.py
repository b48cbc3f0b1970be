"""Settings: the example is complete and loads, and every fault is told at once, in words, without secrets."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from adapters import ADAPTERS
from bot.config import DeclaredChat, Settings, load, secrets_of, settings_model
from bot.errors import ConfigError
from bot.faults import in_words

ROOT = Path(__file__).parent.parent
TABLES = {name: row.settings_model() for name, row in ADAPTERS.items()}
PACKS = ("crypto", "tech")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("NEWSTALLY_"):
            monkeypatch.delenv(name)


def write(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text)
    return path


def fields(model: type[BaseModel]) -> list[str]:
    return list(model.model_fields)


def uncommented() -> str:
    """The example with its commented settings switched on, as a reader would who removes the "# "."""
    lines = []
    for line in (ROOT / "config.example.toml").read_text().splitlines():
        is_setting = line.startswith(("# [", "# ")) and ("=" in line.split("#")[1] or line.startswith("# [["))
        lines.append(line.removeprefix("# ") if is_setting and not line.startswith("# Every") else line)
    return "\n".join(lines)


def test_the_example_as_it_stands_gives_the_defaults() -> None:
    example = load(ROOT / "config.example.toml", TABLES)
    assert example.model_dump() == load(None, TABLES).model_dump()


def test_the_example_names_every_setting_there_is() -> None:
    shown = tomllib.loads(uncommented())
    settings = type(load(None, TABLES))
    for table, field in settings.model_fields.items():
        if table == "chats":
            assert set(shown["chats"][0]) == set(fields(DeclaredChat))
            continue
        model = field.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        assert set(shown[table]) == set(fields(model)), table


def test_every_setting_of_the_example_says_why() -> None:
    for line in (ROOT / "config.example.toml").read_text().splitlines():
        if "=" in line and not line.startswith(("# Every", "#  ")):
            _, _, why = line.removeprefix("# ").partition("  # ")
            assert why or line.startswith("base_url") or "# " in line.removeprefix("# "), line


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[telegram]\ntokn = '1:a'", "telegram.tokn: unknown key; did you mean token?"),
        ("[telegramm]\ntoken = '1:a'", "telegramm: unknown key; did you mean telegram?"),
        ("[site]\nport = 'eighty'", "site.port"),
        ("[site]\nhost = '0.0.0.0'", "admin_token"),
        ("[gather]\ninterval = 0", "gather.interval"),
        ("[telegram]\ntoken = 'nonsense'", "telegram.token"),
        ("[[chats]]\nplatform='irc'\nid='1'\nlanguage='fr'", "none of web, telegram, discord"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='xx'", "chats.0.language: 'xx' is none of en, de, ko"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\npacks=['sport']", "none of crypto, tech"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\nfeeds=['ftp://a']", "Only http and https addresses"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\nfeeds=['https://a:b@c.example/']", "name or password"),
        (
            "[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\npacks=['tech']\nfeeds=["
            + ",".join(f"'https://a.example/{n}'" for n in range(50))
            + "]",
            "chats.0: a chat follows 50 packs and feeds at most, and these are 51",
        ),
        ("[[chats]]\nplatform='web'\nid='fr'\nlangage='fr'", "chats.0.langage: unknown key; did you mean language?"),
        ("[[chats]]\nplatform='web'\nid='xx'\nlanguage='fr'", "'xx' is no room"),
        ("[[chats]]\nplatform='discord'\nid='news'\nlanguage='fr'", "'news' is no id of a Discord channel"),
        ("[[chats]]\nplatform='telegram'\nid='news'\nlanguage='fr'", "'news' is no Telegram chat"),
        ("[[chats]]\nplatform='telegram'\nid=-5\ntopic='a'\nlanguage='fr'", "the topic 'a'"),
        ("chats = 3", "chats: must be a table of settings under [[chats]]"),
        ("chats = [3]", "chats.0: must be a table of settings under [[chats]]"),
        ("site = 3", "site: must be a table of settings under [site]"),
        ("[storage]\npath = 3", 'storage.path: must be the path of a file, in quotes, such as "newstally.db"'),
        ("[storage]\npath = ''", 'storage.path: must be the path of a file, such as "newstally.db"'),
        ("[storage]\npath = '/'", 'storage.path: must be the path of a file, such as "/newstally.db"'),
        ('[storage]\npath = "a\\u0000b"', "storage.path: must be the path of a file"),
        ("[gather]\nallow_networks = '10.0.0.0/8'", 'gather.allow_networks: must be a list, such as ["10.1.0.0/16"]'),
        ("[gather]\nallow_networks = ['home']", "gather.allow_networks.0: 'home' is no network; it must be"),
        ("[gather]\nallow_networks = ['fd00::/8', '10.1.2.3/8']", "no network (did you mean 10.0.0.0/8?)"),
        ("[gather]\nadaptive = 'maybe'", "gather.adaptive: must be true or false"),
        ("[gather]\nmax_bytes = 1", "gather.max_bytes: must be at least 1000, such as 5000000"),
        ("[site]\nport = 'x'", "site.port: must be a whole number, such as 8080"),
        ("[[chats]]\nplatform = 'web'\nid = 'fr'", 'chats.0.language: must be set, such as "fr"'),
        (
            "[translate]\nproviders = ['deepl']",
            "translate: providers names what can't be asked: translate.deepl.key must",
        ),
        ("[translate]\nproviders = ['libretranslate']", "translate.libretranslate.url must be set for it"),
        (
            "[translate]\nproviders = ['model']\n[translate.model]\nbase_url = 'http://a'",
            "translate.model.base_url and translate.model.model must be set for it",
        ),
        (
            "[translate]\nproviders = ['deepl', 'deepl']\n[translate.deepl]\nkey = 'k'",
            "translate: providers names what can't be asked: one stands there twice",
        ),
        (
            "[translate]\nproviders = ['google']",
            "translate.providers.0: must be one of 'libretranslate', 'deepl' or 'model'",
        ),
        (
            "[translate.libretranslate]\nurl = 'http://user:word@a'",
            "translate.libretranslate.url: must be an address without",
        ),
        ("[translate.model]\nbase_url = 'ftp://a'", "translate.model.base_url: must be an address"),
        ("[translate.deepl]\ncharacters_per_month = -1", "translate.deepl.characters_per_month: must be at least 0"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\nfallback=['xx']", "chats.0.fallback.0"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\nfallback='en'", "chats.0.fallback: must be a list"),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\ntimezone='Atlantis'", 'such as "Asia/Yerevan"'),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\ntimezone='../../etc/passwd'", 'such as "Asia/Yerevan"'),
        ("[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\ntimezone='localtime'", 'such as "Asia/Yerevan"'),
        ("[site\n", "not valid TOML"),
    ],
)
def test_each_fault_is_told_in_words(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), TABLES, packs=PACKS)
    assert told in str(caught.value)


def test_a_chat_may_have_other_languages_and_a_time_zone(tmp_path: Path) -> None:
    chat = "[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\n"
    (bare,) = load(write(tmp_path, chat), TABLES).chats
    assert (bare.fallback, bare.timezone) == (None, None)
    (full,) = load(write(tmp_path, f"{chat}fallback = ['ru', 'en']\ntimezone = 'europe/kiev'"), TABLES).chats
    assert (full.fallback, full.timezone) == (("ru", "en"), "Europe/Kyiv")
    (none,) = load(write(tmp_path, f"{chat}fallback = []"), TABLES).chats
    assert none.fallback == ()


def test_a_setting_that_a_table_does_not_have_leaves_its_mark_as_it_was(tmp_path: Path) -> None:
    """By its mark a table is known to have been applied: a new version must not apply all of them again."""
    (chat,) = load(write(tmp_path, "[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'"), TABLES).chats
    assert chat.model_dump_json(exclude_none=True) == (
        '{"platform":"web","id":"fr","topic":"","language":"fr","packs":[],"feeds":[]}'
    )


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[site]\nport = -1\n[gather]\nintervall = 3\n[log]\nlevel = 'loud'"), TABLES)
    assert len(caught.value.faults) == 3


JUNK = (3, -1, 10**30, 1.5, float("nan"), True, "", "x" * 300, "é", [], [1], ["x"], [[]], {"a": 1}, [{"a": 1}])


def test_no_fault_is_told_in_the_words_of_the_library() -> None:
    model = settings_model(TABLES)
    tables = {name: field.annotation for name, field in model.model_fields.items() if name != "chats"}
    given: list[dict[str, object]] = [{name: junk} for name in model.model_fields for junk in JUNK]
    given += [{table: {name: junk}} for table, one in tables.items() for name in fields(one) for junk in JUNK]
    given += [{"chats": [{name: junk}]} for name in fields(DeclaredChat) for junk in JUNK]
    told: list[str] = []
    for values in given:
        try:
            model(**values)
        except ValidationError as error:
            told += in_words(error.errors(), model)
    assert len(told) > 100
    assert [line for line in told if re.search("nput|valid|[Ss]hould|lax|Extra|<class|pydantic", line)] == []
    assert all(len(line) < 400 and "\n" not in line for line in told)


def test_what_one_setting_needs_because_of_another_is_told_beside_other_faults(tmp_path: Path) -> None:
    text = "[site]\nhost = '0.0.0.0'\nport = 'x'\nprot = 1\n[gather]\ninterval = 0"
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), TABLES)
    assert len(caught.value.faults) == 4
    assert "site.admin_token: others can reach host 0.0.0.0" in str(caught.value)


def test_a_missing_setting_of_a_chat_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[[chats]]\nlanguage = 'fr'"), TABLES)
    assert caught.value.faults == (
        'chats.0.platform: must be set, such as "telegram"',
        "chats.0.id: must be set, such as -1001234567890",
    )


def test_faults_of_the_environment_are_told_beside_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEWSTALLY_GATHER__ALLOW_NETWORKS", "10.0.0.0/8")
    monkeypatch.setenv("NEWSTALLY_LOG", "loud")
    monkeypatch.setenv("NEWSTALLY_TELEGRM__TOKEN", "1:a")
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[site]\nport = -1"), TABLES)
    told = str(caught.value)
    assert 'gather.allow_networks: must be a list, such as ["10.1.0.0/16"]' in told
    assert "log: must be a table of settings under [log]" in told
    assert "did you mean NEWSTALLY_TELEGRAM__" in told
    assert "site.port" in told


def test_faults_of_chats_are_told_beside_others(tmp_path: Path) -> None:
    text = "[site]\nport = -1\n[[chats]]\nplatform = 'irc'\nid = 1\nlanguage = 'fr'\nfeeds = ['file:///etc/passwd']"
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, text), TABLES)
    assert len(caught.value.faults) == 3


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "nowhere.toml", TABLES)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTALLY_SITE__PORT", "9001")
    monkeypatch.setenv("NEWSTALLY_TELEGRAM__TOKEN", "123456:from-the-environment")
    settings = load(write(tmp_path, "[site]\nport = 9000\nadmin_token='0123456789abcdef'"), TABLES)
    assert settings.site.port == 9001
    assert set(secrets_of(settings)) == {"123456:from-the-environment", "0123456789abcdef"}


def test_a_variable_with_one_underscore_too_few_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTALLY_TELEGRAM_TOKEN", "1:a")
    with pytest.raises(ConfigError, match="did you mean NEWSTALLY_TELEGRAM__TOKEN") as caught:
        load(None, TABLES)
    assert "1:a" not in str(caught.value)


def test_variables_of_container_platforms_are_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTALLY_WEB_PORT", "8080")
    monkeypatch.setenv("NEWSTALLY_SITE_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("NEWSTALLY_WEB_SERVICE_HOST", "10.0.0.1")
    assert load(None, TABLES).site.port is None


def test_a_path_that_can_not_be_looked_at_is_left_to_whoever_opens_it(tmp_path: Path) -> None:
    path = "/".join(["x" * 300, "news.db"])
    assert str(load(write(tmp_path, f"[storage]\npath = '{path}'"), TABLES).storage.path) == path


def test_true_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, "[site]\nport = true\n[votes]\nopen_days = true\n[gather]\nadaptive = true"), TABLES)
    assert caught.value.faults == ("site.port: must be a number", "votes.open_days: must be a number")


def test_a_fault_of_a_feed_shows_no_password(tmp_path: Path) -> None:
    feeds = "feeds=['https://a.example/', 'https://me:hush@b.example/?key=quiet']"
    with pytest.raises(ConfigError, match=r"chats\.0\.feeds\.1: ") as caught:
        load(write(tmp_path, f"[[chats]]\nplatform='web'\nid='fr'\nlanguage='fr'\n{feeds}"), TABLES)
    assert "hush" not in str(caught.value)
    assert "quiet" not in str(caught.value)


def test_a_misspelt_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTALLY_TELEGRM__TOKEN", "1:a")
    with pytest.raises(ConfigError, match="did you mean NEWSTALLY_TELEGRAM__"):
        load(None, TABLES)


def test_no_fault_and_no_repr_shows_a_secret(tmp_path: Path) -> None:
    secret = "sesame sesame"
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, f"[telegram]\ntoken = '{secret}'\n[site]\nadmin_token = 'sesame'"), TABLES)
    assert "sesame" not in str(caught.value)
    good = load(write(tmp_path, "[discord]\ntoken = 'open-sesame.abcdef.ghijkl'"), TABLES)
    assert "sesame" not in repr(good)


@given(st.binary(max_size=300))
def test_any_file_at_all_loads_or_is_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "config.toml"
    path.write_bytes(data)
    try:
        loaded = load(path, TABLES)
    except ConfigError as error:
        told = error.faults
        assert told
    else:
        assert isinstance(loaded, Settings)


def test_the_keys_of_news_apis_come_from_the_environment_and_are_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSTALLY_GATHER__COINSTATS__KEY", "cs-secret")
    monkeypatch.setenv("NEWSTALLY_GATHER__CRYPTOPANIC__KEY", "cp-secret")
    settings = load(None, TABLES)
    assert {"cs-secret", "cp-secret"} <= set(secrets_of(settings))
    assert "secret" not in repr(settings).replace("SecretStr", "")


def test_a_table_of_topics_that_cant_be_used_is_a_fault(tmp_path: Path) -> None:
    table = tmp_path / "topics.toml"
    table.write_text("[ACME]\nkind = 'shop'\n")
    with pytest.raises(ConfigError) as caught:
        load(write(tmp_path, f"[gather]\ntopics = '{table}'"), TABLES)
    assert "gather.topics: " in str(caught.value)
    assert "[ACME]: kind is none of coin, company, theme" in str(caught.value)
