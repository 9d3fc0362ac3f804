"""Settings, all from the environment."""

import os
from dataclasses import dataclass


def _flag(name, default):
    return os.environ.get(name, default).lower() in ("1", "true", "yes")


@dataclass(frozen=True)
class Config:
    DATABASE: str = "linkbox.sqlite"
    BASE_URL: str = "http://localhost:8000"
    SLUG_LENGTH: int = 6
    FETCH_PREVIEWS: bool = True
    APP_ENV: str = "development"

    @classmethod
    def from_environment(cls):
        return cls(
            DATABASE=os.environ.get("DATABASE", cls.DATABASE),
            BASE_URL=os.environ.get("BASE_URL", cls.BASE_URL).rstrip("/"),
            SLUG_LENGTH=int(os.environ.get("SLUG_LENGTH", cls.SLUG_LENGTH)),
            FETCH_PREVIEWS=_flag("FETCH_PREVIEWS", "yes"),
            APP_ENV=os.environ.get("APP_ENV", cls.APP_ENV),
        )
