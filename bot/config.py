"""TOML and environment → typed settings. Every fault is reported at once, in words, and none shows a secret."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from bot.commands.zones import known_zone
from bot.errors import ConfigError, SourceError
from bot.faults import in_words, switches_for_numbers
from bot.gather.client import checked
from bot.gather.settings import GatherSettings
from bot.languages import catalogue_folder, languages_in
from bot.model import MOST_FOLLOWED
from bot.ports import NamesChats
from bot.site.settings import SiteSettings
from bot.translate.settings import TranslateSettings

MAX_BYTES = 1_000_000
"""A config file larger than this is not one."""

MAX_NAME = 200
"""Bytes of the database's name: file systems allow 255, and others are made beside it, with longer names."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class StorageSettings(_Table):
    """`[storage]`"""

    path: Path = Path("newstally.db")

    @field_validator("path")
    @classmethod
    def _can_be_a_file(cls, path: Path) -> Path:
        if "\0" in str(path) or len(os.fsencode(path.name)) > MAX_NAME:
            raise ValueError('must be the path of a file, such as "newstally.db"')
        if not path.name or _is_folder(path):
            raise ValueError(f'must be the path of a file, such as "{path / "newstally.db"}"')
        return path


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # it can't be looked at: whoever opens it says why
        return False


class VotesSettings(_Table):
    """`[votes]`"""

    open_days: int = Field(14, ge=1, le=365)


class RetentionSettings(_Table):
    """`[retention]`: for how many days things are kept after their last use."""

    entries_days: int = Field(90, ge=2, le=3650)
    log_days: int = Field(365, ge=1, le=3650)


class LogSettings(_Table):
    """`[log]`"""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class DeclaredChat(_Table):
    """One `[[chats]]`: a chat that the operator sets up in the file instead of by commands."""

    platform: str
    id: Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
    topic: Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)] = ""
    language: str
    packs: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    fallback: tuple[str, ...] | None = Field(None, max_length=64)
    """In which other languages it takes stories, in order; None: as commands say."""
    timezone: str | None = Field(None, max_length=64)
    """None: as commands say."""
    translate: bool | None = None
    """False: stories in other languages stay as they are here; None: as commands say."""

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        if name is None:
            return None
        zone = known_zone(name)
        if zone is None:
            raise ValueError('must be the name of a time zone, such as "Asia/Yerevan"')
        return zone


class Settings(BaseSettings):
    """Everything that can be set. Each platform's own table is added by `load`."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix="NEWSTALLY_",
        env_nested_delimiter="__",
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    storage: StorageSettings = StorageSettings()
    site: SiteSettings = SiteSettings()
    gather: GatherSettings = GatherSettings()
    translate: TranslateSettings = TranslateSettings()
    votes: VotesSettings = VotesSettings()
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()
    chats: tuple[DeclaredChat, ...] = ()

    def platform(self, name: str) -> BaseModel | None:
        """The settings of one platform's table; None for one that was not asked for."""
        return getattr(self, name, None)


class _Environment(EnvSettingsSource):
    """What isn't JSON where a list or table is due is passed on, so that it is told with the other faults."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


def settings_model(tables: Mapping[str, type[BaseModel]]) -> type[Settings]:
    """Settings with a table for each platform, defaulting to what the platform's model defaults to."""
    fields: dict[str, Any] = {name: (model, FieldInfo(default=model())) for name, model in tables.items()}
    return create_model("NewstallySettings", __base__=Settings, **fields)


def load(
    config: Path | None,
    tables: Mapping[str, type[BaseModel]],
    *,
    packs: Sequence[str] = (),
    languages: Collection[str] | None = None,
    secrets_dir: Path | None = None,
) -> Settings:
    """Read the file (if any) and the environment, which wins. Raises ConfigError with every fault.

    ``languages``: the codes of those that there are; None: of the bundled catalogues.
    """
    known = list(languages_in(catalogue_folder()).found) if languages is None else languages
    from_file = _read(config) if config is not None else {}
    model = settings_model(tables)

    class Sourced(model):  # type: ignore[valid-type, misc]  # made at run time from the platforms that exist
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            environment = _Environment(settings_cls)
            if secrets_dir is None:
                return environment, init_settings
            return environment, SecretsSettingsSource(settings_cls, secrets_dir=secrets_dir), init_settings

    try:
        settings: Settings = Sourced(**from_file)
    except ValidationError as error:
        faults = (*in_words(error.errors(), model), *switches_for_numbers(from_file, model))
        beside = _chat_faults(from_file.get("chats"), tables, packs, known)
        raise ConfigError((*faults, *_unknown_variables(model), *beside)) from None
    except (ValueError, TypeError) as error:  # pydantic-settings, for an environment variable that isn't JSON
        raise ConfigError((f"environment: {error}",)) from None
    chats = [chat.model_dump() for chat in settings.chats]
    beside = _chat_faults(chats, tables, packs, known)
    found = (*switches_for_numbers(from_file, model), *_unknown_variables(model), *beside)
    if found:
        raise ConfigError(found)
    return settings


