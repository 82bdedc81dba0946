"""What allows an activity depends on who runs the service; some things nobody may do without consent."""

import pytest

from app.consents.activities import Activity, Basis, OperatorRole, basis_of, read_activities
from app.errors import Invalid
from app.settings import ROOT, Settings

FILE = ROOT / "seed_data" / "processing.yaml"
ALWAYS_AGREED = (Activity.COLLECT_RESTRICTED_FACTS, Activity.ANSWER_INQUIRY, Activity.PUBLISH_DESIGNATION)


@pytest.fixture
def changed(tmp_path):
    """The shipped file with one text replaced by another."""

    def made(old, new):
        text = FILE.read_text("utf-8")
        assert old in text
        (tmp_path / "processing.yaml").write_text(text.replace(old, new, 1), "utf-8")
        return tmp_path / "processing.yaml"

    return made


def test_every_activity_stands_in_the_file_for_every_role():
    activities = read_activities(FILE)
    assert list(activities) == list(Activity)
    assert all(set(each.basis) == set(OperatorRole) for each in activities.values())


@pytest.mark.parametrize("role", list(OperatorRole))
@pytest.mark.parametrize("activity", ALWAYS_AGREED)
def test_no_role_replaces_the_separate_consent_of_the_person(activity, role):
    assert basis_of(activity, role) is Basis.SEPARATE_CONSENT


@pytest.mark.parametrize(
    ("role", "basis"),
    [
        ("state_organ", Basis.STATUTORY_DUTY),
        ("pboc_led", Basis.STATUTORY_DUTY),
        ("licensed_agency", Basis.CONSENT),
        ("consent_only", Basis.CONSENT),
    ],
)
def test_a_rating_rests_on_duty_only_where_the_operator_has_one(role, basis):
    assert basis_of(Activity.RATE, role) is basis


@pytest.mark.parametrize("activity", list(Activity))
def test_without_a_duty_nothing_is_done_without_consent(activity):
    assert basis_of(activity, "consent_only") is not Basis.STATUTORY_DUTY


def test_adverse_information_is_kept_five_years_by_law():
    adverse = read_activities(FILE)[Activity.USE_ADVERSE_INFORMATION]
    assert (adverse.retention_months, adverse.retention_by_law) == (60, True)
    assert "第十六条" in adverse.law


def test_the_role_of_the_settings_is_one_of_the_file():
    assert basis_of(Activity.RATE, Settings().operator_basis) is Basis.STATUTORY_DUTY


def test_a_role_that_is_not_listed_is_refused_with_those_that_are():
    with pytest.raises(Invalid, match=r"'data_vendor'.*licensed_agency"):
        basis_of(Activity.RATE, "data_vendor")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("name: rate", "name: score", r"activities\[score\]: name: 'score' is none of"),
        ("name: rate", "name: collect_facts", "label"),
        ("zh: 信用评级", "zh: 打分", "must read '信用评级'"),
        ("consent_only: consent}", "consent_only: duty}", "'duty' is none of statutory_duty"),
        (", consent_only: consent}", "}", "consent_only: is missing"),
        ("consent_only: consent}", "consent_only: consent, vendor: consent}", "unknown keys: vendor"),
        ("{months: 60, set_by: law}", "{set_by: law}", "months: is missing"),
        ("{months: 60, set_by: law}", "{months: 0, set_by: law}", "0 is no term"),
        ("{months: 60, set_by: law}", "{months: 60, set_by: habit}", "'habit' is none of"),
        ("    law: {zh", "    note: none\n    law: {zh", "unknown keys: note"),
        ("dated: 2026-11-23", "dated: soon", "dated: 'soon' is not a date"),
    ],
)
def test_what_is_wrong_in_the_file_is_refused_where_it_stands(changed, old, new, complaint):
    with pytest.raises(Invalid, match=complaint):
        read_activities(changed(old, new))


def test_an_activity_that_is_left_out_or_stands_twice_is_refused(tmp_path):
    text = FILE.read_text("utf-8")
    head, *entries = text.split("  - name: ")
    path = tmp_path / "processing.yaml"
    path.write_text("  - name: ".join([head, *entries[:-1]]), "utf-8")
    with pytest.raises(Invalid, match="add what is missing: validate_models"):
        read_activities(path)
    path.write_text("  - name: ".join([head, *entries, entries[0]]), "utf-8")
    with pytest.raises(Invalid, match="stands twice"):
        read_activities(path)
