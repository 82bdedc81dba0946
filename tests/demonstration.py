"""A small demonstration district, rated once, for tests that only look at it."""

from dataclasses import dataclass
from pathlib import Path

from app import clock
from app.db import Engine, make_engine
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.settings import Settings
from app.subjects.cipher import Cipher
from app.subjects.key_source import cipher_of


@dataclass(frozen=True)
class Demonstration:
    """The settings, the engine and the cipher of a rated demonstration district."""

    settings: Settings
    engine: Engine
    cipher: Cipher


def rated_demonstration(folder: Path) -> Demonstration:
    """A district of 600 households and 120 entities in a SQLite file, after its first night."""
    settings = Settings(database_url=f"sqlite:///{folder}/district.db", key_file=folder / "master.key")
    initialise(settings, on=clock.today(), at=clock.now())
    engine = make_engine(settings.database_url)
    cipher = cipher_of(settings)
    make_demo(engine, cipher, households=600, entities=120, seed=7, on=clock.today(), progress=quiet)
    run_night(
        engine,
        policy_folder=settings.policy_folder,
        district_code=settings.district_code,
        as_of=clock.today(),
        started_at=clock.now(),
        progress=quiet,
    )
    return Demonstration(settings, engine, cipher)
