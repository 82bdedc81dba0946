"""Free texts that are kept in clear and read by many: one line each, and no number of a person in it.

Found is what a check digit or its pattern tells to be a resident number, a mobile phone or a bank card.
Dates, amounts, credit codes of organisations and numbers of documents, certificates and records are not.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from app.errors import Invalid
from app.one_line import one_line
from app.subjects.numbers import resident_number, uscc

# A number that goes on, as in a hash, a code or an amount with decimals, is another thing.
_BEGINS = r"(?<![0-9A-Za-z¥$])(?<![0-9]\.)"
_ENDS = r"(?![0-9A-Za-z])(?!\.[0-9])"
_RESIDENT = r"[0-9]{6}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9Xx]"
_MOBILE = r"(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[0-9]{8}|([ -])[0-9]{4}\1[0-9]{4})"
# Cards have 16 to 19 digits; written in groups of four only those of China UnionPay (62) are told from years.
# None begins as a date or with 0.
_CARD = r"(?!0|19|20)[0-9]{16,19}|62[0-9]{2}(?:[ -][0-9]{4}){3}(?:[ -]?[0-9]{1,3})?"
_YUAN = r"(?! ?元)"


@dataclass(frozen=True, slots=True)
class NumberKind:
    """A kind of number that tells of a person, as it is called, and how one is known."""

    zh: str
    en: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool]


def paper_name(text: str, *, where: str) -> str:
    """The number or file name of a paper: as long as a card's at will, but no resident number or phone."""
    return _refused(text, OF_PAPERS, where=where)


def without_numbers(text: str, *, where: str) -> str:
    """The text as it is; `Invalid` names the field and the kind of the number, never the number."""
    return _refused(text, KINDS, where=where)


def refuse_numbers(**texts: str) -> None:
    """The same of several texts, each under the name of its field."""
    for where, text in texts.items():
        without_numbers(text, where=where)


def masked_numbers(text: str) -> str:
    """The text as a report may repeat it: the digits of a person's number are stars."""
    plain = _plain(text)
    for _, number in _found(plain, KINDS):
        plain = plain.replace(number, "*" * len(number))
    return plain


def number_kind(text: str, *, among: Sequence[NumberKind] | None = None) -> NumberKind | None:
    """Which kind of number of a person a text holds, if any; only some kinds are looked for if given."""
    return next((kind for kind, _ in _found(_plain(text), KINDS if among is None else among)), None)


def _refused(text: str, kinds: Sequence[NumberKind], *, where: str) -> str:
    one_line(text, where=where)
    for kind, _ in _found(_plain(text), kinds):
        raise Invalid(
            f"{where}: 内含{kind.zh}，此处以明文保存并显示，不得填写；请改写记录、评级、异议或称号的编号 · "
            f"holds {kind.en}; this text is kept and shown in clear: write the number of the record, rating, "
            "objection or title instead"
        )
    return text


def _plain(text: str) -> str:
    """The text in half-width characters, without those that nobody sees."""
    seen = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return re.sub(r"\s", " ", re.sub("[‐-―−]", "-", "".join(seen)))


def _found(plain: str, kinds: Sequence[NumberKind]) -> Iterator[tuple[NumberKind, str]]:
    for kind in kinds:
        for match in kind.pattern.finditer(plain):
            if kind.holds(re.sub("[ -]", "", match.group())):
                yield kind, match.group()


def _is_resident_number(number: str) -> bool:
    """Date and check digit hold; a code of an enterprise, which begins with 9, is one of an organisation."""
    return _reads(resident_number, number, on=date.max) and not (number[0] == "9" and _reads(uscc, number))


def _is_card(number: str) -> bool:
    """The last digit is that of ISO/IEC 7812 (Luhn), and it is no credit code (none begins with 6)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    of_organisation = number[0] != "6" and _reads(uscc, number)
    return (doubled + sum(map(int, number[::-2]))) % 10 == 0 and not of_organisation


def _reads(reader: Callable[..., str], number: str, **given: date) -> bool:
    try:
        reader(number, **given)
    except Invalid:
        return False
    return True


RESIDENT_NUMBER = NumberKind(
    "居民身份证号", "a resident number", re.compile(_BEGINS + _RESIDENT + _ENDS), _is_resident_number
)
MOBILE_PHONE = NumberKind(
    "手机号码", "a mobile phone number", re.compile(_BEGINS + _MOBILE + _ENDS + _YUAN), lambda _: True
)
BANK_CARD = NumberKind(
    "银行卡号", "the number of a bank card", re.compile(f"{_BEGINS}(?:{_CARD}){_ENDS}"), _is_card
)
# Papers are numbered by machines: one in ten of their long numbers would pass for a card.
OF_PAPERS = (RESIDENT_NUMBER, MOBILE_PHONE)
KINDS = (*OF_PAPERS, BANK_CARD)