def _read(config: Path) -> dict[str, Any]:
    try:
        if config.stat().st_size > MAX_BYTES:
            raise ConfigError((f"{config}: larger than {MAX_BYTES} bytes, surely not a configuration",))
        # Some editors put a byte order mark in front, which TOML has no place for.
        return tomllib.loads(config.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError((f"{config}: can't be read: {error.strerror or error}",)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError((f"{config}: not valid TOML: {error}",)) from None


def _unknown_variables(model: type[BaseModel]) -> Iterator[str]:
    """Of the variables that can only be meant as settings; what pydantic doesn't know there, it passes over."""
    for name in sorted(name for name in os.environ if name.startswith("NEWSTALLY_")):
        table, marked, _ = name.removeprefix("NEWSTALLY_").lower().partition("__")
        single, _, rest = table.partition("_")
        # Container platforms set variables such as NEWSTALLY_WEB_PORT=tcp://… for their own services.
        if not marked and rest in _names_in(single, model) and "://" not in os.environ[name]:
            yield f"environment: {name} is no setting; did you mean NEWSTALLY_{single.upper()}__{rest.upper()}?"
        elif marked and table not in model.model_fields:
            near = difflib.get_close_matches(table, list(model.model_fields), n=1)
            hint = f"; did you mean NEWSTALLY_{near[0].upper()}__…?" if near else ""
            yield f"environment: {name} is no setting{hint}"


def _names_in(table: str, model: type[BaseModel]) -> Collection[str]:
    field = model.model_fields.get(table)
    return getattr(field and field.annotation, "model_fields", {})


def _chat_faults(
    chats: Any, tables: Mapping[str, type[BaseModel]], packs: Sequence[str], languages: Collection[str]
) -> Iterator[str]:
    """What no type can say of the ``[[chats]]``; also when other faults were found, so that all are told at once."""
    seen = set()
    for number, chat in enumerate(chats if isinstance(chats, list) else []):
        if not isinstance(chat, dict):
            continue
        where = f"chats.{number}"
        key = platform, chat_id, topic = tuple(str(chat.get(name) or "") for name in ("platform", "id", "topic"))
        table = tables.get(platform)
        if table is None and "platform" in chat:
            yield f"{where}.platform: {platform!r} is none of {', '.join(tables)}"
        elif "id" in chat and isinstance(table, NamesChats):
            fault = table.fault_of_chat(chat_id, topic, languages)
            yield from [f"{where}.id: {fault}"] if fault else []
        language = chat.get("language")
        if isinstance(language, str) and language not in languages:
            yield f"{where}.language: {language[:40]!r} is none of {', '.join(languages)}"
        yield from _fallback_faults(where, chat.get("fallback"), languages)
        yield from (f"{where}.packs: {pack!r} is none of {', '.join(packs)}" for pack in _unknown(chat, packs))
        yield from _feed_faults(where, chat.get("feeds"))
        named = (chat.get("packs"), chat.get("feeds"))
        followed = sum(len(set(map(str, those))) for those in named if isinstance(those, list | tuple))
        if followed > MOST_FOLLOWED:
            yield f"{where}: a chat follows {MOST_FOLLOWED} packs and feeds at most, and these are {followed}"
        if key in seen:
            yield f"{where}: the chat {' '.join(key).strip()} is declared twice"
        seen.add(key)


def _unknown(chat: Mapping[str, Any], packs: Sequence[str]) -> list[object]:
    named = chat.get("packs")
    return [pack for pack in named if pack not in packs] if packs and isinstance(named, list | tuple) else []


def _fallback_faults(where: str, fallback: Any, languages: Collection[str]) -> Iterator[str]:
    for number, language in enumerate(fallback if isinstance(fallback, list | tuple) else []):
        if isinstance(language, str) and language not in languages:
            yield f"{where}.fallback.{number}: {language[:40]!r} is none of {', '.join(languages)}"


def _feed_faults(where: str, feeds: Any) -> Iterator[str]:
    for number, feed in enumerate(feeds if isinstance(feeds, list | tuple) else []):
        try:
            checked(str(feed))
        except SourceError as error:
            # Not the address itself: a password or key may be in it.
            yield f"{where}.feeds.{number}: {error}"


def secrets_of(value: object) -> Iterator[str]:
    """Every secret in the settings, so that the log can be kept clean of them."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from secrets_of(getattr(value, name))
