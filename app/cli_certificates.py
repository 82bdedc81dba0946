"""The commands `credit-village certificate …`: the plaques there are, and whether one is genuine."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.certificates.certificate import CertificateText, CheckedCertificate, parted
from app.certificates.service import checked, plaques
from app.certificates.signing import Signer, is_signed, read_public_key
from app.db import make_engine, reading
from app.errors import Conflict, Invalid, NotFound
from app.places.service import place_by_code

certificates = typer.Typer(name="certificate", help="证书 · certificates of titles", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)
_PAGE = 500


@certificates.callback()
def _group() -> None:
    """The plaques there are, and whether one is genuine."""


@certificates.command("list")
def list_(
    place: Annotated[str, typer.Option(help="区划代码 the division; the district if left out")] = "",
) -> None:
    """Every certificate of a division, with what it is worth today."""
    chosen, today, count = settings.from_environment(), clock.today(), 0
    with reading(make_engine(chosen.database_url)) as session:
        code = place_by_code(session, place or chosen.district_code, on=today).code
        further: int | None = 0
        while further is not None:
            listed, further = plaques(session, code, on=today, after=further, limit=_PAGE)
            for found in listed:
                sys.stdout.write("\t".join(_columns(found)) + "\n")
            count += len(listed)
    if not count:
        sys.stderr.write("没有证书 · there is no certificate\n")


@certificates.command()
def show(number: Annotated[str, typer.Argument(help="证书编号 its number")]) -> None:
    """What a certificate says, what it is worth today, and the text of its QR code."""
    with reading(make_engine(settings.from_environment().database_url)) as session:
        found = checked(session, number, on=clock.today())
    for line in _described(found.text):
        console.print(line, markup=False)
    console.print(f"状态 standing: {found.standing.label}（{found.since}） {found.standing}", markup=False)
    console.print(found.qr, markup=False)


@certificates.command()
def verify(
    text: Annotated[str, typer.Argument(help="二维码文字 the text of the QR code; - reads it from stdin")],
    public_key: Annotated[
        list[Path] | None, typer.Option(help="a former public key, for certificates signed with it")
    ] = None,
) -> None:
    """Whether the text of a QR code was signed by this installation, and what its title is worth today."""
    chosen = settings.from_environment()
    given = sys.stdin.read().rstrip("\r\n") if text == "-" else text
    try:
        payload, signature = parted(given)
        said = CertificateText.read(payload)
    except ValueError:
        raise Invalid("这不是信用证书的二维码文字 · this is not the text of a certificate") from None
    keys = [signer.public_key for signer in Signer.all_of(chosen)]
    keys += map(read_public_key, public_key or [])
    if not any(is_signed(payload, signature, key) for key in keys):
        raise Conflict("假的：签名不符 · not genuine: the signature fits none of the keys")
    console.print("签名是真的 · the signature is genuine", markup=False)
    for line in _described(said):
        console.print(line, markup=False)
    with reading(make_engine(chosen.database_url)) as session:
        try:
            standing = checked(session, said.number, on=clock.today()).standing
        except NotFound:
            raise NotFound(
                "签名是真的，但本系统没有这张证书 · the signature is genuine, but this database has no such "
                "certificate; was it restored from an old copy?"
            ) from None
    console.print(f"状态 standing: {standing.label} {standing}", markup=False)
    if not standing.holds:
        raise SystemExit(1)


@certificates.command("public-key")
def public_key() -> None:
    """The public key to give to whoever checks certificates without the service, as PEM."""
    sys.stdout.write(Signer.of(settings.from_environment()).public_pem())


def _columns(found: CheckedCertificate) -> tuple[str, ...]:
    text = found.text
    return text.number, text.named, text.holder, text.place, str(text.issued_on), found.standing.label


def _described(text: CertificateText) -> list[str]:
    return [
        f"编号 number: {text.number}",
        f"称号 title: {text.named}",
        f"获得者 holder: {text.holder}",
        f"所在地 place: {text.place}",
        f"发证单位 issuer: {text.issuer}",
        f"发证日期 issued on: {text.issued_on}",
        f"有效期（此日以前） valid before: {text.valid_until}",
        f"标准 profile: {text.profile}",
        f"公钥 key: {text.key_id}",
    ]
