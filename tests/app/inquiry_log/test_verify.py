"""The verification finds what waits too long for a seal; a log in use and a crafted one do not mislead it."""

import os
import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.inquiry_log.lines import FIRST, RECORDS_MAX, entry_line
from app.inquiry_log.verify import main, read_key, verify
from app.inquiry_log.writing import InquiryLog
from tests.app.inquiry_log.tampers import AT, SEED, entry

WEEK = timedelta(days=7)


def keys(folder: Path) -> list:  # type: ignore[type-arg]
    """The public key beside a log."""
    return [read_key(path) for path in folder.glob("*.pem")]


@pytest.mark.parametrize(("minutes", "faults"), [(10, 0), (11, 1)])
def test_the_oldest_entry_without_a_seal_says_how_long_it_waits(
    tmp_path: Path, minutes: int, faults: int
) -> None:
    log = InquiryLog(tmp_path, seed=SEED, age_max=WEEK)
    log.append([entry(1)], at=AT - WEEK)
    log.seal(AT - WEEK)
    log.append([entry(2)], at=AT)
    later = AT + timedelta(minutes=minutes)
    log.append([entry(3)], at=later)
    os.close(log._file)
    assert len(verify(tmp_path, keys=keys(tmp_path), at=later).faults) == faults


@pytest.mark.parametrize(("entries", "faults"), [(RECORDS_MAX, 0), (RECORDS_MAX + 1, 1)])
def test_more_entries_without_a_seal_than_may_wait_are_a_fault(
    tmp_path: Path, entries: int, faults: int
) -> None:
    log = InquiryLog(tmp_path, seed=SEED, records_max=entries)
    log.append([{"uid": str(number)} for number in range(entries)], at=AT)
    os.close(log._file)
    report = verify(tmp_path, keys=keys(tmp_path), at=AT)
    assert (len(report.faults), report.unsealed) == (faults, entries)


@pytest.mark.parametrize("logged_at", [{}, {"logged_at": 7}, {"logged_at": "x"}, {"logged_at": "2026-11-23"}])
def test_an_entry_without_a_time_is_a_fault_and_no_crash(
    tmp_path: Path, logged_at: dict[str, object]
) -> None:
    line, _ = entry_line(logged_at, after=FIRST)
    (tmp_path / "inquiries-0.log").write_bytes(line)
    assert "does not say when" in verify(tmp_path, keys=[], at=AT).faults[0]


def test_the_program_by_itself_finds_entries_that_wait_too_long(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = InquiryLog(tmp_path, seed=SEED)
    log.append([entry(1)], at=clock.now() - timedelta(minutes=11))
    os.close(log._file)
    [key] = tmp_path.glob("*.pem")
    assert main([str(tmp_path), "--public-key", str(key)]) == 1
    assert "more than 10 minutes" in capsys.readouterr().out


def test_a_log_that_is_being_written_is_not_called_changed(tmp_path: Path) -> None:
    log = InquiryLog(tmp_path / "log", seed=SEED, seal_folders=[tmp_path / "seals"], records_max=4)
    log.append([entry(0)], at=AT)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            log.append([entry(number)], at=AT)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        reports = [
            verify(tmp_path / "log", seal_folders=[tmp_path / "seals"], keys=keys(tmp_path / "log"))
            for _ in range(60)
        ]
    finally:
        stop.set()
        writer.join()
    log.close(AT)
    assert [report.faults for report in reports if report.faults] == []
    assert reports[-1].entries > reports[0].entries


def test_two_streams_that_change_places_are_found(tmp_path: Path) -> None:
    logs = [InquiryLog(tmp_path, seed=SEED) for _ in range(2)]
    for number, log in enumerate(logs):
        log.append([entry(number)], at=AT)
        log.close(AT)
    for kind in ("inquiries", "seals"):
        one, other = tmp_path / f"{kind}-0.log", tmp_path / f"{kind}-1.log"
        shutil.move(one, tmp_path / "kept")
        shutil.move(other, one)
        shutil.move(tmp_path / "kept", other)
    assert len(verify(tmp_path, keys=keys(tmp_path)).faults) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), min_size=2, max_size=6),
    st.data(),
)
def test_whatever_the_entries_say_no_sealed_byte_can_change(
    tmp_path_factory: pytest.TempPathFactory, entries: list[dict[str, str]], data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = InquiryLog(folder, seed=SEED)
    log.append(entries, at=AT)
    log.close(AT)
    path = folder / "inquiries-0.log"
    text = bytearray(path.read_bytes())
    assert verify(folder, keys=keys(folder)).faults == []
    text[data.draw(st.integers(0, len(text) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(text)
    assert len(verify(folder, keys=keys(folder)).faults) == 1
