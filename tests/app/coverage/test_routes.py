"""Coverage over HTTP: the goal, the shares, and one total whichever way it is cut."""

from datetime import timedelta

import pytest

from app import clock

NUMBERS = ("roster_count", "excluded_count", "on_file_count", "rated_count")


def coverage(get, username="admin.bishan", **parameters):
    answer = get(username, "/v1/coverage", **parameters)
    assert answer.status_code == 200
    return answer.json()


def test_towns_and_types_come_to_the_same_total(get):
    by_town, by_type = coverage(get), coverage(get, by="type")
    assert (len(by_town["lines"]), len(by_type["lines"])) == (15, 6)
    assert by_town["total"] == by_type["total"]
    for body in (by_town, by_type):
        for number in NUMBERS:
            assert sum(line[number] for line in body["lines"]) == body["total"][number]
    assert by_town["total"]["roster_count"] > by_town["total"]["on_file_count"] > 0


def test_the_shares_are_of_the_roster_without_the_excluded_and_compared_with_the_goal(get):
    body = coverage(get)
    goal = body["goal"]
    assert (goal["file_coverage"], goal["rating_coverage"], goal["due_on"]) == (0.95, 0.9, "2023-12-31")
    assert "第（十九）条" in goal["basis"]["article"]
    for line in (*body["lines"], body["total"]):
        if line["roster_count"] == 0:
            shares = line["file_coverage"], line["rating_coverage"], line["reaches_goal"]
            assert shares == (None, None, None)
            continue
        assert line["file_coverage"] == line["on_file_count"] / line["roster_count"]
        assert line["rating_coverage"] == line["rated_count"] / line["roster_count"]
        reached = line["file_coverage"] >= 0.95 and line["rating_coverage"] >= 0.9
        assert line["reaches_goal"] is reached


def test_an_official_sees_the_coverage_of_his_town(get):
    mine = coverage(get, "town.daxing")
    assert [line["label"] for line in mine["lines"]] == ["大兴镇"]
    whole = {line["key"]: line for line in coverage(get)["lines"]}
    assert mine["lines"] == [whole["500120104000"]]
    assert {name: mine["total"][name] for name in NUMBERS} == {
        name: whole["500120104000"][name] for name in NUMBERS
    }
    assert coverage(get, "town.daxing", by="type")["total"] == mine["total"]


def test_a_day_after_the_last_night_is_answered_with_that_night(get):
    later = clock.today() + timedelta(days=365)
    assert coverage(get, as_of=later.isoformat()) == coverage(get)


def test_before_the_first_night_there_is_no_coverage(get):
    answer = get("admin.bishan", "/v1/coverage", as_of="2023-12-31")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("wrong", [{"as_of": "yesterday"}, {"by": "village"}], ids=str)
def test_a_malformed_question_is_refused(get, wrong):
    answer = get("admin.bishan", "/v1/coverage", **wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_request")
