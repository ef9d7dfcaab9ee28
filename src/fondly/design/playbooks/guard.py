"""Renders a template nobody has checked yet in a child process with little time and memory."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from fondly.core.playbook.templates import MissingValueError, TemplateError

SECONDS = 1  # of computing time
MEMORY = 128 * 1024 * 1024  # bytes above what Python itself needs
PATIENCE = 10  # seconds on the wall clock, on a busy machine

_CHILD = """
import json, sys
from fondly.core.playbook import templates
job = json.load(sys.stdin)
try:
    import resource
except ImportError:
    resource = None
if resource:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(spent.ru_utime + spent.ru_stime) + 1 + job["seconds"]
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + job["memory"], used + job["memory"]))
try:
    text = templates.render(job["source"], job["context"], mode=job["mode"], mark_missing=job["mark"])
    answer = {"text": text}
except templates.MissingValueError as error:
    answer = {"missing": error.name}
except (templates.TemplateError, TypeError) as error:
    answer = {"error": str(error)}
except MemoryError:
    answer = {"error": "it needs too much memory"}
json.dump(answer, sys.stdout)
"""


def render_guarded(
    source: str, context: Mapping[str, Any], *, mode: str = "text", mark_missing: bool = True, seconds: int = SECONDS
) -> str:
    """As `templates.render`, in a child with at most `seconds` of CPU and 128 MiB of extra memory.

    For previews of text that has not been saved. context: plain values that JSON can hold (dates as text).
    Raises TemplateError when it takes too long or too much, MissingValueError.
    """
    job = {
        "source": source,
        "context": context,
        "mode": mode,
        "mark": mark_missing,
        "seconds": seconds,
        "memory": MEMORY,
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter with our own program
            [sys.executable, "-c", _CHILD], input=json.dumps(job, default=str), capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise TemplateError("it takes too long to render") from None
    if done.returncode != 0:
        raise TemplateError("it takes too long or too much memory to render")
    return _answer(json.loads(done.stdout))


def _answer(answer: Mapping[str, str]) -> str:
    if "missing" in answer:
        raise MissingValueError(answer["missing"])
    if "error" in answer:
        raise TemplateError(answer["error"])
    return answer["text"]
