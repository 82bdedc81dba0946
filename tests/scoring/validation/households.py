"""Households rated by two marks whose outcomes follow a known rule. 演示数据（合成）"""

from typing import Any

import numpy as np

from scoring.rating import Scorecard
from scoring.validation import Population

CARD = """
card: DEMO-1
title: {zh: 演示卡, en: demonstration card}
effective_from: 2024-01-01
subject: household
maximum: 20
basis: S
least_known_share: 0.5
required: [marks]
sources:
  S: {document: 演示数据（合成）, article: 全部, dated: 2024-01-01}
prohibited_inputs:
  - {name: religion, label: {zh: 宗教信仰, en: religion}, basis: S}
blocks:
  - {name: record, label: {zh: 记录, en: record}, maximum: 20, basis: S}
inputs:
  - {name: marks, label: {zh: 记分, en: marks}, unit: 分, minimum: 0, maximum: 10, sensitivity: personal}
  - {name: other, label: {zh: 另一项, en: other}, unit: 分, minimum: 0, maximum: 10, sensitivity: open}
  - {name: kind, label: {zh: 类型, en: kind}, unit: 类别, sensitivity: restricted, consent: written,
     invalid: refuse, categories: {甲: {zh: 甲, en: first}, 乙: {zh: 乙, en: second}}}
reasons:
  R1: {zh: 记分较低 | <low>, en: few marks}
characteristics:
  - {name: marks, label: {zh: 记分, en: marks}, block: record, of: marks, unit: 分, basis: S, direction: up,
     unknown: {points: 0}, ladder: {start: 0, width: 1, count: 11, points: 0, points_step: 1, reason: R1}}
  - {name: other, label: {zh: 另一项, en: other}, block: record, of: other, unit: 分, basis: S, direction: up,
     months_to_change: 6, unknown: {points: 3},
     ladder: {start: 0, width: 1, count: 9, points: 0, points_step: 1, reason: R1}}
  - {name: kind, label: {zh: 类型, en: kind}, block: record, of: kind, unit: 类别, basis: S, direction: free,
     months_to_change: 6, unknown: {points: 0}, bins: [{is: [甲], points: 2}, {is: [乙], points: 0}]}
vetoes: []
grades:
  - {code: A, label: {zh: 好, en: good}, minimum: 15, basis: S}
  - {code: B, label: {zh: 中, en: fair}, minimum: 10, basis: S}
  - {code: C, label: {zh: 低, en: low}, minimum: 0, basis: S}
unrated: {code: N, label: {zh: 未评级, en: unrated}}
"""
DEMO = Scorecard.parse(CARD)
MONTHS = [202301, 202302, 202303, 202304, 202305, 202306, 202307, 202308]


def population(count: int = 4000, *, seed: int = 1, **changed: Any) -> Population:
    """So many households of eight months; the fewer marks, the more default; men and women alike."""
    draw = np.random.default_rng(seed)
    marks, other = (
        draw.integers(0, 11, count).astype(np.float64),
        draw.integers(0, 9, count).astype(np.float64),
    )
    kind = draw.choice(np.array(["甲", "乙"]), count)
    chance = 1 / (1 + np.exp(-(1 - 0.25 * (marks + other))))
    outcome = (draw.random(count) < chance).astype(np.float64)
    outcome[draw.random(count) < 0.1] = np.nan
    marks[draw.random(count) < 0.05] = np.nan
    given: dict[str, Any] = {
        "facts": {"marks": marks, "other": other, "kind": kind},
        "outcome": outcome,
        "description": "演示数据（合成）：模拟农户",
        "synthetic": True,
        "month": draw.choice(MONTHS, count),
        "groups": {"sex": draw.choice(np.array(["女", "男"]), count)},
    }
    return Population(**(given | changed))
