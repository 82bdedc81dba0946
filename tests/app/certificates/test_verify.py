"""The script that checks a certificate without the service: the genuine passes, everything else does not."""

import re
import subprocess
import sys
from datetime import date, timedelta

import pytest

from app.certificates.certificate import qr_text
from app.certificates.signing import Signer
from app.settings import ROOT
from tests.app.certificates.test_service import UNTIL, awarded
from tests.app.notices.village import SIGNER, Village, village
from tests.district import DAY

__all__ = ["village"]
SCRIPT = ROOT / "tools" / "verify_certificate.py"
# The script looks at one text a run; trying each change in a run of its own would take an hour.
EVERY_CHANGE = """
import sys, importlib.util
from datetime import date
from pathlib import Path
spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)
keys = [verify.read_key(Path(sys.argv[2]))]
text = sys.stdin.buffer.read().decode()
on = date.fromisoformat(sys.argv[3])
verify.print = lambda *words: None
assert verify.check(text, keys, on=on) == verify.GENUINE
others = sorted(set(text) | set("AQgw_-=019|*王村 "))
tried = accepted = 0
for position in range(len(text)):
    changed = [text[:position] + other + text[position + 1:] for other in others if other != text[position]]
    changed += [text[:position] + text[position + 1:]]
    changed += [text[:position] + other + text[position:] for other in others]
    for one in changed:
        tried += 1
        accepted += one != text and verify.check(one, keys, on=on) != verify.FORGED
print(tried, accepted)
"""


@pytest.fixture
def backend() -> str:
    """What is signed does not depend on the database."""
    return "sqlite"


@pytest.fixture
def text(village: Village) -> str:
    """The text of the QR code of a certificate."""
    made = awarded(village, village.titles[0])
    return qr_text(made.payload, made.signature)


@pytest.fixture
def key(tmp_path):
    """The file of the public key."""
    file = tmp_path / "certificate.pem"
    file.write_text(SIGNER.public_pem())
    return file


def checked(*arguments: object, text: str = "", on: date = DAY) -> tuple[int, str]:
    """The exit status and the words of the script, in a process that has nothing of ours."""
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments), "--on", on.isoformat()]
    ran = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    assert ran.stderr == b"", ran.stderr.decode()
    return ran.returncode, ran.stdout.decode()


def test_the_script_needs_nothing_of_the_project():
    imported = set(re.findall(r"^(?:import|from) (\w+)", SCRIPT.read_text("utf-8"), re.MULTILINE))
    assert "cryptography" in imported
    assert imported <= set(sys.stdlib_module_names) | {"cryptography"}


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_genuine_certificate_is_accepted_with_all_it_says(text, key, end):
    status, words = checked(key, text=text + end)
    assert status == 0
    assert "真的" in words
    assert "GENUINE, and within its dates" in words
    assert all(said in words for said in ("王**", "璧山区大兴镇连枷村", "信用户", UNTIL.isoformat()))
    assert checked(key, "--text", text)[0] == 0


@pytest.mark.parametrize(
    ("on", "status"),
    [(DAY - timedelta(days=1), 4), (DAY, 0), (UNTIL - timedelta(days=1), 0), (UNTIL, 3)],
)
def test_it_is_said_when_a_certificate_is_expired_or_not_valid_yet(text, key, on, status):
    assert checked(key, text=text, on=on)[0] == status


def test_every_change_of_one_character_is_refused(text, key):
    command = [sys.executable, "-I", "-c", EVERY_CHANGE, str(SCRIPT), str(key), DAY.isoformat()]
    ran = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    tried, accepted = map(int, ran.stdout.split())
    assert tried > 50 * len(text)
    assert accepted == 0


def test_another_key_is_refused_and_any_of_several_will_do(text, key, tmp_path):
    other = tmp_path / "other.pem"
    other.write_text(Signer(b"o" * 32).public_pem())
    status, words = checked(other, text=text)
    assert status == 1
    assert "NOT GENUINE" in words
    assert "王" not in words
    assert checked(other, key, text=text)[0] == 0


@pytest.mark.parametrize("text", ["", "王**", "CV1|||||||||", "CV1||||||||||", "http://127.0.0.1/", "\ud800"])
def test_what_is_no_certificate_is_refused(key, text):
    command = [sys.executable, "-I", str(SCRIPT), str(key)]
    ran = subprocess.run(
        command, input=text.encode("utf-8", "surrogatepass"), capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (1, b"")


def test_a_key_that_cannot_be_read_is_said_so(text, tmp_path):
    (tmp_path / "bad.pem").write_text("no key")
    assert checked(tmp_path / "bad.pem", text=text)[0] == 2
    assert checked(tmp_path / "none.pem", text=text)[0] == 2


def test_the_rung_of_a_ladder_is_told(village, key):
    made = awarded(village, village.titles[0], title="省级信用村")
    status, words = checked(key, text=qr_text(made.payload, made.signature))
    assert (status, "级别 level: 省级信用村" in words) == (0, True)
    forged = qr_text(made.payload, made.signature).replace("省级", "国级")
    assert checked(key, text=forged)[0] == 1
