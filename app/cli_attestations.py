"""The commands `credit-village designations attest | veto | documents | withdraw-document`."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.access.scope import Viewer
from app.approvals import proposals, service
from app.approvals.labels import labels_of
from app.approvals.proposals import Proposal
from app.attestations.attestation import Attestation
from app.attestations.service import Order, listed, record_views
from app.cli_days import as_day
from app.cli_signing_in import By, Password, signed_in
from app.cli_transactions import recorded
from app.db import NUMBER_MAX, Session
from app.models import AttestationKind
from app.subjects.key_source import cipher_of
from app.subjects.keys import follow

console = Console(highlight=False, soft_wrap=True)
AT_ONCE = 500

Measure = Annotated[str, typer.Argument(help="标准中的事项 what a gate of the profile counts")]
Document = Annotated[str, typer.Option(help="依据文件 the document")]
File = Annotated[
    Path, typer.Option(help="文件 the document itself; its SHA-256 is kept", exists=True, dir_okay=False)
]
DecidedOn = Annotated[str, typer.Option(metavar="DATE", help="作出日期 the day of the document")]
ValidUntil = Annotated[str, typer.Option(metavar="DATE", help="失效首日 the first day it no longer counts")]
PlaceCode = Annotated[str | None, typer.Option("--place", help="区划代码 a division, 12 digits")]
Subject = Annotated[int | None, typer.Option(min=1, max=NUMBER_MAX, help="主体编号 the subject")]
Reason = Annotated[str, typer.Option(help="理由 why, for the second person and for the record")]


def attest(
    measure: Measure,
    *,
    document: Document,
    file: File,
    decided_on: DecidedOn,
    valid_until: ValidUntil,
    reason: Reason = "",
    by: By,
    password: Password,
    place: PlaceCode = None,
    subject: Subject = None,
) -> None:
    """登记证明 Ask that a document be counted for a title; another person grants it."""
    who = signed_in(by, password, to="ask_approval")
    order = _order(
        AttestationKind.ATTESTATION,
        measure,
        document,
        file=file,
        days=(decided_on, valid_until),
        place=place,
        subject=subject,
    )
    _record(order, reason=reason, who=who)


def veto(
    measure: Measure,
    *,
    document: Document,
    file: File,
    decided_on: DecidedOn,
    valid_until: ValidUntil,
    reason: Reason = "",
    by: By,
    password: Password,
    place: PlaceCode = None,
    subject: Subject = None,
) -> None:
    """登记一票否决 Ask that a decision against a title be counted; another person grants it."""
    who = signed_in(by, password, to="ask_approval")
    order = _order(
        AttestationKind.VETO,
        measure,
        document,
        file=file,
        days=(decided_on, valid_until),
        place=place,
        subject=subject,
    )
    _record(order, reason=reason, who=who)


def withdraw_document(
    number: Annotated[
        int, typer.Argument(min=1, max=NUMBER_MAX, help="编号 the number of the attestation or veto")
    ],
    *,
    reason: Reason = "",
    by: By,
    password: Password,
) -> None:
    """撤回证明或否决 Ask that one be withdrawn before its time; another person grants it."""
    who, at = signed_in(by, password, to="ask_approval"), clock.now()
    with recorded() as session:
        wanted = proposals.attestation_withdrawal(session, number, maker=who, on=clock.day_of(at))
        _ask(session, wanted, reason=reason, who=who)


def documents(
    by: By,
    password: Password,
    *,
    place: PlaceCode = None,
    ending_within: Annotated[
        int | None, typer.Option(min=0, max=36_500, help="只列若干天内到期 only what ends soon")
    ] = None,
    past: Annotated[bool, typer.Option("--past", help="含已失效 also what no longer counts")] = False,
) -> None:
    """证明与否决 Show the documents that count in your division, what ends first before the others."""
    who = signed_in(by, password, to="attestations")
    with recorded() as session:
        found = listed(
            session,
            viewer=who,
            within=place,
            on=clock.today(),
            past=past,
            ending_within_days=ending_within,
            limit=AT_ONCE,
        )
        record_views(session, found, viewer=who, at=clock.now())
    for one in found:
        console.print(_line(one), markup=False)
    if not found:
        console.print("没有证明或否决 · there is no document", markup=False)


def add_documents_to(designations: typer.Typer) -> None:
    """Put these commands beside those of the path."""
    designations.command("attest")(attest)
    designations.command("veto")(veto)
    designations.command("documents")(documents)
    designations.command("withdraw-document")(withdraw_document)


def _order(
    kind: AttestationKind,
    measure: str,
    document: str,
    *,
    file: Path,
    days: tuple[str, str],
    place: str | None,
    subject: int | None,
) -> Order:
    return Order(
        kind=kind,
        measure=measure,
        document=document,
        document_sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        decided_on=as_day(days[0], option="--decided-on"),
        valid_until=as_day(days[1], option="--valid-until"),
        subject_id=subject,
        place_code=place,
    )


def _record(order: Order, *, reason: str, who: Viewer) -> None:
    with recorded() as session:
        wanted = proposals.attestation(session, order, maker=who, on=clock.today())
        _ask(session, wanted, reason=reason, who=who)


def _ask(session: Session, wanted: Proposal, *, reason: str, who: Viewer) -> None:
    at = clock.now()
    made = service.request(
        session,
        kind=wanted.kind,
        target=wanted.target,
        content=wanted.content,
        reason=reason,
        maker=who,
        at=at,
    )
    found = service.standing(session, made.approval_id, viewer=who, at=at)
    service.record_views(session, [found], viewer=who, at=at)
    cipher = cipher_of(settings.from_environment())
    follow(session, cipher)
    label = labels_of(session, cipher, [made], viewer=who)[made.approval_id]
    console.print(
        f"{made.approval_id:>6}  {label}  [{wanted.target}]  须由另一人批准 · another person grants it: "
        f"credit-village approval grant {made.approval_id}",
        markup=False,
    )


def _line(one: Attestation) -> str:
    last = one.valid_until - timedelta(days=1)
    return (
        f"{one.attestation_id:>6}  {one.kind.label} {one.measure}  {one.label}  {one.place_name}  "
        f"{one.holder}  {one.document}（{one.decided_on}，{one.office}，{one.asked_by}、{one.granted_by}）  "
        f"有效至 {last}  {one.state_label}"
    )
