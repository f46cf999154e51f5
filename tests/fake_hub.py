"""A Hub of one's own: the few answers of the real one that its client asks for when it fetches a snapshot."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REVISION = "a" * 40
LARGE = 50_000


class FakeHub:
    """Serves one folder as repository ``tiny/student``; other names are refused as the real Hub refuses them."""

    def __init__(self, folder):
        self.files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
        self.asked, self.tokens = [], set()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self):
                hub.answer(self, body=False)

            def do_GET(self):
                hub.answer(self, body=True)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, handler, body):
        path = handler.path.partition("?")[0]
        token = handler.headers.get("Authorization")
        self.asked.append(path)
        self.tokens.add(token)
        repo = "/".join(path.removeprefix("/api/models").split("/")[1:3])
        if repo == "no/such":
            return self.refuse(handler, 401, code="RepoNotFound")
        if token == "Bearer stale":
            return self.refuse(handler, 401, message="Invalid credentials in Authorization header")
        if repo == "down/now":
            return self.refuse(handler, 500)
        if REVISION not in path:
            return self.refuse(handler, 404, code="RevisionNotFound")
        if "/tree/" in path:
            return self.send(handler, json.dumps([self.entry(name) for name in self.files]).encode(), body)
        if repo == "gated/student":
            return self.refuse(handler, 403, code="GatedRepo")
        name = path.partition(f"/resolve/{REVISION}/")[2]
        data = self.files[name]
        headers = {"ETag": f'"{_git_id(data)}"', "X-Repo-Commit": REVISION}
        if len(data) > LARGE:
            headers |= {"X-Linked-Etag": f'"{_sha256(data)}"', "X-Linked-Size": str(len(data))}
        return self.send(handler, data, body, headers)

    def entry(self, name):
        data = self.files[name]
        large = {"lfs": {"oid": _sha256(data), "size": len(data), "pointerSize": 130}} if len(data) > LARGE else {}
        return {"type": "file", "path": name, "oid": _git_id(data), "size": len(data)} | large

    def refuse(self, handler, status, code=None, message=None):
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self.send(handler, b"", False, {k: v for k, v in headers.items() if v}, status)

    def send(self, handler, data, body, headers=None, status=200):
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | (headers or {})).items():
            handler.send_header(name, value)
        handler.end_headers()
        if body:
            handler.wfile.write(data)


def _sha256(data):
    return hashlib.sha256(data).hexdigest()


def _git_id(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
