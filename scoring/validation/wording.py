"""The words of a validation report in Chinese and English."""

from scoring.definition import Text

SAMPLES = {
    "all": Text("全部样本", "all"),
    "development": Text("开发月份", "development months"),
    "out_of_time": Text("样本外月份", "out-of-time months"),
}
VERDICTS = {
    "stable": Text("稳定", "stable"),
    "watch": Text("需关注", "watch"),
    "shifted": Text("明显偏移", "shifted"),
    "too_few": Text("主体太少，不作判断", "too few to judge"),
}
GROUPINGS = {
    "sex": Text("性别", "sex"),
    "age_band": Text("年龄段", "age band"),
    "poverty_status": Text("脱贫状态", "poverty status"),
    "remoteness": Text("偏远程度", "remoteness"),
}
UNDEFINED = {
    "no subject has both a score and an outcome": Text(
        "没有同时有评分和结果的主体", "no subject has both a score and an outcome"
    ),
    "nobody defaulted": Text("没有主体违约", "nobody defaulted"),
    "everybody defaulted": Text("全部主体违约", "everybody defaulted"),
}
SENSITIVITIES = {
    "": Text("未注明", "not stated"),
    "open": Text("公开", "open"),
    "personal": Text("个人信息", "personal"),
    "restricted": Text("限制采集", "restricted"),
}
# What lets a fact about a person be collected, by its sensitivity (征信业管理条例).
LEGAL_BASES = {
    "": Text("未注明", "not stated"),
    "open": Text("依法公开的信息，条例第十三条", "lawfully public, Regulation on Credit Reporting art. 13"),
    "personal": Text("经本人同意，条例第十三条", "the person's consent, art. 13"),
    "restricted": Text("告知不良后果并取得书面同意，条例第十四条", "written consent after warning, art. 14"),
}
OPERATIONS = {
    "ratio": Text("前者除以后者", "the first over the second"),
    "weighted": Text("加权和", "weighted sum"),
    "product": Text("乘积", "product"),
    "least": Text("较小者", "the lesser"),
    "known_if": Text("后者达到下限时取前者，否则未知", "the first if the second suffices, else unknown"),
    "default_penalty": Text("违约扣分（事项、天数、纠正、措施）", "points off for default"),
}
SUBJECTS = {
    "household": Text("农户", "farming household"),
    "agri_entity": Text("新型农业经营主体", "agricultural business entity"),
}
THIN = Text("样本太少，仅供参考", "too few, a hint only")
UNKNOWN = Text("未知", "unknown")


def sample(name: str) -> Text:
    """A sample in words; a month as 2024-03."""
    return SAMPLES.get(name) or Text(f"{name[:4]}-{name[4:]}", f"{name[:4]}-{name[4:]}")


def month(value: int) -> str:
    """A month as 2024-03."""
    return f"{value // 100}-{value % 100:02d}"


def grouping(name: str) -> Text:
    """A way of grouping in words, or its own name."""
    return GROUPINGS.get(name, Text(name, name))


def group(name: str) -> Text:
    """A group; who belongs to none that is known is said so."""
    return Text(name, name) if name else UNKNOWN
