"""Checks a certificate of a credit title without the service: only its public key is needed.

    python verify_certificate.py PUBLIC_KEY.pem [MORE_KEYS.pem ...] < text-of-the-QR-code
    python verify_certificate.py PUBLIC_KEY.pem --text 'CV1|CV-500120-...' [--on 2026-12-01]

The text is what any scanner reads from the square marked 离线核验码. It answers in Chinese and English, and
the exit status is 0 genuine and within its dates, 1 not genuine, 2 the key cannot be read, 3 genuine but
expired, 4 genuine but not valid yet. Whether a title was taken back since, only the service knows: ask it.

离线核验信用证书：只需要公钥文件和二维码里的文字，不联网。称号事后是否被摘牌，须联网查询。
"""

import argparse
import base64
import binascii
import sys
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

GENUINE, FORGED, UNREADABLE, EXPIRED, EARLY = 0, 1, 2, 3, 4
KINDS = {
    "credit_household": "信用户 credit household",
    "credit_entity": "信用新型农业经营主体 credit entity",
    "credit_village": "信用村 credit village",
    "credit_town": "信用镇（街道） credit town",
}
FIELDS = (
    "编号 number", "称号 title", "获得者 holder", "所在地 place", "发证单位 issuer", "发证日期 issued on",
    "有效期（此日以前） valid before", "标准 profile", "公钥 key",
)  # fmt: skip
# What a title on a ladder is called stands after its kind, in a version of its own.
RUNG = "级别 level"
VERSIONS = {"CV1": len(FIELDS), "CV2": len(FIELDS) + 1}


def main() -> int:
    """Say whether a certificate is genuine."""
    parser = argparse.ArgumentParser(description="Check a certificate without the service. 离线核验信用证书")
    parser.add_argument("key", type=Path, nargs="+", help="the public key(s), as PEM files 公钥文件")
    parser.add_argument("--text", help="the text of the QR code; read from stdin if left out 二维码文字")
    parser.add_argument(
        "--on", type=date.fromisoformat, help="the day of the check 核验日期; today if left out"
    )
    chosen = parser.parse_args()
    try:
        keys = [read_key(path) for path in chosen.key]
    except (OSError, ValueError) as error:
        print(f"公钥无法读取 the public key cannot be read: {error}")
        return UNREADABLE
    try:
        text = chosen.text if chosen.text is not None else sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        text = ""
    today = datetime.now(timezone(timedelta(hours=8))).date()
    return check(text.removesuffix("\n").removesuffix("\r"), keys, on=chosen.on or today)


def check(text: str, keys: list[Ed25519PublicKey], *, on: date) -> int:
    """Print what a certificate says and what it is worth; the exit status."""
    fields, signature = parted(text)
    if not fields:
        print("这不是信用证书的二维码文字。This is not the text of a certificate.")
        return FORGED
    payload = text.rpartition("|")[0]
    if not any(is_signed(payload, signature, key) for key in keys):
        print("假的：签名不符。NOT GENUINE: the signature does not fit the text and the key.")
        return FORGED
    issued_on, valid_until = (date.fromisoformat(each) for each in fields[-4:-2])
    status, words = GENUINE, "真的，在有效期内。GENUINE, and within its dates."
    if on >= valid_until:
        status, words = EXPIRED, "签名是真的，但已过期。Genuine, but EXPIRED."
    elif on < issued_on:
        status, words = EARLY, "签名是真的，但发证日期未到。Genuine, but NOT VALID YET."
    print(words)
    labels = FIELDS if len(fields) == len(FIELDS) else (*FIELDS[:2], RUNG, *FIELDS[2:])
    for label, value in zip(labels, fields, strict=True):
        print(f"  {label}: {KINDS.get(value, value)}")
    print("是否已被摘牌，请联网查询。Whether it was taken back since, ask online.")
    return status


def parted(text: str) -> tuple[list[str], bytes]:
    """The fields and the signature of a text; none where it is no certificate."""
    version, *fields, encoded = text.split("|") if "|" in text else ("", "")
    try:
        signature = base64.urlsafe_b64decode(encoded + "==")
    except (binascii.Error, ValueError):
        return [], b""
    # One signature is written in one way only.
    if (
        VERSIONS.get(version) != len(fields)
        or base64.urlsafe_b64encode(signature).rstrip(b"=").decode() != encoded
    ):
        return [], b""
    return fields, signature


def is_signed(payload: str, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether a signature is of this key and of this text."""
    try:
        key.verify(signature, payload.encode())
    except (InvalidSignature, UnicodeEncodeError):
        return False
    return True


def read_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file."""
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path}: is no Ed25519 public key")
    return key


if __name__ == "__main__":
    sys.exit(main())
