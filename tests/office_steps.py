"""Steps that tests take in place of an official: nobody looked, so the sealed log holds no entry of it."""

from collections.abc import Sequence
from functools import partial

from app import db


def unlogged(_session: db.Session, _added: Sequence[object]) -> None:
    """What is done before the commit: nothing."""


transaction = partial(db.transaction, before_commit=unlogged)
