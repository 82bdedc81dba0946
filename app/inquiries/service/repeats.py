"""Requests that are sent again: the second time they get the first answer, and nothing is done twice.

As in the IETF draft on the Idempotency-Key header. The key is kept in the transaction of the request itself:
there is never an inquiry without its answer, nor an answer without its inquiry. An answer is repeated for ten
minutes: long enough for a broken connection, too short for a consent that has ended meanwhile.

What was asked has the number of a person in it, and a client may have chosen one as its key. Of both only a
hash is kept that nobody can make without the key of the service, and for hardly longer than it is needed.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.db import Engine, Session, transaction
from app.errors import Conflict, Invalid
from app.inquiries import store
from app.inquiries.inquiry import Answered, RepeatKey
from app.models import IdempotencyKey
from app.subjects.cipher import Cipher

REPEATED_FOR = timedelta(minutes=10)
# How often a process takes out what is older, and how much of it at once: more than can have come meanwhile.
_TIDIED_EVERY, _TIDIED_AT_ONCE = timedelta(seconds=10), 20_000
_RUNNING = (
    "the request with this Idempotency-Key is still being answered; send it again in a moment. "
    "相同 Idempotency-Key 的请求正在处理，请稍后重试。"
)
_OTHER = (
    "this Idempotency-Key was sent with another request; use a new key for every new request. "
    "此 Idempotency-Key 已用于另一请求，请更换。"
)


class KeyReused(Invalid):
    """The same key with another request."""

    code = "idempotency_key_reused"
    title = "Idempotency-Key used for another request"


def repeat_key(key: str, request: Mapping[str, Any]) -> RepeatKey:
    """The key of a request, with what is asked under it."""
    return RepeatKey(key, json.dumps(request, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Repeat:
    """One request under its key; `earlier` is the answer it has had, if it has had one."""

    row: IdempotencyKey
    earlier: Answered | None

    def keep(self, cipher: Cipher, answered: Answered) -> None:
        """Keep the answer for whoever sends the request again; it is written with the inquiry itself."""
        self.row.status = answered.status
        self.row.answer_cipher = cipher.seal(answered.body.decode(), row=_place(self.row))


def claimed(session: Session, cipher: Cipher, key: RepeatKey, *, user_id: int, at: datetime) -> Repeat:
    """The place of a request under its key, new or answered before.

    `KeyReused` where the key came with another request, `Conflict` while the first one is being answered.
    """
    names = cipher.request_hashes(f"key/{user_id}/{key.key}")
    asked = cipher.request_hashes(f"content/{key.content}")
    row = store.idempotency_key(session, user_id, names)
    if row is not None and at - row.created_at >= REPEATED_FOR:
        store.forget_idempotency_key(session, row)
        row = None
    if row is None:
        made = IdempotencyKey(user_id=user_id, key=names[0], fingerprint=asked[0], created_at=at)
        if not store.add_idempotency_key(session, made):
            raise Conflict(_RUNNING)
        return Repeat(made, None)
    if row.fingerprint not in asked:
        raise KeyReused(_OTHER)
    if row.status is None or row.answer_cipher is None:
        raise Conflict(_RUNNING)
    body = cipher.open(row.answer_cipher, row=_place(row)).encode()
    return Repeat(row, Answered(row.status, body, replayed=True))


class Tidying:
    """Takes out of the database what is too old to be repeated, now and then, while requests come."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._next: datetime | None = None

    def tidy(self, *, at: datetime) -> None:
        """Let the answers go that are too old, if that is due."""
        if self._next is not None and at < self._next:
            return
        # In a transaction of its own: two processes that let the same row go spoil no inquiry.
        with transaction(self._engine) as session:
            store.forget_until(session, at - REPEATED_FOR, most=_TIDIED_AT_ONCE)
        self._next = at + _TIDIED_EVERY


def forget_old_answers(session: Session, *, at: datetime) -> None:
    """Let every answer go that is too old to be repeated."""
    store.forget_until(session, at - REPEATED_FOR)


def forget_answers_about(session: Session, subject_ids: Collection[int], *, noise: bytes) -> int:
    """Let every answer go to a request that asked about some subjects, and overwrite it first; how many."""
    return store.forget_about(session, subject_ids, noise=noise)


def _place(row: IdempotencyKey) -> str:
    return f"idempotency_keys/{row.user_id}/{row.key}"
