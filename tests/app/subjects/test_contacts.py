"""What can be a phone or an address, and how much of it is shown."""

import pytest

from app.errors import Invalid
from app.subjects.contacts import masked_address, masked_phone, phone_number, postal_address


@pytest.mark.parametrize(
    ("given", "phone"),
    [
        ("15400000001", "15400000001"),
        (" 154 0000 0001 ", "15400000001"),
        ("+8615400000001", "15400000001"),
        ("008615400000001", "15400000001"),
        ("023-41421234", "023-41421234"),
        ("(023)41421234", "023-41421234"),
        ("02341421234", "023-41421234"),
        ("0371-6552123", "0371-6552123"),
        ("010 65521234", "010-65521234"),
    ],
)
def test_a_phone_has_one_spelling(given: str, phone: str) -> None:
    assert phone_number(given) == phone
    assert phone_number(phone) == phone


@pytest.mark.parametrize(
    "given",
    ["", "1540000000", "154000000012", "12400000001", "41421234", "2341421234", "023-1421234", "无", "１"],
)
def test_what_is_no_phone_is_refused_without_being_repeated(given: str) -> None:
    with pytest.raises(Invalid) as told:
        phone_number(given)
    assert not given or given not in told.value.detail


@pytest.mark.parametrize("given", ["长隆村", "1234567", "长" * 101, "   "])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(Invalid, match="address"):
        postal_address(given)


@pytest.mark.parametrize("given", ["长隆村3", "长" * 100])
def test_an_address_of_four_to_a_hundred_characters_is_one(given: str) -> None:
    assert postal_address(f" {given} ") == given


def test_what_is_shown_does_not_lead_to_the_person() -> None:
    assert masked_phone("15400000001") == "154****0001"
    assert masked_phone("0371-6552123") == "037*****2123"
    assert masked_phone("15400") == "154*"
    assert masked_address("大兴镇长隆村3组12号") == "大兴镇长隆***"
    assert masked_address("长隆3组") == "长隆***"
    assert masked_address("") == "***"
