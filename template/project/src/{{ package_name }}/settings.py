"""What belongs to the application itself; the settings of a resource stand in its own module."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Settings(BaseSettings):
    """Read from the environment, then from `.env`; a value that is refused is never shown."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True)


class ResourceSettings(Settings):
    """What holds for any resource; without one that is required nothing starts, or is ready."""

    required: bool = False

    @property
    def variable(self) -> str:
        """The environment variable of the address."""
        return f"{self.model_config.get('env_prefix')}URL"


class AppSettings(Settings):
    """Time limits, from `APP_READY_TIMEOUT` and the like."""

    model_config = SettingsConfigDict(env_prefix="APP_")

    ready_timeout: Seconds = 2
    close_timeout: Seconds = 5
