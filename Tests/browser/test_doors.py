"""Pages of other sites can neither read from a server without a key nor make it work, unless they are allowed to."""

import http.server
import os
import threading
import unittest

from playwright.sync_api import sync_playwright
from serving import Serving

# Every way in which a page can send something: what it could read of the answer, or null.
ATTACK = """async (server) => {
    const body = JSON.stringify({ model: "atlas", prompt: "The capital of Peru is", max_tokens: 3 });
    const url = server + "/v1/completions";
    const read = async (url, options) => {
        try {
            const response = await fetch(url, options);
            return response.ok ? await response.text() : null;
        } catch {
            return null;
        }
    };
    const element = (name, attributes) => new Promise((resolve) => {
        const node = Object.assign(document.createElement(name), attributes);
        node.onload = () => resolve("loaded");
        node.onerror = () => resolve(null);
        document.documentElement.append(node);
    });
    const form = () => new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.name = "target";
        document.documentElement.append(frame);
        const node = Object.assign(document.createElement("form"), {
            action: url, method: "POST", enctype: "text/plain", target: "target" });
        const field = document.createElement("input");
        // text/plain writes NAME=VALUE.
        [field.name, field.value] = body.replace("Peru", "Peru=").split("=");
        node.append(field);
        document.documentElement.append(node);
        frame.onload = () => resolve(null);
        node.submit();
        setTimeout(() => resolve(null), 2000);
    });
    return {
        json: await read(url, { method: "POST", body, headers: {
            "Content-Type": "application/json", "Authorization": "Bearer x", "X-Stainless-Lang": "js" } }),
        plain: await read(url, { method: "POST", body }),
        blind: await read(url, { method: "POST", body, mode: "no-cors" }),
        models: await read(server + "/v1/models"),
        metrics: await read(server + "/metrics"),
        image: await element("img", { src: server + "/playground/icon.svg" }),
        script: await element("script", { src: server + "/playground/dom.js" }),
        beacon: (navigator.sendBeacon(url, body), null),
        form: await form(),
    };
}"""

STREAM = """async (server) => {
    const response = await fetch(server + "/v1/chat/completions", {
        method: "POST", headers: { "Content-Type": "application/json", "X-Stainless-Retry-Count": "0" },
        body: JSON.stringify({ model: "atlas", stream: true, max_tokens: 40,
                               messages: [{ role: "user", content: "Who invented the saxophone?" }] }) });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const pieces = [];
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return pieces;
        pieces.push(value);
    }
}"""


class Page(http.server.BaseHTTPRequestHandler):
    """An empty page, on a port of its own: of another origin."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Another site</title>")

    def log_message(self, *_):
        pass


class Doors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=cls.site.serve_forever, daemon=True).start()
        cls.port = cls.site.server_address[1]
        cls.driver = sync_playwright().start()
        cls.browser = cls.driver.chromium.launch(
            executable_path=os.environ["CHROMIUM"],
            args=["--host-resolver-rules=MAP evil.example 127.0.0.1"]
            + (["--no-sandbox"] if os.geteuid() == 0 else []))

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.driver.stop()
        cls.site.shutdown()
        cls.site.server_close()

    def serve(self, *arguments):
        serving = Serving("Recipes/atlas.yaml", *arguments, key="")
        self.addCleanup(lambda: self.assertEqual(serving.stop(), 0))
        return serving

    def open(self, address):
        context = self.browser.new_context()
        self.addCleanup(context.close)
        page = context.new_page()
        page.goto(address)
        return page

    def generated(self, serving):
        """Tokens that were generated or read, by all requests so far."""
        metrics = serving.metrics()
        return sum(metrics[f'eft_{name}_tokens_total{{model_name="atlas"}}'] for name in ("generation", "prompt"))

    def attack(self, page, server):
        page.set_default_timeout(60_000)
        return {name: answer for name, answer in page.evaluate(ATTACK, server).items() if answer}

    def test_a_page_of_another_site(self):
        serving = self.serve()
        for host in ["127.0.0.1", "localhost", "evil.example"]:
            with self.subTest(host):
                page = self.open(f"http://{host}:{self.port}/")
                self.assertEqual(self.attack(page, serving.url), {})
                page.wait_for_timeout(500)
        self.assertEqual(self.generated(serving), 0)
        log = "".join(serving.log)
        self.assertEqual(log.count("refused a request"), 2, log)
        self.assertIn(f"--allow-origin http://127.0.0.1:{self.port}", log)

    def test_a_page_whose_name_leads_to_this_machine(self):
        serving = self.serve()
        rebound = serving.url.replace("127.0.0.1", "evil.example")
        page = self.open(rebound + "/v1/models")
        self.assertIn("--allow-host evil.example", page.content())
        self.assertEqual(self.attack(page, rebound), {})
        page.wait_for_timeout(500)
        self.assertEqual(self.generated(serving), 0)

    def test_a_name_that_is_allowed(self):
        serving = self.serve("--allow-host", "evil.example")
        own = serving.url.replace("127.0.0.1", "evil.example")
        answers = self.attack(self.open(own + "/v1/models"), own)
        self.assertTrue({"json", "plain", "models", "metrics", "image", "script"} <= answers.keys(), answers)
        self.assertGreater(self.generated(serving), 0)

    def test_a_site_that_is_allowed(self):
        serving = self.serve("--allow-origin", f"http://localhost:{self.port}")
        page = self.open(f"http://localhost:{self.port}/")
        answers = self.attack(page, serving.url)
        self.assertTrue({"json", "plain", "models", "metrics"} <= answers.keys(), answers)
        # How the network cuts the stream is not for a test to say.
        text = "".join(page.evaluate(STREAM, serving.url))
        self.assertGreater(text.count("data: {"), 3)
        self.assertTrue(text.endswith("data: [DONE]\n\n"))
        before = self.generated(serving)
        self.assertEqual(self.attack(self.open(f"http://127.0.0.1:{self.port}/"), serving.url), {})
        page.wait_for_timeout(500)
        self.assertEqual(self.generated(serving), before)

    def test_the_page_of_the_server_is_reached_by_a_link(self):
        serving = self.serve()
        page = self.open(f"http://localhost:{self.port}/")
        page.evaluate("""(address) => {
            const link = document.createElement("a");
            link.href = address;
            link.textContent = "playground";
            document.body.append(link);
        }""", serving.url + "/")
        page.get_by_text("playground").click()
        page.wait_for_selector("#question:enabled")


if __name__ == "__main__":
    unittest.main()
