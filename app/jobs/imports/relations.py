"""The relations to the head of a household (GB/T 4761), by their names and by their codes."""

from app.subjects.code_tables import CodeTable, code_table

_SPOKEN = {
    "丈夫": "11",
    "妻子": "12",
    "儿子": "20",
    "女儿": "30",
    "父": "51",
    "母": "52",
    "哥哥": "71",
    "弟弟": "73",
}
# 本人 and 户主: who heads a household is not a member of it.
_OF_THE_HEAD = {"01", "02"}
_NAMES = {
    code: entry.label
    for code, entry in code_table(CodeTable.FAMILY_RELATION).items()
    if code not in _OF_THE_HEAD
}

RELATIONS = {name: code for code, name in _NAMES.items()} | _SPOKEN | {code: code for code in _NAMES}
COMMON_RELATIONS = (
    "配偶", "子", "女", "儿媳", "女婿", "父亲", "母亲", "岳父", "岳母", "公公", "婆婆",
    "孙子", "孙女", "外孙子", "外孙女", "祖父", "祖母", "兄", "弟", "姐姐", "妹妹", "其他亲属", "非亲属",
)  # fmt: skip
