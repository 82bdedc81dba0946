"""The JSON Schema of a card's YAML: an editor completes it, and marks what is wrong while it is written."""

from collections.abc import Mapping
from typing import Any

from scoring.definition import OPERATIONS, OPTIONAL_PARAMETERS, SENSITIVITIES

Schema = dict[str, Any]
DRAFT = "https://json-schema.org/draft/2020-12/schema"

# Every value may be written as YAML writes it or as a text.
NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?(\.?\d|inf)"}]}
INTEGER: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\s*[-+]?\d+\s*$"}]}
TEXT: Schema = {"type": ["string", "number", "boolean"]}
DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
SWITCH: Schema = {"enum": [True, False, "true", "false"]}


def card_schema() -> Schema:
    """The schema, in draft 2020-12."""
    parts = {
        "words": _object({"zh": TEXT, "en": TEXT}, required=("zh", "en")),
        "source": _object(dict.fromkeys(("document", "article", "dated"), TEXT)),
        "block": _block(),
        "input": _input(),
        "reference": _reference(),
        "derived": _derived(),
        "characteristic": _characteristic(),
        "veto": _veto(),
        "grade": _grade(),
        "prohibited": _object({"name": TEXT, "label": _words("名称 name"), "basis": TEXT}),
    }
    return {
        "$schema": DRAFT,
        "$id": "https://credit-village.invalid/card.schema.json",
        "title": "credit-village 评分卡 scorecard",
        **_object(_card(), required=_CARD_REQUIRED),
        "$defs": parts,
    }


_CARD_REQUIRED = ("card", "title", "effective_from", "maximum", "least_known_share", "unrated")


def _card() -> dict[str, Schema]:
    return {
        "card": _told(TEXT, "评分卡代码 code of the card"),
        "variant": _told(TEXT, "主体类型的版本 the version for one type of subject"),
        "title": _words("名称 name"),
        "effective_from": _told(DAY, "施行日，与文件名相同 first day in force, the same as the file's name"),
        "subject": _told({"enum": ["household", "agri_entity"]}, "评级对象 the kind of subject rated"),
        "maximum": _told(INTEGER, "满分 full marks"),
        "basis": _told(TEXT, "整卡数字的依据 source of the numbers of the card as a whole"),
        "least_known_share": _told(NUMBER, "已知指标的最低比例 least share of known characteristics"),
        "required": _told(_list(TEXT), "缺少即不评级的资料 facts without which there is no grade"),
        "sources": _told(_map(_part("source")), "出处 the documents everything refers to by its basis"),
        "prohibited_inputs": _list(_part("prohibited")),
        "blocks": _list(_part("block")),
        "inputs": _list(_part("input")),
        "references": _list(_part("reference")),
        "derived": _told(_list(_part("derived")), "计算值，按书写顺序 derived values, in this order"),
        "reasons": _told(_map(_part("words")), "失分原因 reason codes"),
        "inquiry_reasons": _told(_list(TEXT), "可在四项之外告知的查询原因 reasons about inquiries"),
        "characteristics": _list(_part("characteristic")),
        "vetoes": _list(_part("veto")),
        "grades": _told(_list(_part("grade")), "等级，从好到差 grades, the best first"),
        "unrated": _part("grade"),
        "overlays": _told({"type": "object"}, "各类主体的补充 what is added for one type of subject"),
    }


def _block() -> Schema:
    return _object(
        {
            "name": TEXT,
            "label": _words("名称 name"),
            "maximum": _told(INTEGER, "本部分最多得分 the most it gives"),
            "judgement": _told(SWITCH, "凭人的看法 rests on what people think"),
            "bonus": _told(SWITCH, "满分之外的加分 comes on top of full marks"),
            "basis": _told(TEXT, "依据 source"),
        },
        required=("name", "label", "maximum"),
    )


