"""Starts the runner of one program in a sandbox, waits, and says what came of it.

Standard input is a JSON object: `runner` (the text of code-runner.py), `isolation` (`sandbox` or `limits`), `timeout`
(seconds), `memory` (bytes), `program`, `tests`. Standard output is a JSON object: `python` (the version), and
`passed` and `reason`, or `trouble` if the program could not be run at all.
"""

import json
import math
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Seconds until a program begins, on a machine that is busy with other work.
STARTING = 60
# What a program may write: into one file, and in all where the folder is in memory.
FILE = 16 << 20
FOLDER = 64 << 20
PROCESSES = 16
# Of what it says about its end.
LONGEST = 300


def sandbox(python):
    """bubblewrap: Python and the system's libraries can be read, an empty folder in memory can be written. There is
    no network, no other process, no environment, no other file."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise RuntimeError("`bwrap` is not installed")
    command = [bwrap, "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    command += ["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]
    if os.getuid() == 0:
        # Only to become another user.
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    for folder in ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache"):
        command += ["--ro-bind-try", folder, folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--perms", "0777", "--size", str(FOLDER), "--tmpfs", "/tmp"]
    for folder in sorted({sys.base_prefix, sys.base_exec_prefix, str(python.parent)}):
        if not folder.startswith("/usr"):
            # The folders above, empty but for this one. Without a word about them, only root may enter.
            for parent in reversed(list(pathlib.Path(folder).parents)[:-1]):
                command += ["--perms", "0755", "--dir", str(parent)]
            command += ["--ro-bind", folder, folder]
    for name, value in environment().items():
        command += ["--setenv", name, value]
    return command + ["--chdir", "/tmp", "--"]


def environment():
    # The same order of sets in every run.
    return {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}


def wait(process, report, seconds):
    """The exit status, or None: out of time. A program's time begins when the runner reports that it started."""
    started, end = False, time.monotonic() + STARTING
    while True:
        try:
            return process.wait(max(0, end - time.monotonic()) if started else 0.01)
        except subprocess.TimeoutExpired:
            if not started and os.fstat(report.fileno()).st_size > 0:
                started, end = True, time.monotonic() + seconds
            elif time.monotonic() >= end:
                return None


def run(request, folder):
    """The exit status of the runner (None: out of time), what it reported, and what went wrong before it began."""
    python = pathlib.Path(sys.executable).resolve()
    isolated = request["isolation"] == "sandbox"
    # Without site-packages: only the standard library, on every machine.
    command = (sandbox(python) if isolated else []) + [str(python), "-s", "-S", "-c", request["runner"]]
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as trouble:
        asked.write(json.dumps(request["task"]).encode())
        asked.seek(0)
        process = subprocess.Popen(
            command, stdin=asked, stdout=report, stderr=trouble, cwd=folder, env=environment(), start_new_session=True)
        status = wait(process, report, request["timeout"])
        # Also what it left running. The sandbox ends with its first process.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        report.seek(0)
        trouble.seek(0)
        return status, report.read(1 << 16).decode(errors="replace"), trouble.read(1 << 16).decode(errors="replace")


def judge(request):
    token = secrets.token_hex(16)
    request["task"] = {
        "program": request["program"], "tests": request["tests"], "token": token, "memory": request["memory"], "file": FILE, "processes": PROCESSES,
        # The clock comes first, where one process computes.
        "seconds": math.ceil(request["timeout"]) + 1}
    folder = tempfile.mkdtemp(prefix="eft-program-")
    try:
        os.chmod(folder, 0o777)
        status, report, trouble = run(request, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    started, _, said = report.partition("\n")
    if started != "started":
        lines = trouble.strip().splitlines()
        raise RuntimeError(lines[-1][:LONGEST] if lines else f"it ended with status {status} before the program began")
    if said == token and status == 0:
        return {"passed": True, "reason": ""}
    if status is None:
        reason = "not done in time"
    elif status != 0 or not said or said == token:
        reason = f"ended with status {status} before the tests were done"
    else:
        reason = said[:LONGEST]
    return {"passed": False, "reason": reason}


def main():
    answer = {"python": "%d.%d.%d" % sys.version_info[:3]}
    try:
        answer.update(judge(json.load(sys.stdin)))
    except (OSError, RuntimeError) as error:
        answer["trouble"] = str(error)
    print(json.dumps(answer))


main()
