"""The commands `credit-village rights …`: what a subject may demand that takes an operator."""

from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.cli_transactions import recorded
from app.consents.activities import Activity, Basis, basis_of
from app.db import NUMBER_MAX
from app.rights.service import erase_approved
from app.subjects.key_source import cipher_of
from app.subjects.keys import hold

rights = typer.Typer(name="rights", help="信息主体的权利 · the rights of a subject", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@rights.callback()
def _group() -> None:
    """What a subject may demand that takes an operator."""


@rights.command()
def erase(
    subject_id: Annotated[int, typer.Argument(min=1, max=NUMBER_MAX, help="the number of the subject")],
    ground: Annotated[str, typer.Option(help="删除理由 why no purpose is left (PIPL art. 47)")],
    document: Annotated[str, typer.Option(help="依据文件 the document this rests on")],
    approval: Annotated[int, typer.Option(min=1, max=NUMBER_MAX, help="审批编号 the granted approval")],
    by: Annotated[str, typer.Option(help="经办人 the username of whoever does it")],
) -> None:
    """Delete the personal data of a subject for good; refused while any purpose is left, and named."""
    chosen = settings.from_environment()
    cipher = cipher_of(chosen)
    with recorded(chosen) as session:
        hold(session, cipher)
        made = erase_approved(
            session,
            cipher,
            subject_id,
            ground=ground,
            document=document,
            needs_consent=basis_of(Activity.RATE, chosen.operator_basis) is not Basis.STATUTORY_DUTY,
            approval_id=approval,
            by=by,
            at=clock.now(),
        )
    counted = ", ".join(f"{name} {count}" for name, count in made.counts.items())
    console.print(
        f"已删除主体 {subject_id} 的个人信息 · erased subject {subject_id}: {counted}", markup=False
    )
