"""What --help says after the flags of each command (floor 2)."""

COMMANDS = """\
examples:
  cannon-spec validate request.json
  cannon-spec validate requests.jsonl --format json > findings.json
  cannon-spec example image.generate --model flux2 | cannon-spec validate -
  cannon-spec explain gptimage2
  cannon-spec check-traffic session.har
"""

VALIDATE = """\
examples:
  cannon-spec validate request.json                    a whole create body
  cannon-spec validate requests.jsonl                  one body a line, a file of any length
  cannon-spec validate --operation image.generate input.json    a bare input
  cannon-spec validate --overlay mine.json request.json         you know more than the contract

exit status: 0 no errors (warnings allowed), 1 errors found, 2 could not judge, 3 internal
"""

TRAFFIC = """\
examples:
  cannon-spec check-traffic session.har
  cannon-spec check-traffic --base-url http://127.0.0.1:2266 session.har    calls of a mock or a proxy

how to save a HAR file:
  Chromium     developer tools, Network, Export HAR; with sensitive data, if keys are to be compared
  Firefox      developer tools, Network, the gear, Save All As HAR
  Playwright   browser.new_context(record_har_path="session.har")
  mitmproxy    mitmdump --set hardump=session.har

Create bodies and replies are held to the contract, and what was seen of each request to the order
of its states. At the end stand the calls judged; the entries ignored, as no calls of the API; and
the calls without a body, whose reply was not recorded. Keys are compared and never written.

exit status: 0 no errors (warnings allowed), 1 errors found, 2 could not judge, 3 internal
"""

CLAIMS = """\
examples:
  cannon-spec claims --strength assumed                  what nobody has said
  cannon-spec claims --format json                       the whole ledger, with sources
  cannon-spec claims --observations observations.json    what a contract run saw otherwise

exit status: 0 listed, whatever was seen; 2 no such file, or none of observations
"""
