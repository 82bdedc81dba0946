"""Invented people and entities: numbers with valid check digits, and invented names."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.models.base import epoch_day
from app.subjects.numbers import uscc_check_character

Ints = NDArray[np.int64]

_AREAS = np.array([500120, 500227])
_YOUNGEST, _OLDEST = 22, 85
_SEQUENCES = 999
_STRIDE = 19_260_817  # a prime, so that different people never meet at the same number
_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高罗郑梁谢宋唐许邓冯韩曹曾彭肖蔡潘田董袁余叶蒋杜苏魏程吕丁沈任姚"
)
_FIRST = "建国明秀德光永兴志家文玉春素正天世朝清祥"
_SECOND = "华英强芳平珍军兰勇琼林群贵容成碧才书全会"


def resident_numbers(people: Ints, *, seed: int, on: date) -> list[str]:
    """A valid resident number for each person: the same person always has the same, no two share one."""
    area, born, sequence = _parts(people, seed=seed, on=on)
    digits = np.empty((len(people), 18), dtype=np.uint8)
    _put(digits, 0, 6, _AREAS[area])
    _put(digits, 6, 8, _calendar(born))
    _put(digits, 14, 3, sequence)
    total = digits[:, :17].astype(np.int64) @ _WEIGHTS
    characters = digits + ord("0")
    characters[:, 17] = _CHECKS[total % 11]
    numbers: list[str] = np.ascontiguousarray(characters).view("S18").ravel().astype("U18").tolist()
    return numbers


def births_and_sexes(people: Ints, *, seed: int, on: date) -> tuple[Ints, NDArray[np.bool_]]:
    """The epoch day each person was born on, and who is male, as their numbers say."""
    _, born, sequence = _parts(people, seed=seed, on=on)
    return born, sequence % 2 == 1


def _parts(people: Ints, *, seed: int, on: date) -> tuple[Ints, Ints, Ints]:
    """What the number of each person consists of: the area, the birthday, the sequence number."""
    days = _day_span(on)
    place = (people * _STRIDE + seed % 1_000_003) % (days * _SEQUENCES * len(_AREAS))
    rest, area = np.divmod(place, len(_AREAS))
    sequence, day = np.divmod(rest, days)
    return area, _latest_birth(on) - day, sequence % _SEQUENCES + 1


def person_names(people: Ints, *, seed: int) -> list[str]:
    """An invented name for each person, always the same for the same person."""
    mixed = _mixed(people, seed=seed)
    surnames = np.array(list(_SURNAMES))[mixed % len(_SURNAMES)]
    first = np.array(["", *_FIRST])[mixed // 64 % (len(_FIRST) + 1)]
    second = np.array(list(_SECOND))[mixed // 4096 % len(_SECOND)]
    names: list[str] = np.strings.add(np.strings.add(surnames, first), second).tolist()
    return names


def credit_codes(entities: Ints, *, kinds: Sequence[str], seed: int) -> list[str]:
    """A valid unified credit code for each entity; `kinds` are the first two characters of each."""
    places = (entities * _STRIDE + seed % 1_000_003) % 31**6
    return [_credit_code(int(place), kind=kind) for place, kind in zip(places, kinds, strict=True)]


def _credit_code(place: int, *, kind: str) -> str:
    body = "MA" + "".join(_USCC_ALPHABET[place // 31**power % 31] for power in range(6))
    total = sum(
        _ORGANISATION_ALPHABET.index(character) * weight
        for character, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True)
    )
    first17 = f"{kind}500120{body}{'0123456789X0'[11 - total % 11]}"
    return first17 + uscc_check_character(first17)


def _latest_birth(on: date) -> int:
    return epoch_day(date(on.year - _YOUNGEST, 1, 1)) - 1


def _day_span(on: date) -> int:
    return _latest_birth(on) - epoch_day(date(on.year - _OLDEST, 12, 31))


def _calendar(days: Ints) -> Ints:
    """Epoch days as the eight digits YYYYMMDD."""
    dates = days.astype("M8[D]")
    months = dates.astype("M8[M]")
    year = dates.astype("M8[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day: Ints = (dates - months).astype(np.int64) + 1
    return day + month * 100 + year * 10_000


def _put(digits: NDArray[np.uint8], start: int, width: int, values: Ints) -> None:
    for place in range(width):
        digits[:, start + place] = values // 10 ** (width - 1 - place) % 10


def _mixed(people: Ints, *, seed: int) -> Ints:
    """A well-shuffled number below 2^31 for each person."""
    state = people.astype(np.uint64) + np.uint64((seed * 2_654_435_761) % 2**32)
    state = (state ^ (state >> np.uint64(15))) * np.uint64(0x2C1B3C6D) & np.uint64(0xFFFFFFFF)
    state = (state ^ (state >> np.uint64(12))) * np.uint64(0x297A2D39) & np.uint64(0xFFFFFFFF)
    return ((state ^ (state >> np.uint64(15))) & np.uint64(0x7FFFFFFF)).astype(np.int64)
