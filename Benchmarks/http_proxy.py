"""An HTTP proxy on loopback that adds latency, and can write down what passes through it.

    python3 Benchmarks/http_proxy.py --to http://127.0.0.1:8000 --port 8001 --delay-ms 10
    python3 Benchmarks/http_proxy.py --to … --port 8001 --record exchanges.json

The delay is a round trip's: every request waits that long before it is passed on. Prints the port when
it listens; `--port 0` takes any. A record is written on SIGTERM: a list of {method, path, request, status,
response}, without headers, so without keys.
"""

from __future__ import annotations

import argparse
import http.client
import json
import signal
import socketserver
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


class Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    far: urllib.parse.SplitResult
    delay: float
    exchanges: list[dict] | None
    lock = threading.Lock()

    def setup(self) -> None:
        super().setup()
        self.connection_to_far: http.client.HTTPConnection | None = None

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.delay)
        if self.connection_to_far is None:
            self.connection_to_far = http.client.HTTPConnection(self.far.hostname, self.far.port)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        self.connection_to_far.request(self.command, self.path, body, headers)
        answer = self.connection_to_far.getresponse()
        content = answer.read()
        if self.exchanges is not None:
            with self.lock:
                self.exchanges.append({
                    "method": self.command, "path": self.path, "status": answer.status,
                    "request": json.loads(body) if body else None, "response": json.loads(content),
                })
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = forward

    def log_message(self, *_: object) -> None:
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--record")
    options = parser.parse_args()
    Proxy.far = urllib.parse.urlsplit(options.to)
    Proxy.delay = options.delay_ms / 1000
    Proxy.exchanges = [] if options.record else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(("127.0.0.1", options.port), Proxy) as server:
        print(server.server_address[1], flush=True)
        try:
            server.serve_forever()
        finally:
            if options.record:
                with open(options.record, "w") as file:
                    json.dump(Proxy.exchanges, file, indent=1)
                    file.write("\n")


if __name__ == "__main__":
    main()
