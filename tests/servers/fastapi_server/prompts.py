"""The operations that rewrite prompts."""

from . import work
from .kinds import Check, duration, text, words
from .operation import Operation


def _rewrite(job: work.Work) -> str:
    wishes = [str(job.input[field]) for field in ("visualStyle", "rewriteRequest") if field in job.input]
    return ", ".join([str(job.input["prompt"]), *wishes])


def _prompt(**optional_fields: Check) -> Operation:
    return Operation(
        required_fields={"prompt": words},
        optional_fields=optional_fields,
        prefix="prm",
        output={"enhancedPrompt": _rewrite, "model": "gpt-5-mini", "operation": work.operation},
        headline="enhancedPrompt",
        credits=lambda _: 1,
        downstream=lambda _: ("openai", "gpt-5-mini"),
        files={},
        seconds=3.0,
    )


PROMPTS = {
    "prompt.enhance.video": _prompt(visualStyle=text, duration=duration, aspectRatio=text, rewriteRequest=text),
    "prompt.enhance.image": _prompt(visualStyle=text, aspectRatio=text, rewriteRequest=text),
    "prompt.enhance.variant": _prompt(rewriteRequest=text),
}
