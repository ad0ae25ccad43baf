"""An independent server of the documented API, on FastAPI and uvicorn.

Where the pages are silent: a queued object has four fields, what has no value is left out, `requestLog` exists only at
the end, times are whole seconds; invalid input is 422, a stranger's id 404, an idempotency key with another body 409,
all as `{"detail": …}`; unknown fields are ignored, a null is refused; creation charges the price, a repeat answers 202
and the first body; GPT Image 2 lowers 4K at 1:1 to 2K; pictures are JPEG behind signed addresses that change from poll
to poll, answer 302, know no HEAD or Range; the API answers in gzip; a webhook carries the request object, unsigned.
"""
