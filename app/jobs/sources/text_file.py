"""A .csv file read as a stream, in whatever encoding offices use; or one sentence why it cannot be read."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.errors import Invalid
from app.jobs.imports.report import both

_CHUNK = 1 << 20
_FILE_BYTES_MAX = 4_000_000_000
_BEGINNING = 4_000  # characters that tell what divides the columns
_CONTROL = re.compile(r"[\x00-\x08]")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_BINARY = (b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1"), b"PAR1")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file with its fingerprint, its lines, and what it is written in."""

    path: Path
    sha256: str
    lines: int
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[list[str]]:
        """The rows from the first on."""
        try:
            with self.path.open(encoding=self.encoding, newline="") as file:
                yield from csv.reader(file, delimiter=self.delimiter, strict=True)
        except csv.Error:
            raise Invalid(
                both(
                    f"{self.path.name}：引号不成对，无法分列，请用 Excel 打开后另存为 CSV UTF-8",
                    "a quotation mark is not closed; open it in Excel and save it as CSV UTF-8",
                )
            ) from None


def open_text(path: Path) -> TextFile:
    """The file, read once from end to end to know its encoding and its fingerprint."""
    digest, lines, last = hashlib.sha256(), 0, b""
    decoders = {name: codecs.getincrementaldecoder(name)() for name in _encodings(path)}
    for chunk in _chunks(path):
        digest.update(chunk)
        lines, last = lines + chunk.count(b"\n"), chunk
        decoders = {name: decoder for name, decoder in decoders.items() if _decodes(decoder, chunk)}
    sound = [name for name, decoder in decoders.items() if _decodes(decoder, b"", final=True)]
    if not sound or sound[0] == "gb18030":
        _refuse_mixed(path)
    if not sound:
        raise Invalid(
            both(
                f"{path.name}：文字编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8",
                "the text is neither UTF-8 nor GB18030; save it as CSV UTF-8",
            )
        )
    with path.open(encoding=sound[0], newline="") as file:
        beginning = file.read(_BEGINNING)
    delimiter = max(",", "\t", ";", key=beginning.count)
    return TextFile(path, digest.hexdigest(), lines + (not last.endswith(b"\n")), sound[0], delimiter)


def _encodings(path: Path) -> tuple[str, ...]:
    first = next(_chunks(path))
    return ("utf-16",) if first.startswith(_UTF_16) else ("utf-8-sig", "gb18030")


def _chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a file; missing, empty, oversized files and such that are no text are refused."""
    try:
        size = path.stat().st_size
        if size > _FILE_BYTES_MAX:
            raise Invalid(
                both(f"{path.name}：文件超过 4 GB，请分成几个文件", "larger than 4 GB; split it into several")
            )
        if size == 0:
            raise Invalid(both(f"{path.name}：空文件", "the file is empty"))
        with path.open("rb") as file:
            chunk = file.read(_CHUNK)
            if chunk.startswith(_BINARY):
                raise Invalid(
                    both(
                        f"{path.name}：不是 CSV 文件，请改正扩展名",
                        "is no CSV file; give it the extension of what it is",
                    )
                )
            while chunk:
                yield chunk
                chunk = file.read(_CHUNK)
    except OSError as error:
        raise Invalid(both(f"{path.name}：文件打不开", f"cannot be opened: {error.strerror}")) from None


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        return _CONTROL.search(decoder.decode(chunk, final)) is None
    except UnicodeDecodeError:
        return False


def _refuse_mixed(path: Path) -> None:
    """Refuse a file with lines in UTF-8 and others in GB18030, as after pasting two together."""
    chinese = other = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                text = line.decode("utf-8-sig")
                chinese = chinese or (number if _CHINESE.search(text) else 0)
            except UnicodeDecodeError:
                other = other or number
            if chinese and other:
                raise Invalid(
                    both(
                        f"{path.name}：第 {chinese} 行是 UTF-8，第 {other} 行是另一种编码；请统一编码",
                        f"line {chinese} is UTF-8, line {other} is not; save it all as CSV UTF-8",
                    )
                )
