"""The phones and addresses of the demonstration: of a shape that passes, and plainly nobody's."""

import numpy as np

from app.jobs.demo.order import Ints, Order
from app.jobs.demo.villages import Villages
from app.jobs.demo.writer import Writer
from app.models import ContactKind
from app.subjects.cipher import Cipher
from app.subjects.contacts import contact_row

# No operator has given out numbers that begin so, as far as we know.
SECTION = "154"
_SPAN, _STRIDE = 10**8, 38_618_737  # neither even nor a multiple of five: no number comes twice
_GROUPS = 9


def append_contacts(
    writer: Writer,
    cipher: Cipher,
    order: Order,
    *,
    people: Ints,
    ids: Ints,
    village: Ints,
    villages: Villages,
) -> None:
    """Write a phone and an address of each subject; `people` tells numbers apart, `village` places."""
    places = (people * _STRIDE + order.seed) % _SPAN
    phones = [f"{SECTION}{place:08d}" for place in places.tolist()]
    addresses = [
        f"{villages.name[where]}{number % _GROUPS + 1}组{number + 1}号（合成）"
        for where, number in zip(village.tolist(), people.tolist(), strict=True)
    ]
    for kind, values in ((ContactKind.PHONE, phones), (ContactKind.ADDRESS, addresses)):
        contact_ids = writer.take_ids("contacts", "contact_id", count=len(ids))
        writer.append(
            "contacts",
            {
                "contact_id": contact_ids,
                "subject_id": np.asarray(ids),
                "kind": kind.value,
                "value_cipher": [
                    cipher.seal(value, row=contact_row(each))
                    for each, value in zip(contact_ids.tolist(), values, strict=True)
                ],
                "recorded_at": order.delivered_at_text,
                "recorded_by": "demo",
            },
        )
