"""The way to a title in one sentence, Chinese and English, with nothing in it about a person."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from app.designations.ways import TownsWay, VillageWay
from app.models import GateState
from app.places.service import spoken_name
from scoring.definition import Text
from scoring.titles import NOT_BY_WORK, OUT_OF_REACH, UNKNOWN, Arrears, Must, UnitWork, Way

_FEN_OF_A_WAN = 1_000_000
_NAMED_MOST = 3
_NOT_YET = Text("待提名", "to be proposed")
_BARRED = Text("上次评定后有否决或证明失效，暂不予办理", "a document since the last night stands against it")
_WHY = {
    NOT_BY_WORK: Text("须先解决", "must be settled first"),
    UNKNOWN: Text("数据不足，须人工认定", "too little is known: decide by hand"),
    OUT_OF_REACH: Text("以现有数据无法达到", "out of reach with what is known"),
}


def village_words(village: VillageWay, *, amounts: bool = True) -> Text:
    """What a village needs, such as `甲村 needs 7 more credit households (14 are within 3 points)`.

    After it stands how far its title has come, where that is under way or held, and what was decided for or
    against it since the newest night. Without `amounts` nothing is said of how much the loans are, which few
    borrowers could be known by.
    """
    told = [_lacking_of_village(village, amounts=amounts), *_next_rung(village, amounts=amounts)]
    told += [] if village.case is None else [village.case.words]
    told += [one.words(named=False) for one in village.since_night]
    return _joined(told, "；", "; ")


def _next_rung(village: VillageWay, *, amounts: bool) -> Iterator[Text]:
    """On a ladder, of a place enough for a rung: how far it is from the next, and what leads there."""
    line = village.report.next_rung
    if line is None:
        return
    label = line.label
    if line.margin is None or line.state is GateState.INSUFFICIENT:
        yield Text(f"{label.zh}：得分所需数据不足", f"{label.en}: too little is known of its points")
        return
    short = Text(f"距{label.zh}还差 {-line.margin:g} 分", f"{-line.margin:g} points short of {label.en}")
    way = village.next_rung
    if way is None or way.musts:
        why = _WHY[NOT_BY_WORK if way is None else way.musts[0].why]
        yield Text(f"{short.zh}（{why.zh}）", f"{short.en} ({why.en})")
    else:
        joined = _joined(list(_work(village, way, way.loans, amounts=amounts)), "、", " and ")
        yield Text(f"{short.zh}：{joined.zh}", f"{short.en}: {joined.en}")


def _lacking_of_village(village: VillageWay, *, amounts: bool) -> Text:
    name = spoken_name(village.report.place)
    if village.way is None:
        return Text(f"{name}是社区，不评信用村", f"{name} is a community and bears no village title")
    parts = list(_work(village, village.way, village.way.loans, amounts=amounts))
    if parts or village.way.musts:
        return _sentence(name, parts, village.way.musts)
    if village.titled:
        return Text(f"{name}已是信用村，各项达标", f"{name} bears the title and holds every gate")
    if village.case is not None or village.is_barred:
        return Text(f"{name}各项已达标", f"{name} holds every gate")
    return Text(f"{name}各项已达标，可以提名", f"{name} holds every gate and may be proposed")


def town_words(town: TownsWay, *, amounts: bool = True) -> Text:
    """What a town lacks, village by village, and how far its own title has come."""
    told = [_lacking_of_town(town, amounts=amounts), *_by_hand(town)]
    told += [] if town.case is None else [town.case.words]
    told += [one.words(named=False) for one in town.since_night]
    return _joined(told, "；", "; ")


def _by_hand(town: TownsWay) -> Iterator[Text]:
    """The villages somebody could decide over instead, where villages are lacking."""
    if town.way.village_count and (waiting := [spoken_name(one.report.place) for one in town.by_hand]):
        names, more = waiting[:_NAMED_MOST], len(waiting) - _NAMED_MOST
        zh, en = "、".join(names), ", ".join(names)
        if more > 0:
            zh, en = f"{zh}等 {len(waiting)} 个村", f"{en} and {more} more"
        yield Text(f"{zh}只待人工认定，认定后可少做上述工作", f"{en} wait only for a decision by hand")


def _lacking_of_town(town: TownsWay, *, amounts: bool) -> Text:
    name, way = town.report.place.name, town.way
    chosen = list(_chosen(town, amounts=amounts))
    rest = [_beside(town, unit, amounts=amounts) for unit in way.units if not unit.chosen]
    if way.entity_file_count:
        count = way.entity_file_count
        rest.append(Text(f"新建 {count} 家主体档案", f"{count} files of agri entities are to be opened"))
    if way.musts:
        rest.append(_musts(way.musts))
    if not chosen and not rest:
        return Text(f"{name}各项已达标", f"{name} holds every gate")
    sentences = list(rest)
    if chosen:
        lacks = Text(
            f"还差 {way.village_count} 个信用村：", f"lacks {_counted(way.village_count, 'village')}: "
        )
        joined = _joined(chosen, "，", ", ")
        sentences.insert(0, Text(lacks.zh + joined.zh, lacks.en + joined.en))
    joined = _joined(sentences, "；", "; ")
    return Text(f"{name}{joined.zh}", f"{name} {joined.en}" if chosen else f"{name}: {joined.en}")


def loans_words(loans: Sequence[Arrears], *, amounts: bool) -> Text:
    """Loans to cure, such as `2 loans of 6 万 cured`; whoever owes them pays."""
    balances = {loan.balance_fen for loan in loans}
    total = _wan(sum(loan.balance_fen for loan in loans))
    count, urged = _counted(len(loans), "loan"), f"督促欠款户清偿 {len(loans)} 笔"
    if not amounts:
        return Text(f"{urged}逾期或不良贷款", f"{count} cured")
    if len(balances) == 1:
        each = _wan(balances.pop())
        return Text(f"{urged} {each} 万元的逾期或不良贷款", f"{count} of {each} 万 cured")
    return Text(f"{urged}逾期或不良贷款共 {total} 万元", f"{count} cured, {total} 万 in all")


def _chosen(town: TownsWay, *, amounts: bool) -> Iterator[Text]:
    """The villages to bring to their title: one by one where there is work, else by how far they are."""
    ready: dict[Text, list[str]] = defaultdict(list)
    for unit in town.way.units:
        village, way = town.villages[unit.place_id], unit.way
        if not unit.chosen or way is None:
            continue
        name = spoken_name(village.report.place)
        parts = list(_work(village, way, unit.loans, amounts=amounts))
        if parts or way.musts:
            yield _sentence(name, parts, way.musts)
        else:
            ready[_how_far(village)].append(name)
    for words, names in ready.items():
        hold = "holds" if len(names) == 1 else "hold"
        yield Text(
            f"{'、'.join(names)}各项已达标（{words.zh}）",
            f"{', '.join(names)} {hold} every gate ({words.en})",
        )


def _how_far(village: VillageWay) -> Text:
    if village.is_barred:
        return _BARRED
    return _NOT_YET if village.case is None else village.case.brief


def _beside(town: TownsWay, unit: UnitWork, *, amounts: bool) -> Text:
    """Loans cured for the town alone."""
    name = spoken_name(town.villages[unit.place_id].report.place)
    loans = loans_words(unit.loans, amounts=amounts)
    return Text(f"{name}另须{loans.zh}", f"{name} needs {loans.en} for the town")


def _work(village: VillageWay, way: Way, loans: Sequence[Arrears], *, amounts: bool) -> Iterator[Text]:
    if way.household_count:
        zh, en = (
            f"还需 {way.household_count} 户成为信用户",
            _counted(way.household_count, "more credit household"),
        )
        if points := village.near_points:
            near = village.near_count
            zh += f"（{near} 户只差 {points} 分以内）"
            en += f" ({near} {'is' if near == 1 else 'are'} within {_counted(points, 'point')})"
        yield Text(zh, en)
    if way.file_count:
        zh, en = f"新建 {way.file_count} 户档案", f"{_counted(way.file_count, 'file')} opened"
        if graded := len(way.graded):
            zh += f"（先建评级已达标的 {graded} 户）"
            en += f" (first {graded} of households that have the grade)"
        yield Text(zh, en)
    if loans:
        yield loans_words(loans, amounts=amounts)


def _musts(musts: Sequence[Must]) -> Text:
    """The gates no such work opens, with why."""
    told = [(must.criterion.label, _WHY[must.why]) for must in musts]
    return _joined(
        [Text(f"{label.zh}：{why.zh}", f"{label.en}: {why.en}") for label, why in told], "；", "; "
    )


def _sentence(name: str, parts: Sequence[Text], musts: Sequence[Must]) -> Text:
    joined, beside = _joined(parts, "、", " and "), _musts(musts)
    if not parts:
        return Text(f"{name}（{beside.zh}）", f"{name} ({beside.en})")
    brackets = Text(f"（{beside.zh}）", f" ({beside.en})") if musts else Text("", "")
    return Text(f"{name}{joined.zh}{brackets.zh}", f"{name} needs {joined.en}{brackets.en}")


def _joined(parts: Sequence[Text], zh: str, en: str) -> Text:
    return Text(zh.join(part.zh for part in parts), en.join(part.en for part in parts))


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _wan(fen: int) -> str:
    return f"{fen / _FEN_OF_A_WAN:.10g}"
