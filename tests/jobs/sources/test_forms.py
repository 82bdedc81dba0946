"""Every source of article 28 on a form as it comes: title line, extra columns, its own words and units."""

from datetime import date
from typing import Any

import pytest

from app.models import SubjectKind
from tests.jobs.sources.conftest import MAPPINGS, Desk
from tests.numbers import credit_code, resident

ID, NO, CODE = "<id>", "<no>", "<code>"
NOTE = "演示数据（合成）"
# For each mapping: the header, the rows, and what becomes of them.
FORMS: dict[str, tuple[list[str], list[list[Any]], list[tuple[str, float, str]]]] = {
    "land_right": (
        ["序号", "发包方", "承包方代表", "承包方代表证件号码", "权证编号", "确权总面积（亩）", "权证状态",
         "登簿日期"],
        [["1", "长隆村村民委员会", "王建国", ID, "渝（2018）农地", "4.36", "现势", "2018年9月30日"]],
        [("confirmed_land_mu", 4.36, "2018-09-30")],
    ),
    "land_right_parcels": (
        ["户编码", "地块代码", "地块名称", "颁证年月", "实测面积", "确权颁证"],
        [[NO, "D1", "大田", "201809", "1000.0", "已颁证"], [NO, "D2", "湾头", "201809", "333.34", "已颁证"]],
        [("confirmed_land_mu", 2.0, "2018-09-30")],
    ),
    "land_transfer": (
        ["合同编号", "农户姓名", "农户身份证号", "流转方向", "流转面积（亩）", "合同状态", "统计月份",
         "对方名称"],
        [
            ["T1", "王建国", ID, "流入", "12.5", "履行中", "2026-10", "某户"],
            ["T2", "王建国", ID, "流出", "1", "履行中", "2026-10", "某社"],
            ["T3", "王建国", ID, "流入", "2.5", "有效", "2026-10", "某户"],
            ["T4", "王建国", ID, "流入", "99", "已终止", "2026-10", "某户"],
        ],
        [("land_leased_in_mu", 15, "2026-10-31"), ("land_leased_out_mu", 1, "2026-10-31")],
    ),
    "land_transfer_entities": (
        ["流转合同号", "受让方信用代码", "流转面积", "剩余年限", "状态", "数据年月"],
        [["T1", CODE, "120", "8.5", "有效", "2026-10"], ["T2", CODE, "30", "3", "有效", "2026-10"]],
        [("land_leased_in_mu", 150, "2026-10-31"), ("lease_years_left", 8.5, "2026-10-31")],
    ),
    "subsidy": (
        ["序号", "补贴对象", "补贴对象身份证号", "补贴项目", "实发金额", "年度", "支付流水号", "支付状态"],
        [
            ["1", "王建国", ID, "耕地地力保护", "362.50", "2025", "P1", "成功"],
            ["2", "王建国", ID, "农机购置", "1,800.00", "2025年", "P2", "成功"],
            ["3", "王建国", ID, "农机购置", "1,800.00", "2025年", "P3", "退回"],
        ],
        [("subsidy_fen", 216_250, "2025-12-31")],
    ),
    "subsidy_card": (
        ["序号", "镇街", "行政村", "户主姓名", "户编号", "汇总年度", "补贴合计（万元）"],
        [["1", "大兴镇", "长隆村", "王建国", NO, "2025", "0.21625"]],
        [("subsidy_fen", 216_250, "2025-12-31")],
    ),
    "tax": (
        ["纳税人识别号", "纳税人名称", "评价年度", "评价结果", "主管税务机关"],
        [[CODE, "演示主体", "2025", "B级", "璧山区税务局"]],
        [("tax_credit_level", 2, "2025-12-31")],
    ),
    "tax_arrears": (
        ["欠税编号", "姓名", "身份证号", "税种", "统计月份", "告知本人日期"],
        [["Q1", "王建国", ID, "个人所得税", "2026-10", "2026-10-08"]],
        [("tax_arrears_count", 1, "2026-10-31")],
    ),
    "insurance": (
        ["保单号", "投保人姓名", "投保人身份证号", "险种", "承保数量（亩）", "起保日期", "保单状态"],
        [["B1", "王建国", ID, "水稻", "3", "2026/05/01", "有效"], ["B2", "王建国", ID, "玉米", "1.5",
         "2026/05/01", "承保"]],
        [("agricultural_insurance", 1, "2026-05-01"), ("insured_area_mu", 4.5, "2026-05-01")],
    ),
    "insurance_entities": (
        ["保险单号", "被保险人信用代码", "承保面积（亩）", "保险起期", "保单状态"],
        [["B1", CODE, "300", "20260501", "有效"]],
        [("agricultural_insurance", 1, "2026-05-01"), ("insured_area_mu", 300, "2026-05-01")],
    ),
    "construction": (
        ["项目编号", "项目名称", "承担单位", "承担单位信用代码", "年度", "进展"],
        [
            ["X1", "高标准农田", "演示主体", CODE, "2025", "竣工"],
            ["X2", "农村公路", "演示主体", CODE, "2025", "在建"],
            ["X3", "农村公路", "演示主体", CODE, "2025", "取消"],
        ],
        [("construction_project_count", 2, "2025-12-31")],
    ),
    "construction_households": (
        ["参与记录号", "户号", "姓名", "年度", "参与方式"],
        [["C1", NO, "王建国", "2025", "投工投劳"]],
        [("construction_project_count", 1, "2025-12-31")],
    ),
    "bank_return": (
        ["借据号", "客户名称", "客户证件号码", "数据月份", "经办机构", "放款日期", "借款金额（元）",
         "余额（元）",
         "逾期天数", "五级分类", "首贷日期", "是否核销"],
        [
            ["J1", "王建国", ID, "2026-10", "演示农商行", "2025-03-01", "50000", "30000", "0", "正常",
             "2016-10-31", "否"],
            ["J2", "王建国", ID, "2026-10", "演示农商行", "2024-03-01", "20000", "9000", "35", "关注类",
             "2016-10-31", "否"],
        ],
        [("overdue_days_now", 35, "2026-10-31"), ("credit_relation_years", 10, "2026-10-31"),
         ("written_off_loan", 0, "2026-10-31")],
    ),
    "bank_return_entities": (
        ["借据编号", "统一社会信用代码", "报告月份", "贷款机构", "发放日期", "贷款金额（万元）",
         "贷款余额（万元）",
         "逾期天数", "风险分类", "近24个月最长逾期天数"],
        [["J1", CODE, "2026年10月", "演示农商行", "2025-03-01", "50", "30.5", "0", "1", "12"]],
        [("overdue_days_now", 0, "2026-10-31"), ("overdue_days_max_24m", 12, "2026-10-31")],
    ),
    "market_register": (
        ["统一社会信用代码", "企业名称", "主体类型", "注册日期", "出资总额（万元）", "成员总数", "是否年报",
         "经营异常"],
        [[CODE, "演示主体", "农民专业合作社", "2016-12-01", "120.5", "63", "已公示", "否"]],
        [("registered_capital_fen", 120_500_000, "2026-12-01"), ("member_count", 63, "2026-12-01"),
         ("operating_years", 10, "2026-12-01"), ("annual_report_filed", 1, "2026-12-01"),
         ("abnormal_listed", 0, "2026-12-01")],
    ),
    "family_farm_list": (
        ["序号", "镇街", "农场名称", "信用代码", "名录年度", "示范家庭农场级别", "农业收入占比（%）"],
        [["1", "大兴镇", "演示主体", CODE, "2025", "市级", "87.5"]],
        [("demonstration_level", 2, "2025-12-31"), ("farm_income_share", 0.875, "2025-12-31")],
    ),
    "judgment_defaulters": (
        ["被执行人姓名", "身份证号码", "执行法院", "案号", "发布时间", "屏蔽日期"],
        [["王建国", ID, "重庆市璧山区人民法院", "（2025）渝0120执1号", "2025-07-01", ""]],
        [("judgment_defaulter", 1, "2025-07-01")],
    ),
    "e_commerce_entities": (
        ["店铺编号", "店铺主体", "统一社会信用代码", "统计月份", "年交易额（元）"],
        [["E1", "演示主体", CODE, "2026-10", "98000.10"], ["E2", "演示主体", CODE, "2026-10", "1999.90"]],
        [("online_sales_fen", 10_000_000, "2026-10-31")],
    ),
    "green_projects": (
        ["项目编码", "项目名称", "主体信用代码", "入库月份", "审核状态"],
        [["G1", "沼气", CODE, "2026-10", "审核通过"], ["G2", "光伏", CODE, "2026-10", "退回"]],
        [("green_project_count", 1, "2026-10-31")],
    ),
    "green_projects_households": (
        ["绿色项目编码", "项目人", "项目人身份证号", "统计月份", "入库状态"],
        [["G1", "王建国", ID, "2026-10", "已入库"]],
        [("green_project_count", 1, "2026-10-31")],
    ),
}  # fmt: skip


def filled(rows: list[list[Any]], subject_id: int) -> list[list[Any]]:
    """The rows about one subject of the district."""
    known = {ID: resident(subject_id), NO: f"H{subject_id:05d}", CODE: credit_code(subject_id)}
    return [[known.get(cell, cell) for cell in row] for row in rows]


def test_every_mapping_has_a_form_here_or_where_consents_are_tested() -> None:
    assert set(FORMS) | {"e_commerce"} == set(MAPPINGS)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("code", FORMS)
def test_a_form_as_it_comes_becomes_the_records_it_states(desk: Desk, code: str) -> None:
    header, rows, expected = FORMS[code]
    household = MAPPINGS[code].subject_kind is SubjectKind.HOUSEHOLD
    subject_id = desk.district.household({}) if household else desk.district.entity({})
    given = {"observed_on": date(2026, 12, 1)} if code == "market_register" else {}
    padded = [[*row, NOTE] for row in filled(rows, subject_id)]
    form = desk.xlsx([MAPPINGS[code].title.zh], [*header, "备注"], *padded)
    report = desk.deliver(form, code, **given)
    assert report.accepted, list(report.lines())
    assert [(name, value, day.isoformat()) for name, value, day, _ in desk.records(subject_id)] == expected
