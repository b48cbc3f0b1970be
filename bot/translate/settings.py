"""`[translate]` of the configuration."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from yarl import URL

LIBRETRANSLATE, DEEPL, MODEL = "libretranslate", "deepl", "model"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _is_address(address: str) -> str:
    """The operator's own, on whatever network; without a name or password, which would stand in errors."""
    try:
        url = URL(address)
        sound = url.scheme in {"http", "https"} and bool(url.host) and url.user is None and url.password is None
    except ValueError:
        sound = False
    if address and (not sound or not address.isprintable() or "?" in address or "#" in address):
        raise ValueError('must be an address without a name or password in it, such as "http://127.0.0.1:5000"')
    return address.rstrip("/")


Address = Annotated[str, AfterValidator(_is_address)]


class _Provider(_Table):
    key: SecretStr | None = Field(None, min_length=1, max_length=500)
    characters_per_month: int = Field(0, ge=0)
    """No more than so many are sent in a calendar month; 0: as many as there are."""


class LibreTranslateSettings(_Provider):
    """`[translate.libretranslate]`: a server of one's own may need no key."""

    url: Address = ""


class DeepLSettings(_Provider):
    """`[translate.deepl]`"""

    base_url: Address = ""
    """Empty: the one that goes with the key."""


class ModelSettings(_Provider):
    """`[translate.model]`: any server that speaks OpenAI's chat completions; one of one's own may need no key."""

    base_url: Address = ""
    """With its version: what stands before ``/chat/completions``."""
    model: str = Field("", max_length=200)


class TranslateSettings(_Table):
    """`[translate]`: who translates stories for chats that speak another language."""

    providers: tuple[Literal["libretranslate", "deepl", "model"], ...] = ()
    """In the order in which they are asked; empty: nothing is translated."""
    hold: int = Field(60, ge=0, le=600)
    """Seconds for which a post waits for its translation; one that comes later is put into the post."""
    timeout: float = Field(30.0, gt=0, le=300)
    """Seconds for one answer."""
    concurrency: int = Field(4, ge=1, le=50)
    """How many texts are translated at once."""
    libretranslate: LibreTranslateSettings = LibreTranslateSettings()
    deepl: DeepLSettings = DeepLSettings()
    model: ModelSettings = ModelSettings()

    @model_validator(mode="after")
    def _can_be_asked(self) -> TranslateSettings:
        missing = {
            LIBRETRANSLATE: "" if self.libretranslate.url else "libretranslate.url",
            DEEPL: "" if self.deepl.key else "deepl.key",
            MODEL: "" if self.model.base_url and self.model.model else "model.base_url and translate.model.model",
        }
        faults = [f"translate.{missing[name]} must be set for it" for name in self.providers if missing[name]]
        if len(set(self.providers)) != len(self.providers):
            faults.append("one stands there twice")
        if faults:
            raise ValueError(f"providers names what can't be asked: {'; '.join(faults)}")
        return self
