"""Alerts and the log of inquiries on the wire."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.alerts.alert import Alerted, LogRow, Noted
from app.alerts.rules import AlertRules
from app.models import InquiryAlertNote, InquiryOutcome, Purpose

TEXT_LENGTH_MAX = 500


class AlertNoteRequest(BaseModel):
    """What was found out about an alert, and whether that closes it."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"text": "经核对排班表，当日为整村授信宣传，属正常业务。", "closes": True}]
        },
    )

    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    closes: bool


class AlertNoteAnswer(BaseModel):
    """A note on an alert as it was written."""

    inquiry_alert_note_id: int
    text: str
    closes: bool
    noted_at: datetime
    noted_by: str

    @classmethod
    def of(cls, note: InquiryAlertNote, *, username: str) -> "AlertNoteAnswer":
        """A note by the user who wrote it."""
        return cls(
            inquiry_alert_note_id=note.inquiry_alert_note_id,
            text=note.text,
            closes=note.closes,
            noted_at=note.noted_at,
            noted_by=username,
        )


class AlertedUserAnswer(BaseModel):
    """The user an alert is about: an account of an organisation, never a subject."""

    user_id: int
    username: str
    organisation_code: str
    organisation_name: str


class InquiryAlertAnswer(BaseModel):
    """An alert: by which rule and why, about whom, and how many inquiries in which time."""

    inquiry_alert_id: int
    rule: str
    label: str
    label_en: str
    reason: str
    reason_en: str
    severity: str
    basis: str
    rules_fingerprint: str
    user: AlertedUserAnswer
    window_from: datetime
    window_to: datetime
    inquiry_count: int
    detail: dict[str, Any]
    raised_at: datetime
    notes: list[AlertNoteAnswer]

    @classmethod
    def of(cls, found: Alerted, *, rules: AlertRules) -> "InquiryAlertAnswer":
        """An alert in the words of the rules."""
        alert, rule = found.alert, rules.rules[found.alert.rule]
        return cls(
            inquiry_alert_id=alert.inquiry_alert_id,
            rule=alert.rule,
            label=rule.label.zh,
            label_en=rule.label.en,
            reason=rule.reason.zh,
            reason_en=rule.reason.en,
            severity=rule.severity,
            basis=f"{rule.basis.document} {rule.basis.article}",
            rules_fingerprint=alert.rules_fingerprint,
            user=AlertedUserAnswer(
                user_id=found.user.user_id,
                username=found.user.username,
                organisation_code=found.organisation.code,
                organisation_name=found.organisation.name,
            ),
            window_from=alert.window_from,
            window_to=alert.window_to,
            inquiry_count=alert.inquiry_count,
            detail=alert.detail,
            raised_at=alert.raised_at,
            notes=[_note(each) for each in found.notes],
        )


class InquiryAlertsAnswer(BaseModel):
    """A page of the open alerts; `next_before` asks for the next page, none follows where it is null."""

    alerts: list[InquiryAlertAnswer]
    next_before: int | None

    @classmethod
    def of(cls, found: Sequence[Alerted], *, rules: AlertRules, limit: int) -> "InquiryAlertsAnswer":
        """A page of at most `limit` alerts."""
        return cls(
            alerts=[InquiryAlertAnswer.of(each, rules=rules) for each in found],
            next_before=found[-1].alert.inquiry_alert_id if len(found) == limit else None,
        )


class LoggedInquiry(BaseModel):
    """Who asked when, for what and with what outcome; of the subject and the consent only the ids."""

    inquiry_id: int
    inquired_at: datetime
    username: str
    organisation_code: str
    organisation_name: str
    purpose: Purpose
    purpose_label: str
    outcome: InquiryOutcome
    outcome_label: str
    refusal_code: str
    consent_id: int | None
    subject_id: int | None
    client_id: str | None = Field(description="the credentials of a bank's system; null where a person asked")

    @classmethod
    def of(cls, row: LogRow) -> "LoggedInquiry":
        """One line of the log."""
        inquiry, username, organisation = row
        return cls(
            inquiry_id=inquiry.inquiry_id,
            inquired_at=inquiry.inquired_at,
            username=username,
            organisation_code=organisation.code,
            organisation_name=organisation.name,
            purpose=inquiry.purpose,
            purpose_label=inquiry.purpose.label,
            outcome=inquiry.outcome,
            outcome_label=inquiry.outcome.label,
            refusal_code=inquiry.refusal_code,
            consent_id=inquiry.consent_id,
            subject_id=inquiry.subject_id,
            client_id=inquiry.client_id,
        )


class InquiryLogAnswer(BaseModel):
    """A page of the log; `next_before` asks for the next page, none follows where it is null."""

    on: date
    inquiries: list[LoggedInquiry]
    next_before: int | None

    @classmethod
    def of(cls, rows: Sequence[LogRow], *, on: date, limit: int) -> "InquiryLogAnswer":
        """A page of at most `limit` inquiries, as read on a day."""
        return cls(
            on=on,
            inquiries=[LoggedInquiry.of(row) for row in rows],
            next_before=rows[-1][0].inquiry_id if len(rows) == limit else None,
        )


def _note(noted: Noted) -> AlertNoteAnswer:
    return AlertNoteAnswer.of(noted.note, username=noted.username)
