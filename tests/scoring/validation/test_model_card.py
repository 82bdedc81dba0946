"""The model card says of a card what the card says of itself, and never vouches for another version."""

from pathlib import Path
from typing import Any

import pytest

from scoring.definition import OPERATIONS, SENSITIVITIES
from scoring.errors import CardError
from scoring.rating import Scorecard
from scoring.validation import model_card, validate, wording
from scoring.validation.markdown import escaped
from tests.scoring.validation.households import CARD, DEMO, population

POLICIES = sorted(Path("scoring/policies").glob("*/*/*.yaml"))
CARDS = [path for path in POLICIES if path.read_text(encoding="utf-8").find("\ncharacteristics:") > 0]


@pytest.mark.parametrize("path", CARDS, ids=lambda path: "-".join(path.parts[2:4]))
def test_every_shipped_card_has_one_that_holds_all_it_reads_judges_and_rests_on(path):
    card = Scorecard.load(path).definition
    text = model_card(card, None)
    parts: list[Any] = [*card.inputs, *card.characteristics, *card.vetoes, *card.prohibited, *card.blocks]
    parts += [*card.references, *card.derivations]
    told = [item.label.zh for item in parts]
    told += [source.document for source in card.sources.values()] + [card.fingerprint]
    assert [words for words in told if words not in text] == []
    assert sum(line.startswith("| ") for line in text.splitlines()) >= sum(
        len(item.bins) for item in card.characteristics
    )


def test_the_legal_basis_follows_the_sensitivity():
    text = model_card(DEMO.definition, None)
    assert (
        "| 类型 / kind | 类别 | 甲；乙 / first; second | 限制采集 / restricted | 告知不良后果并取得书面同意"
        in text
    )
    assert "| 记分 / marks | 分 | 0 – 10 | 个人信息 / personal | 经本人同意" in text


def test_a_written_consent_the_card_asks_for_beyond_the_law_is_told():
    more = CARD.replace("maximum: 10, sensitivity: open", "maximum: 10, sensitivity: open, consent: written")
    assert "第十三条；需书面同意" in model_card(Scorecard.parse(more).definition, None)


def test_special_codes_and_what_is_refused_are_told():
    more = CARD.replace(
        "maximum: 10, sensitivity: open", "maximum: 10, special: {-9: {zh: 拒答, en: refused}}"
    )
    text = model_card(Scorecard.parse(more).definition, None)
    assert "0 – 10；-9 拒答 / 0 – 10; -9 refused | 未注明" in text
    assert "例外，超出范围即拒绝评分：类型" in text


def test_words_of_a_card_are_shown_as_written():
    assert r"R1 记分较低 \| \<low\>" in model_card(DEMO.definition, None)


def test_a_variant_is_named_and_limits_follow_from_the_card():
    card = Scorecard.load(next(path for path in CARDS if "agri_entity" in str(path)))
    variant = card.definition.overlays[0]
    named = escaped(f"{card.definition.code}:{variant}")
    assert f"| {named} |" in model_card(card.overlay(variant).definition, None)
    assert "主体自己无法改变：记分。" in model_card(DEMO.definition, None)


def test_without_a_report_it_must_not_be_activated():
    text = model_card(DEMO.definition, None)
    assert "尚未验证：没有验证报告的评分卡不得启用" in text
    assert "尚未用真实结果验证" in text


@pytest.mark.parametrize("synthetic", [True, False])
def test_with_a_report_it_tells_its_conclusions_and_whether_the_data_were_real(synthetic):
    report = validate(DEMO, population(600, synthetic=synthetic, description="某区农户"))
    text = model_card(DEMO.definition, report)
    assert "性别：各群体不利影响比都不低于 0.8" in text
    assert ("> **验证数据为演示数据（合成）" in text) is synthetic
    assert ("尚未用真实结果验证" in text) is synthetic


def test_the_report_of_another_version_is_refused():
    other = Scorecard.parse(CARD.replace("minimum: 15", "minimum: 16"))
    with pytest.raises(CardError, match="validate this card"):
        model_card(DEMO.definition, validate(other, population(60)))


def test_everything_a_card_may_compute_or_guard_has_its_words():
    assert set(wording.OPERATIONS) == set(OPERATIONS)
    assert set(SENSITIVITIES) < set(wording.SENSITIVITIES) == set(wording.LEGAL_BASES)
