"""The service: what each endpoint does, without a socket."""

import threading

from tests.servers.plain_server.access import Caller
from tests.servers.plain_server.messages import JsonObject, Refusal, Reply, Request, write_json
from tests.servers.plain_server.parts import Parts
from tests.servers.plain_server.ranges import read_range
from tests.servers.plain_server.settings import Settings
from tests.servers.plain_server.tasks import Task, TaskStore

STATUS_PATH = "/api/v1/status"
REQUESTS_PATH = "/api/v1/requests"
ASSET_PATHS = ("/assets/", "/provider-files/")


class Service:
    """Answers requests with the help of its parts."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.settings = settings
        self.tasks = TaskStore()
        self.lifecycle = parts.lifecycle(settings)
        self.access = parts.access(settings)
        self.repeats = parts.repeats()
        self.checks = parts.checks()
        self.prices = parts.prices()
        self.ledger = parts.ledger(settings)
        self.objects = parts.objects(settings, self.lifecycle)
        self.assets = parts.assets(self.tasks, self.lifecycle)
        self.webhooks = parts.webhooks(self.lifecycle, self.objects)
        self.lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Answer a request; a refusal is an answer too."""
        try:
            return self.route(request)
        except Refusal as refusal:
            return self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> Reply:
        """Turn a refusal into a plain sentence; without one the body is empty."""
        body = f"{refusal.sentence}\n".encode() if refusal.sentence else b""
        content_type = "text/plain; charset=utf-8" if body else ""
        return Reply(refusal.status, body, content_type, refusal.headers)

    def route(self, request: Request) -> Reply:
        """Find the endpoint of a path."""
        path = request.path.partition("?")[0]
        if path == STATUS_PATH:
            return self.read_status(self.allow(request, "GET", "HEAD"))
        if path == REQUESTS_PATH:
            return self.create(self.allow(request, "POST"))
        if path.startswith(f"{REQUESTS_PATH}/"):
            request_id = path.removeprefix(f"{REQUESTS_PATH}/")
            return self.read(self.allow(request, "GET", "HEAD"), request_id)
        if path.startswith(ASSET_PATHS):
            return self.read_asset(self.allow(request, "GET", "HEAD"), path)
        raise Refusal(404, "There is nothing at this address.")

    def allow(self, request: Request, *methods: str) -> Request:
        """Let only some methods through."""
        if request.method not in methods:
            raise Refusal(405, "This address does not know the method.", {"Allow": ", ".join(methods)})
        return request

    def reply_json(self, status: int, value: JsonObject) -> Reply:
        """Reply with JSON, which nobody may keep."""
        return Reply(status, write_json(value), "application/json", {"Cache-Control": "no-store"})

    def read_status(self, request: Request) -> Reply:
        """Describe the key and the credits of a caller."""
        caller = self.access.identify(request)
        now = self.lifecycle.now_ms()
        credits = self.ledger.remaining(caller.account.id, now)
        return self.reply_json(200, self.objects.build_status(caller, credits, now))

    def create(self, request: Request) -> Reply:
        """Accept a request, or find the one that it repeats."""
        caller = self.access.identify(request)
        envelope = self.checks.read_envelope(request.body)
        task = self.find_or_create(caller, self.repeats.read_key(request), envelope)
        return self.reply_json(202, self.objects.build_create_reply(task, self.lifecycle.now_ms()))

    def find_or_create(self, caller: Caller, key: str, envelope: JsonObject) -> Task:
        """Find the first task of a key, or create it; the lock is for repeats that come at once."""
        with self.lock:
            task = self.repeats.find_repeat(caller, key)
            if task is None:
                task = self.create_task(caller, envelope)
                self.repeats.remember(caller, key, task)
            return task

    def create_task(self, caller: Caller, envelope: JsonObject) -> Task:
        """Check an order and its price, then start it; a refusal leaves no trace."""
        now = self.lifecycle.now_ms()
        order = self.checks.read_order(envelope)
        price = self.prices.price(order)
        self.ledger.check_funds(caller.account.id, price, now)
        task = self.lifecycle.plan_task(caller.account.id, order, price, now)
        self.tasks.add(task)
        self.ledger.charge(task, now)
        self.webhooks.schedule_webhook(task, now)
        return task

    def read(self, request: Request, request_id: str) -> Reply:
        """Describe a task of the caller's account."""
        caller = self.access.identify(request)
        task = self.find_task(caller, request_id)
        return self.reply_json(200, self.objects.build_object(task, self.lifecycle.now_ms()))

    def find_task(self, caller: Caller, request_id: str) -> Task:
        """Find a task; another account's does not exist for the caller."""
        task = self.tasks.find(request_id)
        if task is None or not self.access.may_read(caller, task):
            raise Refusal(404, "There is no such request.")
        return task

    def read_asset(self, request: Request, path: str) -> Reply:
        """Send a file, or the part of it that is asked for."""
        asset = self.assets.find_asset(path, self.lifecycle.now_ms())
        if asset is None:
            raise Refusal(404, "There is no such file.")
        return self.cut_range(request, *asset)

    def cut_range(self, request: Request, content: bytes, content_type: str) -> Reply:
        """Cut a file to the range of a request; HEAD and If-Range ask for the whole."""
        headers = {"Accept-Ranges": "bytes", "Cache-Control": "public, max-age=86400"}
        asks_whole = request.method == "HEAD" or request.header("if-range")
        bounds = None if asks_whole else read_range(request.header("range"), len(content))
        if bounds is None:
            return Reply(200, content, content_type, headers)
        first, last = bounds
        headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        return Reply(206, content[first : last + 1], content_type, headers)

    def stop(self) -> None:
        """End what still waits."""
        self.webhooks.stop()
