"""Units a form may be written in, and what one of them is in the unit of the catalogue."""

from fractions import Fraction

from app.models import ValueType
from app.records.catalogue import FactDefinition

YUAN = "元"
_PERCENT = Fraction(1, 100)
# 1 公顷 = 15 亩; 1 亩 = 10,000/15 平方米.
_FACTORS: dict[str, dict[str, Fraction]] = {
    "亩": {"亩": Fraction(1), "公顷": Fraction(15), "平方米": Fraction(15, 10_000)},
    YUAN: {YUAN: Fraction(1), "万元": Fraction(10_000), "千元": Fraction(1_000), "分": Fraction(1, 100)},
    "比例": {"比例": Fraction(1), "%": _PERCENT, "百分比": _PERCENT},
}


def plain_unit(fact: FactDefinition) -> str:
    """The unit the cells of a fact are read in when nothing else is said: yuan for money."""
    return YUAN if fact.value_type is ValueType.MONEY_FEN else fact.unit


def units_of(fact: FactDefinition) -> dict[str, Fraction]:
    """Every unit a fact may come in, with its worth in the plain unit."""
    plain = plain_unit(fact)
    return _FACTORS.get(plain, {plain: Fraction(1)})
