"""Where the files are not as the service left them, or cannot be trusted, nothing is answered."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.inquiry_log.lines import as_json
from app.inquiry_log.verify import Report, read_key, verify
from app.inquiry_log.writing import InquiryLog, LogOfProcess, LogUnavailable
from tests.app.inquiry_log.tampers import AT, SEED, entry


def opened(folder: Path, *, records_max: int = 10_000) -> InquiryLog:
    """A log sealed beside itself and in a second place."""
    return InquiryLog(folder / "log", seed=SEED, seal_folders=[folder / "seals"], records_max=records_max)


def killed(folder: Path, *, entries: int = 2) -> Path:
    """The file of a log whose process ended without a seal."""
    log = opened(folder)
    log.append([entry(number) for number in range(entries)], at=AT)
    os.close(log._file)
    return folder / "log/inquiries-0.log"


def report_of(folder: Path) -> Report:
    """What the verification says, with the key beside the log."""
    keys = [read_key(path) for path in (folder / "log").glob("*.pem")]
    return verify(folder / "log", seal_folders=[folder / "seals"], keys=keys)


def test_a_process_does_not_turn_to_another_stream_where_its_own_was_changed(tmp_path: Path) -> None:
    path = killed(tmp_path)
    path.write_bytes(path.read_bytes().replace(b'"score":87', b'"score":78'))
    log = LogOfProcess(lambda: opened(tmp_path))
    for _ in range(3):
        with pytest.raises(LogUnavailable, match="was changed"):
            log.append([entry(3)], at=AT)
    assert not (tmp_path / "log/inquiries-1.log").exists()


@pytest.mark.parametrize(
    "disturb",
    [
        Path.unlink,
        lambda path: os.truncate(path, 10),
        lambda path: path.write_bytes(path.read_bytes() * 2),
        lambda path: path.rename(path.with_name("away")) and path.touch(),
    ],
    ids=["removed", "cut", "added to", "replaced"],
)
def test_nothing_is_answered_once_the_file_is_disturbed_and_the_stop_seals_what_was_answered(
    tmp_path: Path, disturb: Callable[[Path], object]
) -> None:
    log = opened(tmp_path)
    log.append([entry(1), entry(2)], at=AT)
    disturb(tmp_path / "log/inquiries-0.log")
    with pytest.raises(LogUnavailable):
        log.append([entry(3)], at=AT)
    log.close(AT)
    assert report_of(tmp_path).faults


def test_a_log_is_not_gone_on_with_after_a_forged_seal(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([entry(1)], at=AT)
    log.close(AT)
    content = json.loads((tmp_path / "log/seals-0.log").read_bytes()[129:])
    for place in ("log", "seals"):
        forged = as_json({**content, "head": "0" * 64})
        (tmp_path / place / "seals-0.log").write_bytes(b"0" * 128 + b" " + forged + b"\n")
    with pytest.raises(LogUnavailable, match="not of this log"):
        opened(tmp_path)


def test_a_last_seal_that_is_none_is_a_refusal_that_names_the_file(tmp_path: Path) -> None:
    killed(tmp_path)
    for place in ("log", "seals"):
        (tmp_path / place / "seals-0.log").write_bytes(b"no seal\n")
    with pytest.raises(LogUnavailable, match=r"seals-0\.log: the last line is no seal"):
        opened(tmp_path)


def test_a_seal_that_failed_is_made_good_before_anything_more_is_logged(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([entry(1)], at=AT)
    (tmp_path / "seals").rename(tmp_path / "away")
    with pytest.raises(LogUnavailable):
        log.seal(AT)
    (tmp_path / "away").rename(tmp_path / "seals")
    log.append([entry(2)], at=AT)
    log.close(AT)
    report = report_of(tmp_path)
    assert (report.faults, report.entries, report.seals, report.unsealed) == ([], 2, 2, 0)


def test_a_closed_log_writes_nowhere(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.append([entry(1)], at=AT)
    log.close(AT)
    other = os.open(tmp_path / "other", os.O_RDWR | os.O_CREAT)
    with pytest.raises(LogUnavailable, match="it is closed"):
        log.append([entry(2)], at=AT)
    assert os.fstat(other).st_size == 0
    os.close(other)
