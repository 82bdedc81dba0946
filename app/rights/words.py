"""The fixed sentences of a report: what a person may ask for, and where to complain."""

TITLE = "本人信用报告"
SYNTHETIC = "演示数据（合成）"
NOTICE = "本报告只交给本人，供本人了解和核对；评级结果仅供参考，不得作为拒绝贷款的唯一依据。"
PORTABLE_NOTICE = "本人个人信息副本，机器可读；由本人自行转交，接收方的使用由其自行负责。"


def noted(notice: str, *, synthetic: bool) -> str:
    """A notice that says of made-up data that they are."""
    return f"{SYNTHETIC}。{notice}" if synthetic else notice


RIGHTS = (
    "查询：每年可以免费获取本人信用报告两次，也可以查看谁查询过您（《征信业管理条例》第十七条）。",
    "异议：认为记录有错、有遗漏的，可以到镇街窗口提出异议，二十日内书面答复（《征信业管理条例》第二十五条）。",
    "说明与复核：可以要求说明自动评级的依据，并要求由人复核（《个人信息保护法》第二十四条）。",
    "复制与转移：可以要求提供个人信息副本（《个人信息保护法》第四十五条）。",
    "撤回与删除：可以撤回同意；处理目的已实现或者不再必要的，可以要求删除（《个人信息保护法》第四十七条）。",
    "投诉：可以向当地人民银行分支机构投诉，三十日内书面答复；也可以起诉（《征信业管理条例》第二十六条）。",
)
