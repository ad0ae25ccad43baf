"""The main job on real input: judge a request, run it through the mock, fetch its picture (``make demo``)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

import cannon_spec

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "schemas" / "examples" / "image.generate" / "documented.json"
KEY = "cs_test_demo"
PICTURE = Path("demo.png")

_YOURS = """\
The same in your own code, with `import time, httpx`, `from pathlib import Path` and `body` as above:

    client = httpx.Client(base_url="{url}", headers={{"x-api-key": "{key}"}})
    task = client.post("/api/v1/requests", json=body, headers={{"x-idempotency-key": "my-001"}}).json()
    while (task := client.get(f"/api/v1/requests/{{task['id']}}").json())["status"] not in ("succeeded", "failed"):
        time.sleep(2)
    Path("picture.png").write_bytes(client.get(task["output"]["image_url"]).content)

Start the mock for it with `make mock`. For the real service put {live} and your own key.
"""


def main() -> int:
    """Run every step and print it; 0 when the picture is on the disk, 1 when it cannot be written."""
    try:
        with PICTURE.open("ab"):
            pass
    except OSError as error:
        print(f"cannot write {PICTURE.resolve()}: {error.strerror}; run it where you may write", file=sys.stderr)
        return 1
    body = {"operation": "image.generate", "input": json.loads(EXAMPLE.read_text())["input"]}
    _print_verdicts(body)
    command = [sys.executable, "-m", "cannon_mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as mock:
        try:
            url = _read_address(mock)
            with httpx.Client(base_url=url, headers={"x-api-key": KEY}) as client:
                _run_request(client, body)
        finally:
            mock.terminate()
    print("\n" + _YOURS.format(url="http://127.0.0.1:2266", key=KEY, live=cannon_spec.load_catalog().base_url))
    return 0


def _print_verdicts(body: dict[str, Any]) -> None:
    print("1. Judge the vendor's example request, before it costs anything")
    print(f"   as it is:     {_describe_verdict(body)}")
    square = {**body, "input": {**body["input"], "aspect_ratio": "1:1"}}
    print(f"   made square:  {_describe_verdict(square)}")


def _describe_verdict(body: dict[str, Any]) -> str:
    report = cannon_spec.validate_request(body)
    if not report.findings:
        return "ok, no findings"
    finding = report.findings[0]
    source = f"known from {finding.evidence.source} ({finding.evidence.strength})"
    return f"{finding.severity} at {finding.path}: {finding.message}; {finding.hint}\n{'':17}{source}"


def _read_address(mock: subprocess.Popen[str]) -> str:
    line = mock.stdout.readline() if mock.stdout else ""
    if " ready on " not in line:
        raise SystemExit("the mock did not start; see its message above")
    print(f"2. Start the mock\n   {line.strip()}")
    return line.split(" ready on ")[1].strip()


def _run_request(client: httpx.Client, body: dict[str, Any]) -> None:
    print(f"   credits:      {_read_credits(client)}")
    start = time.monotonic()
    reply = client.post("/api/v1/requests", json=body, headers={"x-idempotency-key": "image-generate-001"})
    task = reply.raise_for_status().json()
    print(f"3. Submit it, with an idempotency key\n   {reply.status_code} {task['id']} {task['status']}", end="")
    print(f"; poll after {task['poll_after_ms']} ms; credits: {_read_credits(client)}")
    repeat = client.post("/api/v1/requests", json=body, headers={"x-idempotency-key": "image-generate-001"}).json()
    print(f"   again, same key: {repeat['id']}, no second charge; credits: {_read_credits(client)}")
    print("4. Poll until it has ended")
    request = _poll_until_end(client, task, start)
    picture = client.get(request["output"]["image_url"]).raise_for_status().content
    PICTURE.write_bytes(picture)
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    print(f"5. Fetch the picture\n   {PICTURE.resolve()} ({width} x {height}, {len(picture)} bytes)")
    print(f"   cost: {request['billableCredits']} credits; left: {_read_credits(client)}")


def _poll_until_end(client: httpx.Client, task: dict[str, Any], start: float) -> dict[str, Any]:
    while True:
        time.sleep(task["poll_after_ms"] / 1000)
        reply = client.get(task["urls"]["get"]).raise_for_status()
        request: dict[str, Any] = reply.json()
        print(f"   {time.monotonic() - start:4.1f} s  {request['status']}")
        if request["status"] in ("succeeded", "failed"):
            return request


def _read_credits(client: httpx.Client) -> int:
    remaining: int = client.get("/api/v1/status").raise_for_status().json()["creditsRemaining"]
    return remaining


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(130)
