"""Runs one program under limits, and reports on standard output whether it came to its end.

Standard input is a JSON object: `program`, `tests`, `token`, and the limits `seconds`, `memory`, `file`, `processes`.
The report is the line `started`, then the token if the tests came to their end, or what ended them. What the program
prints goes nowhere.
"""

import json
import os
import resource
import secrets
import sys
import types


def limit(request):
    def at_most(kind, value):
        resource.setrlimit(kind, (value, value))

    if os.getuid() == 0:
        # The number of processes is not limited for root. A user that nobody else is, so that no other processes count.
        user = 60000 + secrets.randbelow(5000)
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    at_most(resource.RLIMIT_CPU, request["seconds"])
    at_most(resource.RLIMIT_AS, request["memory"])
    at_most(resource.RLIMIT_FSIZE, request["file"])
    at_most(resource.RLIMIT_NPROC, request["processes"])
    at_most(resource.RLIMIT_NOFILE, 64)
    at_most(resource.RLIMIT_CORE, 0)


def outcome(request):
    module = types.ModuleType("reply")
    sys.modules["reply"] = module
    try:
        # Apart, so that no program can make the tests a part of its last text or comment.
        for name in ("program", "tests"):
            exec(compile(request[name], name, "exec"), module.__dict__)
    except BaseException as error:
        try:
            said = f": {error}" if str(error) else ""
        except BaseException:
            said = ""
        return f"{type(error).__name__}{said}"
    return request["token"]


def main():
    request = json.load(sys.stdin)
    limit(request)
    report = os.dup(1)
    os.write(report, b"started\n")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.write(report, outcome(request).encode(errors="replace"))
    # Threads that still run, and what is to be done at exit, do not count.
    os._exit(0)


main()