def _input() -> Schema:
    number = _told(NUMBER, "允许范围 the range a value may have")
    properties = {
        "name": TEXT,
        "label": _words("名称 name"),
        "unit": _told(TEXT, "单位 unit"),
        "minimum": number,
        "maximum": number,
        "categories": _told(_map(_part("words")), "可填的文字 the texts it may hold"),
        "codes": _told(_map(_part("words")), "代码的含义 what its numbers mean"),
        "special": _told(_map(_part("words")), "特殊代码，在范围之外 special codes, outside the range"),
        "sensitivity": _told({"enum": list(SENSITIVITIES)}, "敏感级别（征信业管理条例第十四条）"),
        "consent": _told({"enum": ["written"]}, "须书面同意 needs a written consent"),
        "invalid": _told({"enum": ["unknown", "refuse"]}, "不允许的值：按未知，或拒绝"),
    }
    either = [{"required": ["categories"]}, {"required": ["minimum", "maximum"]}]
    return _object(properties, required=("name", "label", "unit")) | {"anyOf": either}


def _reference() -> Schema:
    properties = {"name": TEXT, "label": _words("名称 name"), "value": NUMBER, "basis": TEXT, "unit": TEXT}
    return _object(properties, required=("name", "label", "value", "basis"))


def _derived() -> Schema:
    """One shape for each operation, with just its parameters."""
    return {"oneOf": [_operation(name, count, given) for name, (count, given) in OPERATIONS.items()]}


def _operation(name: str, count: int, parameters: frozenset[str]) -> Schema:
    values: Schema = _list(TEXT) | ({"minItems": count, "maxItems": count} if count else {"minItems": 1})
    shared = {"name": TEXT, "label": _words("名称 name"), "unit": TEXT, "basis": TEXT}
    given = {key: {"anyOf": [NUMBER, _list(NUMBER)]} for key in sorted(parameters)}
    properties = {**shared, "operation": {"const": name}, "of": values, **given}
    required = {"name", "label", "unit", "operation", "of", *(parameters - OPTIONAL_PARAMETERS)}
    return _object(properties, required=tuple(sorted(required)))


def _characteristic() -> Schema:
    step = {"points": INTEGER, "reason": TEXT, "label": _words("档次名称 name of the step")}
    ladder = {
        **dict.fromkeys(("start", "width"), NUMBER),
        **dict.fromkeys(("count", "points", "points_step"), INTEGER),
    }
    properties = {
        "name": TEXT,
        "label": _words("名称 name"),
        "block": _told(TEXT, "所属部分 its block"),
        "of": _told(TEXT, "依据的资料或计算值 the value it reads"),
        "unit": _told(TEXT, "分界点的单位 the unit its edges are written in"),
        "basis": _told(TEXT, "依据 source"),
        "direction": _told({"enum": ["up", "down", "free"]}, "数值越大，分值只升、只降或不限"),
        "months_to_change": _told(
            INTEGER, "主体改善它最少要几个月 months to better it, left out where nobody can"
        ),
        "unknown": _told(_object(step, required=("points",)), "未知时的分值 points where it is unknown"),
        "bins": _list(
            _object(
                {**step, **dict.fromkeys(("from", "above", "to", "up_to"), NUMBER), "is": _list(TEXT)},
                required=("points",),
            )
        ),
        "ladder": _object({**ladder, "reason": TEXT}, required=tuple(ladder)),
        "special": _list(_object({**step, "code": NUMBER}, required=("code", "points"))),
    }
    required = ("name", "label", "block", "of", "basis", "unknown")
    either = [{"required": ["bins"]}, {"required": ["ladder"]}]
    return _object(properties, required=required) | {"anyOf": either}


def _veto() -> Schema:
    plain = dict.fromkeys(("name", "of", "unit", "grade_at_most", "basis"), TEXT)
    properties = {**plain, "label": _words("名称 name"), "above": NUMBER, "at_least": NUMBER}
    either = [{"required": ["above"]}, {"required": ["at_least"]}]
    required = ("name", "label", "of", "grade_at_most", "basis")
    return _object(properties, required=required) | {"oneOf": either}


def _grade() -> Schema:
    properties = {"code": TEXT, "label": _words("名称 name"), "minimum": INTEGER, "basis": TEXT}
    return _object(properties, required=("code", "label"))


def _object(properties: Mapping[str, Schema], *, required: tuple[str, ...] | None = None) -> Schema:
    """A mapping that holds these keys and no others; without `required`, all of them."""
    asked = list(properties) if required is None else list(required)
    return {
        "type": "object",
        "properties": dict(properties),
        "required": asked,
        "additionalProperties": False,
    }


def _map(of: Schema) -> Schema:
    return {"type": "object", "additionalProperties": of}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _part(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _words(description: str) -> Schema:
    return {**_part("words"), "description": description}


def _told(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}
