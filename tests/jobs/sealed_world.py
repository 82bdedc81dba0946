"""A district with a value in every sealed column, to be moved to another key."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.access.service import create_organisation
from app.db import Session, transaction
from app.jobs.sealed import SealedTable, sealed_tables
from app.models import (
    AgriEntity,
    AppraisalDraft,
    AppraisalRound,
    Appraiser,
    Contact,
    ContactKind,
    DesignationKind,
    IdempotencyKey,
    Member,
    Notice,
    NoticeObjection,
    NoticeObjectionAnswer,
    NoticePurpose,
    Objection,
    ObjectionChannel,
    ObjectionEvent,
    ObjectionEventKind,
    OrganisationKind,
    QuarantinedRow,
    Rating,
    Record,
    ReviewAnswer,
    ReviewOutcome,
    ReviewRequest,
    Role,
    RuleVersion,
    Statement,
    User,
)
from app.subjects.cipher import Cipher
from tests.district import DAY, DISTRICT, VILLAGE, District, morning
from tests.numbers import resident

OLD, NEW = bytes(range(32)), bytes(range(100, 132))
SAID: dict[str, Any] = {"recorded_at": morning(DAY), "recorded_by": "test"}
MEMBER_NUMBER, REPRESENTATIVE_NUMBER = resident(501), resident(502)


def fill(district: District, *, households: int = 3) -> list[int]:
    """Put a value into every sealed column; the households."""
    made = [district.household() for _ in range(households)]
    entity = district.entity()
    district.night()
    with transaction(district.engine) as session:
        _file(session, district.cipher, household=made[0], entity=entity)
        _say(session, district, household=made[0])
        _sign_up(session, district)
        _object(session, district)
        _appraise(session, district)
    return made


def texts(session: Session, cipher: Cipher) -> dict[str, str]:
    """What is behind every sealed value, by table, row and column."""
    found = {}
    for each in sealed_tables():
        for row in session.execute(select(*each.read)):
            told = dict(row._mapping)
            for column, place in each.sealed.items():
                if told[column] is not None:
                    found[f"{_named(each, told)}/{column}"] = cipher.open(
                        told[column], row=place.format_map(told)
                    )
    return found


def _named(each: SealedTable, told: dict[str, Any]) -> str:
    return "/".join([each.table.name, *(str(told[column.name]) for column in each.key)])


def _file(session: Session, cipher: Cipher, *, household: int, entity: int) -> None:
    member = Member(subject_id=household, relation_code="10", name_cipher=b"")
    contact = Contact(subject_id=household, kind=ContactKind.PHONE, value_cipher=b"", **SAID)
    session.add_all([member, contact])
    session.flush()
    row = f"members/{member.member_id}"
    member.name_cipher = cipher.seal("李秀英", row=f"{row}/name")
    member.id_number_cipher = cipher.seal(MEMBER_NUMBER, row=f"{row}/id_number")
    member.id_number_index = cipher.index(MEMBER_NUMBER)
    contact.value_cipher = cipher.seal("15400000001", row=f"contacts/{contact.contact_id}/value")
    farm, row = session.get_one(AgriEntity, entity), f"agri_entities/{entity}/legal_representative"
    farm.legal_representative_name_cipher = cipher.seal("张桂芳", row=f"{row}_name")
    farm.legal_representative_number_cipher = cipher.seal(REPRESENTATIVE_NUMBER, row=f"{row}_number")
    farm.legal_representative_index = cipher.index(REPRESENTATIVE_NUMBER)


def _say(session: Session, district: District, *, household: int) -> None:
    """What was said about a record and a rating, and a row that fits nobody."""
    seal = district.cipher.seal
    record = session.scalars(select(Record).where(Record.subject_id == household)).first()
    rating = session.scalars(select(Rating).where(Rating.subject_id == household)).one()
    assert record is not None
    due = {"raised_on": DAY, "due_on": DAY + timedelta(days=20), "text_cipher": b""}
    objection = Objection(
        subject_id=household, record_id=record.record_id, channel=ObjectionChannel.DESK, **due, **SAID
    )
    review = ReviewRequest(subject_id=household, rating_id=rating.rating_id, document="身份证", **due, **SAID)
    waiting = QuarantinedRow(
        batch_id=record.batch_id, row_no=99, reason="查无此主体", content_cipher=b"", candidates=[]
    )
    session.add_all([objection, review, waiting])
    session.flush()
    row, number = f"objections/{objection.objection_id}", review.review_request_id
    objection.text_cipher = seal("面积不对", row=f"{row}/text")
    review.text_cipher = seal("请复核", row=f"review_requests/{number}/text")
    waiting.content_cipher = seal("{}", row=f"quarantined_rows/{waiting.quarantined_row_id}/content")
    session.add_all(
        [
            Statement(
                record_id=record.record_id, subject_id=household,
                text_cipher=seal("已还清", row=f"records/{record.record_id}/statement"), **SAID,
            ),
            ObjectionEvent(
                objection_id=objection.objection_id, kind=ObjectionEventKind.CONFIRMED, happened_on=DAY,
                text_cipher=seal("属实", row=f"{row}/answer"), document="登记册", **SAID,
            ),
            ReviewAnswer(
                review_request_id=number, outcome=ReviewOutcome.UPHELD, answered_on=DAY,
                text_cipher=seal("无误", row=f"review_answers/{number}/text"), **SAID,
            ),
        ]
    )  # fmt: skip


def _appraise(session: Session, district: District) -> None:
    """Somebody who appraises on paper, and a sheet that is not handed in yet."""
    user, rules = (
        session.scalars(select(column)).first() for column in (User.user_id, RuleVersion.rule_version_id)
    )
    made = AppraisalRound(
        place_id=district.place_id(VILLAGE), number=1, rule_version_id=rules, opens_on=DAY,
        closes_on=DAY + timedelta(days=7), opened_at=morning(DAY), opened_by=user,
    )  # fmt: skip
    session.add(made)
    session.flush()
    appraiser = Appraiser(
        appraisal_round_id=made.appraisal_round_id, number=1, form_code="PY-1", invited_by=user,
        name_cipher=district.cipher.seal("赵永贵", row="appraisers/PY-1/name"), invited_at=morning(DAY),
    )  # fmt: skip
    session.add(appraiser)
    session.flush()
    sealed = district.cipher.seal("[]", row=f"appraisal_drafts/{appraiser.appraiser_id}/1")
    session.add(
        AppraisalDraft(
            appraiser_id=appraiser.appraiser_id, revision=1, content_cipher=sealed, saved_at=morning(DAY)
        )
    )


def _object(session: Session, district: District) -> None:
    """An objection to a public notice, with whom to reach, and its answer."""
    seal, uid = district.cipher.seal, "f" * 32
    rules = session.scalars(select(RuleVersion.rule_version_id)).first()
    notice = Notice(
        number="N1", purpose=NoticePurpose.AWARD, kind=DesignationKind.CREDIT_HOUSEHOLD,
        place_id=district.place_id(DISTRICT), begins_on=DAY, ends_on=DAY + timedelta(days=7),
        rule_version_id=rules, **SAID,
    )  # fmt: skip
    session.add(notice)
    session.flush()
    session.add(
        NoticeObjection(
            notice_objection_uid=uid, notice_id=notice.notice_id, raised_on=DAY,
            channel=ObjectionChannel.DESK,
            text_cipher=seal("不同意", row=f"notice_objections/{uid}/text"),
            contact_cipher=seal("15400000002", row=f"notice_objections/{uid}/contact"), **SAID,
        )
    )  # fmt: skip
    session.flush()
    session.add(
        NoticeObjectionAnswer(
            notice_objection_uid=uid, upheld=False, document="会议记录", answered_on=DAY,
            text_cipher=seal("已核实", row=f"notice_objections/{uid}/answer"), recorded_at=morning(DAY),
            answered_by=session.scalars(select(User.user_id)).one(),
        )
    )  # fmt: skip


def _sign_up(session: Session, district: District) -> None:
    """A user with a second factor, and an answer kept for whoever asks again."""
    bank = create_organisation(
        session, code="bank", name="农商行", kind=OrganisationKind.BANK, admitted_at=morning(DAY)
    )
    user = User(
        username="officer", display_name="officer", password_hash="none", role=Role.LOAN_OFFICER,
        organisation_id=bank.organisation_id, place_id=district.place_id(DISTRICT), disabled=False,
        failed_attempts=0,
    )  # fmt: skip
    session.add(user)
    session.flush()
    user.totp_cipher = district.cipher.seal("JBSWY3DPEHPK3PXP", row=f"users/{user.user_id}/totp")
    session.add(
        IdempotencyKey(
            user_id=user.user_id, key="a{b}/c", fingerprint="f" * 64, status=200, created_at=morning(DAY),
            answer_cipher=district.cipher.seal("{}", row=f"idempotency_keys/{user.user_id}/a{{b}}/c"),
        )
    )  # fmt: skip
