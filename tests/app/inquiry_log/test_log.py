"""Nothing is answered that is not in the log, and nothing in it can be changed unnoticed."""

import errno
import multiprocessing
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.inquiry_log.verify import main, verify
from app.inquiry_log.writing import InquiryLog, LogUnavailable
from tests.app.inquiry_log.tampers import AT, SEED, checked, entry, sealed_log, tampered

Open = Callable[..., InquiryLog]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """A log in a folder of the test, sealed there and in a second place."""

    def open_log(**limits: object) -> InquiryLog:
        return InquiryLog(tmp_path / "log", seed=SEED, seal_folders=[tmp_path / "seals"], **limits)  # type: ignore[arg-type]

    return open_log


def trusted(folder: Path) -> Path:
    """The folder with the public key moved to where the verification trusts it."""
    (folder / "trusted").mkdir(exist_ok=True)
    for path in (folder / "log").glob("*.pem"):
        path.rename(folder / "trusted" / path.name)
    return folder


def entries(folder: Path) -> list[bytes]:
    """The lines of the first stream."""
    return (folder / "log/inquiries-0.log").read_bytes().splitlines()


def test_every_way_of_tampering_is_found(tmp_path: Path) -> None:
    tried, missed = tampered(tmp_path, range(660))
    assert missed == []
    assert len(tried) == 11
    assert min(tried.values()) >= 50


def test_a_log_is_whole_after_restarts_and_many_threads(opened: Open, tmp_path: Path) -> None:
    for start in (0, 100):
        log = opened(records_max=64)
        threads = [
            threading.Thread(target=log.append, args=([entry(start + number)] * 3,), kwargs={"at": AT})
            for number in range(30)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.close(AT)
    report = checked(trusted(tmp_path))
    assert (report.faults, report.entries, report.unsealed) == ([], 180, 0)
    assert report.seals >= 180 // 64


def test_it_is_sealed_after_so_many_entries_and_after_so_long(opened: Open, tmp_path: Path) -> None:
    log = opened(records_max=10)
    for number in range(11):
        log.append([entry(number)], at=AT)
    assert len((tmp_path / "seals/seals-0.log").read_bytes().splitlines()) == 1
    log.append([entry(12)], at=AT + timedelta(minutes=10))
    assert len((tmp_path / "seals/seals-0.log").read_bytes().splitlines()) == 2
    log.seal(AT + timedelta(minutes=19), only_if_due=True)
    assert len((tmp_path / "seals/seals-0.log").read_bytes().splitlines()) == 2
    log.seal(AT + timedelta(minutes=20), only_if_due=True)
    assert len((tmp_path / "seals/seals-0.log").read_bytes().splitlines()) == 3


def test_entries_that_wait_too_long_for_a_seal_are_a_fault(opened: Open, tmp_path: Path) -> None:
    opened().append([entry(1)], at=AT)
    keys = checked(trusted(tmp_path))
    assert (keys.faults, keys.unsealed) == ([], 1)
    late = verify(tmp_path / "log", keys=[], at=AT + timedelta(minutes=11))
    assert "more than 10 minutes" in late.faults[0]


@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_a_full_disk_refuses_and_leaves_no_half_entry(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    log = opened()
    log.append([entry(1)], at=AT)
    before = entries(tmp_path)
    real = getattr(os, failing)

    def full(file: int, *rest: bytes) -> int:
        if rest:
            real(file, rest[0][:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, full)
    with pytest.raises(LogUnavailable, match="nothing is answered"):
        log.append([entry(2), entry(3)], at=AT)
    monkeypatch.undo()
    assert entries(tmp_path) == before
    log.append([entry(4)], at=AT)
    log.close(AT)
    assert checked(trusted(tmp_path)).entries == 2
    assert checked(tmp_path).faults == []


def test_where_it_cannot_be_sealed_nothing_more_is_logged(opened: Open, tmp_path: Path) -> None:
    log = opened(records_max=1)
    log.append([entry(1)], at=AT)
    (tmp_path / "seals").rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(LogUnavailable, match=r"seals-0\.log"):
            log.append([entry(2)], at=AT)
    assert len(entries(tmp_path)) == 1
    (tmp_path / "away").rename(tmp_path / "seals")
    log.append([entry(3)], at=AT + timedelta(hours=1))
    log.close(AT + timedelta(hours=1))
    report = checked(trusted(tmp_path))
    assert (report.faults, report.entries, report.seals) == ([], 2, 2)


def test_a_crash_in_the_middle_of_an_entry_is_set_aside(opened: Open, tmp_path: Path) -> None:
    log = opened()
    log.append([entry(1), entry(2)], at=AT)
    os.close(log._file)
    path = tmp_path / "log/inquiries-0.log"
    path.write_bytes(path.read_bytes() + b"0123 half an en")
    log = opened()
    log.append([entry(3)], at=AT)
    log.close(AT)
    assert next((tmp_path / "log").glob("*.torn-2")).read_bytes() == b"0123 half an en"
    report = checked(trusted(tmp_path))
    assert (report.faults, report.entries) == ([], 3)


@pytest.mark.parametrize(
    ("name", "words"),
    [("log/inquiries-0.log", "was changed|shorter"), ("seals/seals-0.log", "not those of the other places")],
)
def test_a_log_that_was_changed_meanwhile_is_not_gone_on_with(
    opened: Open, tmp_path: Path, name: str, words: str
) -> None:
    log = opened()
    log.append([entry(1), entry(2)], at=AT)
    log.seal(AT)
    log.append([entry(3)], at=AT)
    os.close(log._file)
    text = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(text[:-20] + b"x" + text[-19:])
    with pytest.raises(LogUnavailable, match=words):
        opened()


def _hold(folder: Path, ready: "multiprocessing.Queue[int]", done: "multiprocessing.Queue[int]") -> None:
    log = InquiryLog(folder / "log", seed=SEED, seal_folders=[folder / "seals"])
    log.append([entry(7)], at=AT)
    ready.put(log.stream)
    done.get()
    log.close(AT)


def test_two_processes_write_two_streams(opened: Open, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, done = context.Queue(), context.Queue()
    other = context.Process(target=_hold, args=(tmp_path, ready, done))
    other.start()
    assert ready.get(timeout=60) == 0
    log = opened()
    assert log.stream == 1
    log.append([entry(8)], at=AT)
    log.close(AT)
    done.put(0)
    other.join(60)
    report = checked(trusted(tmp_path))
    assert (report.faults, report.streams, report.entries) == ([], 2, 2)


def test_the_command_says_whole_or_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_log(tmp_path)
    [key] = (tmp_path / "seals").glob("*.pem")
    arguments = [str(tmp_path / "log"), "--seals", str(tmp_path / "seals"), "--public-key", str(key)]
    assert main(arguments) == 0
    assert "完整 whole" in capsys.readouterr().out
    path = tmp_path / "log/inquiries-0.log"
    path.write_bytes(path.read_bytes().replace(b'"score":87', b'"score":78', 1))
    assert main(arguments) == 1
    assert "entry 1: does not follow" in capsys.readouterr().out
    assert main([*arguments[:-1], str(path)]) == 2
    assert "log verify:" in capsys.readouterr().err
