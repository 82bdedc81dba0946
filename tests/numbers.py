"""Made-up numbers that pass every check."""

from app.subjects.numbers import resident_check_digit, uscc_check_character


def resident(serial: int, *, born: str = "19700101") -> str:
    """A made-up resident number that passes every check."""
    first = f"500120{born}{serial:03d}"
    return first + resident_check_digit(first)


def credit_code(serial: int, *, department: str = "91") -> str:
    """A made-up credit code that passes every check."""
    first = f"{department}500120MA{serial:07d}"
    return first + uscc_check_character(first)
