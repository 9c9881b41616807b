"""Runs llama.cpp's server tests against `eft serve`: a plugin of pytest, which `Tests/peer/run` loads.

It replaces `ServerProcess.start` of the tests' own module `utils`, so that their settings become a recipe and options
of `eft serve`. Nothing else of the tests is changed, but for what only the stories model could say (see `Stories`).
"""

import collections
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import types
from unittest import mock

import applicable
import pytest

# Their `utils` imports it; nothing is downloaded here.
sys.modules.setdefault("wget", types.ModuleType("wget"))
import utils  # noqa: E402  the tests' own

EFT = os.environ["EFT"]
MODEL = os.environ["PEER_MODEL"]
TEMPLATES = pathlib.Path(os.environ["PEER_SOURCE"]) / "models/templates"
#: The marks of this template are those that SmolLM2 was trained on. It knows tools, which SmolLM2's own does not.
TEMPLATE = TEMPLATES / "Qwen-Qwen2.5-7B-Instruct.jinja"
#: The share of applicable tests that must pass.
ENOUGH = 0.8


# Starting the server

def template(server, folder):
    """The `prompt.template` of a recipe."""
    if server.chat_template_file:
        return str(pathlib.Path(server.chat_template_file).resolve())
    text = server.chat_template
    if text == "chatml":
        return text
    if text and re.search(r"[^\w.-]", text):
        file = folder / "template.jinja"
        file.write_text(text)
        return str(file)
    # A name of a template built into llama.cpp: what is tested then must not depend on it.
    return str(TEMPLATE)


def recipe(server, folder):
    """Writes what the test's settings amount to."""
    name, *aliases = (server.model_alias or "model").split(",")
    slots = server.n_slots or 1
    sampling = {"temperature": server.temperature}
    if server.n_predict and server.n_predict > 0:
        sampling["max_tokens"] = server.n_predict
    # llama-server tells every template that its model may think, unless it is told otherwise.
    prompt = {"template": template(server, folder), "variables": {"enable_thinking": server.reasoning != "off"}}
    keys = {
        "name": name, "aliases": aliases, "members": {"model": MODEL}, "formula": "model", "prompt": prompt,
        "sampling": sampling, "engine": {"threads": 1, "sequences": slots}}
    if server.n_ctx:
        # llama-server divides its context among the slots; eft gives every reply all of it.
        keys["context"] = server.n_ctx if server.kv_unified else server.n_ctx // slots
    file = folder / "recipe.yaml"
    file.write_text(json.dumps(keys))  # JSON is YAML
    return file


def start(self, timeout_seconds=utils.DEFAULT_HTTP_TIMEOUT):
    """In place of `ServerProcess.start`."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="peer-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        self.server_port = free.getsockname()[1]
    # llama-server lets in the pages of every site, unless it is told otherwise.
    origins = [self.cors_origins] if self.cors_origins else ["*"]
    arguments = [EFT, "serve", str(recipe(self, folder)), "--host", self.server_host, "--port", str(self.server_port)]
    arguments += [part for origin in origins if "://" in origin or origin == "*" for part in ("--allow-origin", origin)]
    log = open(self.log_path or folder / "log", "w")
    self._log = log
    self.process = subprocess.Popen(
        arguments, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "EFT_API_KEY": self.api_key or ""})
    utils.server_instances.add(self)
    end = time.monotonic() + timeout_seconds
    while time.monotonic() < end:
        if self.process.poll() is not None:
            raise RuntimeError("eft serve did not start: " + pathlib.Path(log.name).read_text())
        try:
            if self.make_request("GET", "/health").status_code == 200:
                self.ready = True
                return
        except utils.requests.ConnectionError:
            time.sleep(0.01)
    raise TimeoutError(f"eft serve did not start within {timeout_seconds} s")


class Stories:
    """What only the stories model could have said, which is not compared."""

    #: Arguments of tests: the tokens of a prompt.
    COUNTS = {"n_prompt"}
    #: What its replies look like.
    TEXTS = {
        "But she couldn't", '(Suddenly)+|\\{ " Sarax.', "^ blue", "(Aside|she|felter|alonger)+", "Whillicter",
        "(Suddenly)+", "(going|bed)+", "(princesses|everyone|kids|Anna|forest)+", "(little|girl)+"}

    @classmethod
    def forget(cls, item):
        parameters = getattr(item, "callspec", None)
        for name in cls.COUNTS & set(parameters.params if parameters else ()):
            parameters.params[name] = mock.ANY

    @classmethod
    def match(cls, regex, text):
        return bool(text) if regex in cls.TEXTS else theirs(regex, text)


theirs = utils.match_regex
utils.match_regex = Stories.match
utils.ServerProcess.start = start
utils.ServerPreset.load_all = staticmethod(lambda: None)


# What came out

outcomes = collections.defaultdict(list)
reasons = {}


def pytest_collection_modifyitems(items):
    for item in items:
        Stories.forget(item)
        reason = applicable.reason(item)
        if reason:
            reasons[item.nodeid] = reason
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_report_teststatus(report, config):
    if report.skipped and report.when == "setup":
        reason = reasons.get(report.nodeid)
        text = reason or "left out by the suite itself"
        return "not applicable", "n", f"not applicable: {text}"
    if report.when == "call" and report.passed:
        return "passed", ".", "passed"
    if report.failed:
        return "failed", "F", f"failed: {message(report)}"
    return "", "", ""


def message(report):
    """Why a test failed, in a line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = (crash.message if crash else str(report.longrepr)).strip().splitlines()[0]
    return text[:160]


def pytest_runtest_logreport(report):
    if report.skipped and report.when == "setup":
        outcomes["not applicable"].append(report.nodeid)
    elif report.failed:
        outcomes["failed"].append(report.nodeid)
    elif report.when == "call" and report.passed:
        outcomes["passed"].append(report.nodeid)


def pytest_sessionfinish(session):
    passed, failed = len(outcomes["passed"]), len(set(outcomes["failed"]))
    if passed + failed:
        session.exitstatus = 0 if passed >= ENOUGH * (passed + failed) else 1


def pytest_terminal_summary(terminalreporter):
    passed, failed = len(outcomes["passed"]), len(set(outcomes["failed"]))
    terminalreporter.section("llama.cpp's server tests")
    kinds = collections.Counter(
        reasons.get(name, "left out by the suite itself") for name in outcomes["not applicable"])
    for reason, count in kinds.most_common():
        terminalreporter.write_line(f"{count:4} not applicable: {reason}")
    own = sum(count for reason, count in kinds.items() if reason in applicable.OWN)
    terminalreporter.write_line(
        f"{passed} of {passed + failed} applicable tests pass: {100 * passed / max(1, passed + failed):.0f} %"
        f" (at least {100 * ENOUGH:.0f} % must)")
    terminalreporter.write_line(
        f"{passed} of {passed + failed + own} would, if routes, fields and answers that only llama-server has were"
        f" counted as well: {100 * passed / max(1, passed + failed + own):.0f} %")
