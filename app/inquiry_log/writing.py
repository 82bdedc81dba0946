"""Writing the log: nothing is answered that is not in it, and nothing is in it for long without a seal."""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.errors import AppError
from app.inquiry_log.lines import (
    AGE_MAX,
    FIRST,
    HASH,
    RECORDS_MAX,
    Seal,
    entry_line,
    fingerprint,
    is_signed,
    key_id,
)

_STREAMS = 256


class LogUnavailable(AppError):
    """The log of inquiries cannot be written or sealed, so nothing is answered."""

    status = 503
    code = "log_unavailable"
    title = "Inquiry log unavailable"


class InquiryLog:
    """The stream of one process: opened for as long as the process answers.

    `folder` holds the entries and a copy of the seals, `seal_folders` the further copies. Every process takes
    a stream of its own, so that none waits for another. A sealed entry cannot be lost unnoticed. Nor can one
    after the last seal while this process lives, which knows the last hash and signs that; once it was
    killed, whoever may write the folder can change or cut at most `records_max` entries of at most `age_max`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: bytes,
        seal_folders: Sequence[Path] = (),
        records_max: int = RECORDS_MAX,
        age_max: timedelta = AGE_MAX,
    ) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._key_id = key_id(self._key.public_key())
        self._folders = [folder, *seal_folders]
        self._records_max, self._age_max = records_max, age_max
        self._lock = threading.Lock()
        self._fault, self._last_seal, self._pending = "", "", b""
        self._head, self._position, self._size, self._sealed = FIRST, 0, 0, 0
        self._oldest: datetime | None = None
        try:
            for place in self._folders:
                place.mkdir(parents=True, exist_ok=True)
            self._publish_key()
            self.stream, self._file = _free_stream(folder)
            self._path = folder / f"inquiries-{self.stream}.log"
            with ExitStack() as refused:
                # Else the lock stays, and the next try takes another stream instead of the broken one.
                refused.callback(os.close, self._file)
                self._open_stream()
                for place in self._folders:
                    _make_names_durable(place)
                refused.pop_all()
        except OSError as error:
            raise _unavailable(error, folder) from error

    def append(self, entries: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
        """Write entries, all or none, and return when they are on the disk; `LogUnavailable` otherwise."""
        assert 0 < len(entries) <= self._records_max, "a group fits between two seals"
        with self._lock:
            self._refuse_if_broken()
            self._refuse_if_disturbed()
            if self._pending or self._is_due(at, adding=len(entries)):
                self._seal(at)
            head, lines = self._head, []
            for entry in entries:
                line, head = entry_line({**entry, "logged_at": at.isoformat()}, after=head)
                lines.append(line)
            text = b"".join(lines)
            self._write(self._file, text, size=self._size, path=self._path)
            self._oldest = self._oldest or at
            self._head, self._size = head, self._size + len(text)
            self._position += len(entries)

    def seal(self, at: datetime, *, only_if_due: bool = False) -> None:
        """Sign how far the stream has got, in every place; `LogUnavailable` where one cannot be written."""
        with self._lock:
            self._refuse_if_broken()
            is_wanted = self._position > self._sealed and (not only_if_due or self._is_due(at))
            if self._pending or is_wanted:
                self._seal(at)

    def close(self, at: datetime) -> None:
        """Seal what is not sealed, and let go of the stream."""
        try:
            self.seal(at)
        finally:
            with self._lock:
                if self._fault != _CLOSED:
                    os.close(self._file)
                    self._fault = _CLOSED

    def _is_due(self, at: datetime, *, adding: int = 0) -> bool:
        unsealed = self._position - self._sealed
        too_many = unsealed > 0 and unsealed + adding > self._records_max
        return too_many or (self._oldest is not None and at - self._oldest >= self._age_max)

    def _seal(self, at: datetime) -> None:
        if not self._pending:
            self._pending = Seal(
                self.stream, self._position, self._size, self._head, at, self._last_seal, self._key_id
            ).line(self._key)
        for place, size in self._seal_sizes.items():
            if size == self._seals_size:
                self._append_seal(place, self._pending)
        self._seals_size += len(self._pending)
        self._last_seal, self._pending = fingerprint(self._pending), b""
        self._sealed, self._oldest = self._position, None

    def _append_seal(self, place: Path, line: bytes) -> None:
        """Add a seal in one place; where that fails, the same one is tried again before the next entry."""
        path = _seals(place, self.stream)
        try:
            with path.open("ab", buffering=0) as file:
                if file.tell() != self._seals_size:
                    raise LogUnavailable(
                        f"{path}: is not as this log left it; run `credit-village log verify`"
                    )
                self._write(file.fileno(), line, size=self._seals_size, path=path)
        except OSError as error:
            raise _unavailable(error, path) from error
        self._seal_sizes[place] += len(line)

    def _write(self, file: int, text: bytes, *, size: int, path: Path) -> None:
        """Put text at the end of a file and on the disk, or leave the file as it was."""
        try:
            written = 0
            while written < len(text):
                written += os.write(file, text[written:])
            os.fsync(file)
        except OSError as error:
            try:
                os.ftruncate(file, size)
            except OSError:
                self._fault = "half an entry may be written; mend the disk"
            raise _unavailable(error, path) from error

    def _refuse_if_broken(self) -> None:
        if self._fault:
            raise LogUnavailable(f"the inquiry log stopped: {self._fault}; start the service again")

    def _refuse_if_disturbed(self) -> None:
        """Refuse where the file is no longer the one this process wrote: it was removed, cut or added to."""
        ours = os.fstat(self._file)
        try:
            there = self._path.stat()
        except OSError as error:
            raise _unavailable(error, self._path) from error
        if not os.path.samestat(ours, there) or ours.st_size != self._size:
            raise LogUnavailable(
                f"{self._path}: is not as this process left it, so nothing is answered; stop the service, "
                "run `credit-village log verify` and restore the file from its copy"
            )

    def _publish_key(self) -> None:
        text = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        for place in self._folders:
            path = place / f"log-key-{self._key_id}.pem"
            if not path.exists():
                path.write_bytes(text)

    def _open_stream(self) -> None:
        """Go on where the stream ended, after checking what was written since its last seal."""
        seals = self._agreed_seals()
        self._seals_size = sum(map(len, seals))
        self._seal_sizes = dict.fromkeys(self._folders, self._seals_size)
        if seals:
            last = self._last_of(seals)
            self._head, self._position, self._size = last.head, last.position, last.size
            self._last_seal = fingerprint(seals[-1])
        self._sealed = self._position
        self._read_unsealed(self._path)

    def _last_of(self, seals: Sequence[bytes]) -> Seal:
        """The seal to go on from; the verification looks at those before it and at those of former keys."""
        path = _seals(self._folders[0], self.stream)
        try:
            last = Seal.read(seals[-1])
        except ValueError:
            raise LogUnavailable(f"{path}: the last line is no seal; restore it from its copy") from None
        if last.stream != self.stream or (
            last.key_id == self._key_id and not is_signed(seals[-1], self._key.public_key())
        ):
            raise LogUnavailable(
                f"{path}: the last seal is not of this log; run `credit-village log verify` and restore it"
            )
        return last

    def _agreed_seals(self) -> list[bytes]:
        """The seals all places agree on; one that fell behind when a process ended gets those it lacks."""
        kept = [_lines_of(_seals(place, self.stream)) for place in self._folders]
        seals = max(kept, key=len)
        for place, lines in zip(self._folders, kept, strict=True):
            path = _seals(place, self.stream)
            if lines != seals[: len(lines)]:
                raise LogUnavailable(
                    f"{path}: the seals are not those of the other places; "
                    "run `credit-village log verify` and mend it before anything is answered"
                )
            with path.open("ab", buffering=0) as file:
                missing = b"".join(seals[len(lines) :])
                self._write(file.fileno(), missing, size=file.tell(), path=path)
        return seals

    def _read_unsealed(self, path: Path) -> None:
        if path.stat().st_size < self._size:
            raise LogUnavailable(f"{path}: is shorter than its last seal says; restore it from its copy")
        with path.open("rb") as file:
            file.seek(self._size)
            tail = file.read()
        whole, _, torn = tail.rpartition(b"\n")
        for line in whole.split(b"\n") if whole else ():
            mark = hashlib.sha256(self._head + line[HASH + 1 :]).hexdigest().encode()
            if mark != line[:HASH]:
                raise LogUnavailable(
                    f"{path}: an entry after position {self._position} was changed; "
                    "run `credit-village log verify`"
                )
            self._head, self._position = mark, self._position + 1
            self._size += len(line) + 1
        if torn:
            # The process ended in the middle of an entry: nobody was answered on it.
            path.with_suffix(f".torn-{self._position}").write_bytes(torn)
            os.ftruncate(self._file, self._size)
        if self._position > self._sealed:
            self._oldest = _EARLIEST


class LogOfProcess:
    """The log of this process, opened by the first inquiry and not before."""

    def __init__(self, opening: Callable[[], InquiryLog]) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._log: InquiryLog | None = None

    def append(self, entries: Sequence[Mapping[str, Any]], *, at: datetime) -> None:
        """Write entries, all or none; `LogUnavailable` where they or their seal cannot be written."""
        while True:
            with self._lock:
                log = self._log = self._log or self._opening()
            try:
                log.append(entries, at=at)
            except LogUnavailable:
                if log is self._log:
                    raise
                # It was closed meanwhile, to go on under another key: nothing was written yet.
            else:
                return

    def seal_if_due(self, at: datetime) -> None:
        """Seal what has waited long enough, if anything was logged."""
        if self._log is not None:
            self._log.seal(at, only_if_due=True)

    def close(self, at: datetime) -> None:
        """Seal and let go."""
        with self._lock:
            if self._log is not None:
                log, self._log = self._log, None
                log.close(at)


_CLOSED = "it is closed"
_EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _free_stream(folder: Path) -> tuple[int, int]:
    """The first stream no other process writes, locked, and its open file."""
    for stream in range(_STREAMS):
        file = os.open(folder / f"inquiries-{stream}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        return stream, file
    raise LogUnavailable(f"{folder}: {_STREAMS} processes write to it already; give this one another folder")


def _make_names_durable(folder: Path) -> None:
    """Put the names of new files on the disk too: without them their content is lost with the power."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _seals(folder: Path, stream: int) -> Path:
    return folder / f"seals-{stream}.log"


def _lines_of(path: Path) -> list[bytes]:
    """The whole lines of a file of seals; one that was being written when the process ended is not one."""
    if not path.exists():
        return []
    whole, _, torn = path.read_bytes().rpartition(b"\n")
    if torn:
        with path.open("r+b") as file:
            file.truncate(len(whole) + 1 if whole else 0)
    return [line + b"\n" for line in whole.split(b"\n")] if whole else []


def _unavailable(error: OSError, path: Path) -> LogUnavailable:
    return LogUnavailable(
        f"the inquiry log cannot be written ({path.name}: {error.strerror}), so nothing is answered. "
        "Free the disk or mend the folder's rights; CREDIT_VILLAGE_LOG_FOLDER says where it is."
    )
