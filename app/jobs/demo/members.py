"""The adult members of some households of the demonstration, related to the head by age and sex."""

import numpy as np

from app.jobs.demo.order import Bools, Ints, Order
from app.jobs.demo.people import births_and_sexes, person_names, resident_numbers
from app.jobs.demo.writer import Writer
from app.subjects.cipher import Cipher

_SHARE = 0.08
_CANDIDATES = 4
_YEAR = 365
_WIFE, _HUSBAND, _SON, _DAUGHTER, _FATHER, _MOTHER, _SIBLING, _OTHER_RELATIVE = 12, 11, 20, 30, 51, 52, 70, 97
_SOUGHT = np.full(100, 3)  # the lower, the sooner somebody is taken for a member
_SOUGHT[[_WIFE, _HUSBAND]] = 0
_SOUGHT[[_SON, _DAUGHTER, _FATHER, _MOTHER]] = 1
_SOUGHT[_SIBLING] = 2


def append_members(
    writer: Writer, cipher: Cipher, order: Order, *, index: Ints, ids: Ints, number: int
) -> int:
    """Write one adult member of some households (`index`: their heads, `ids`: their files); how many."""
    chosen = np.flatnonzero(order.random("members", number).random(len(index)) < _SHARE)
    heads = index[chosen]
    people, relations = _relatives(order, heads)
    member_ids = writer.next_id("members", "member_id") + np.arange(len(chosen))
    numbers = resident_numbers(people, seed=order.seed, on=order.on)
    names = person_names(people, seed=order.seed)
    return writer.append(
        "members",
        {
            "member_id": member_ids,
            "subject_id": ids[chosen],
            "relation_code": relations.astype(str),
            "name_cipher": [
                cipher.seal(name, row=f"members/{each}/name")
                for each, name in zip(member_ids.tolist(), names, strict=True)
            ],
            "id_number_cipher": [
                cipher.seal(number, row=f"members/{each}/id_number")
                for each, number in zip(member_ids.tolist(), numbers, strict=True)
            ],
            "id_number_index": list(map(cipher.index, numbers)),
        },
    )


def _relatives(order: Order, heads: Ints) -> tuple[Ints, Ints]:
    """One person for each head who has no other file, a spouse where one can be found, and the relation."""
    others = order.households + order.entities
    born, male = births_and_sexes(heads, seed=order.seed, on=order.on)
    people, relations = np.zeros_like(heads), np.full(len(heads), _OTHER_RELATIVE)
    for candidate in range(_CANDIDATES):
        person = others + heads * _CANDIDATES + candidate
        their_birth, is_male = births_and_sexes(person, seed=order.seed, on=order.on)
        relation = _relations(their_birth - born, same_sex=male == is_male, is_male=is_male)
        better = (_SOUGHT[relation] < _SOUGHT[relations]) | (people == 0)
        people, relations = np.where(better, person, people), np.where(better, relation, relations)
    return people, relations


def _relations(younger_days: Ints, *, same_sex: Bools, is_male: Bools) -> Ints:
    """What somebody so many days younger than the head can be to them."""
    apart = np.abs(younger_days)
    sibling_or_spouse = np.where(same_sex, _SIBLING, np.where(is_male, _HUSBAND, _WIFE))
    child = np.where(is_male, _SON, _DAUGHTER)
    parent = np.where(is_male, _FATHER, _MOTHER)
    next_generation = np.where(younger_days > 0, child, parent)
    of_another = np.where(apart <= 42 * _YEAR, next_generation, _OTHER_RELATIVE)
    relations: Ints = np.where(apart < 16 * _YEAR, sibling_or_spouse, of_another)
    unclear = (apart >= 16 * _YEAR) & (apart < 20 * _YEAR)
    return np.where(unclear, _OTHER_RELATIVE, relations)
