"""The ``[discord]`` table of the config file."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import ValidationError

from adapters.discord.settings import DiscordSettings


def test_without_a_token_discord_is_off_and_the_addresses_are_discords():
    settings = DiscordSettings()

    assert settings.token is None
    assert settings.api_url == "https://discord.com/api/v10"
    assert settings.gateway_url == "wss://gateway.discord.gg"


def test_an_empty_token_is_none():
    assert DiscordSettings.model_validate({"token": ""}).token is None


@pytest.mark.parametrize("token", [" \t", "two words", "Bot abc.def", "geh\u00e9im", "line\nbreak"])
def test_a_malformed_token_is_refused_without_being_shown(token):
    with pytest.raises(ValidationError) as refused:
        DiscordSettings.model_validate({"token": token})

    assert "token" in str(refused.value)
    assert token.strip() not in str(refused.value).replace("bot token", "") or not token.strip()


def test_another_servers_short_token_is_accepted():
    settings = DiscordSettings.model_validate({"token": "test-token"})

    assert settings.token is not None
    assert settings.token.get_secret_value() == "test-token"
    assert "test-token" not in repr(settings)


@pytest.mark.parametrize(
    "table",
    [
        {"api_url": "discord.com/api"},
        {"api_url": "ftp://x/y"},
        {"gateway_url": "https://gateway"},
        {"api_url": "http://"},
    ],
)
def test_an_address_that_cant_be_used_is_refused(table):
    with pytest.raises(ValidationError, match="address"):
        DiscordSettings.model_validate(table)


def test_an_unknown_key_is_refused():
    with pytest.raises(ValidationError, match="tokn"):
        DiscordSettings.model_validate({"tokn": "x"})


def test_reading_the_settings_loads_no_discord_library():
    program = "import sys; import adapters.discord, adapters.discord.settings; sys.exit('discord' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
