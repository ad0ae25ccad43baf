"""An honest server of the documented API on the standard library's ``http.server``, written from its pages alone.

Where the pages are silent: errors are plain sentences, the 401 is empty; 404 for an unknown operation and for what is
another account's, 400 for bad input (unknown input fields and 4K at 1:1 of GPT Image 2 are bad, null is absence).
A repeat answers 202 with the first id and the present status, whatever its body; an account's keys share all tasks.
A queued object has nulls; billableCredits and requestLog (its output null until the end) come with processing.
Charges are booked 300 ms after the end; a source under the domain ``.invalid`` fails its task, which is free.
"""

from tests.servers.plain_server.parts import Parts
from tests.servers.plain_server.server import PlainServer
from tests.servers.plain_server.settings import Settings

__all__ = ["Parts", "PlainServer", "Settings"]
