"""The certificate to frame: the title, whose it is, until when, and two QR codes to check it."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from app.certificates.certificate import CheckedCertificate
from app.models import DesignationKind
from app.printing import SYNTHETIC, breakable, in_chinese, printed, qr_code

TEMPLATE = Path(__file__).with_name("sheet.typ")


def sheet_pdf(found: CheckedCertificate, *, address: str, synthetic: bool) -> bytes:
    """The page to print and to stamp; `address` is where the public finds the service.

    `synthetic`: the database holds the demonstration, and the certificate says so.
    """
    text = found.text
    issued_at = datetime.combine(text.issued_on, time(), tzinfo=UTC)
    title = text.named.partition("（")[0]
    # A village or a town is its own place.
    is_place = text.kind in (DesignationKind.CREDIT_VILLAGE, DesignationKind.CREDIT_TOWN)
    words = {
        "title": title,
        "tracking": 0.5 if len(title) <= 4 else 0.1,
        "number": text.number,
        "holder": breakable(text.holder),
        "place": "" if is_place else breakable(text.place),
        "sentence": f"经评定并公示，认定为{text.named}，特发此证。",
        "issuer": breakable(text.issuer),
        "seal": "（盖章）",
        "issued": f"发证日期：{in_chinese(text.issued_on)}",
        "valid": f"有效期至：{in_chinese(text.valid_until - timedelta(days=1))}",
        "online": qr_code(page_of(text.number, address=address)),
        "online_words": "手机扫码查真伪",
        "offline": qr_code(found.qr),
        "offline_words": "离线核验码",
        "synthetic": SYNTHETIC if synthetic else "",
    }
    return printed(TEMPLATE, words, dated=issued_at)


def page_of(number: str, *, address: str) -> str:
    """Where everybody checks a certificate."""
    return f"{address}/public/certificates/{number}"
