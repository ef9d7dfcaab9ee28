"""Write docs/reference/ from the code: `bin/docs`. With --check, fail if a page is not what the code says."""

import argparse
import dataclasses
import os
import sys
import tempfile
import types
import typing
from collections.abc import Callable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `bin/docs` from the code. Change the code, not this page. -->\n\n"


def main() -> int:
    check = "--check" in sys.argv[1:]
    _start_django()
    if check and sys.version_info[:2] != (3, 11):
        PAGES.pop("commands.md")  # argparse words its help differently in later versions
    stale = [name for name, page in PAGES.items() if _is_stale(name, page, check)]
    for name in stale:
        print(f"{'not up to date' if check else 'written'}: docs/reference/{name}")
    return 1 if check and stale else 0


def _is_stale(name: str, page: Callable[[], str], check: bool) -> bool:
    path, text = FOLDER / name, NOTE + page()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    if not check:
        path.write_text(text, encoding="utf-8")
    return True


def _start_django() -> None:
    os.environ.setdefault("FONDLY_HOME", tempfile.mkdtemp(prefix="fondly-docs-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "fondly.project.settings"
    import django

    django.setup()


def settings() -> str:
    from fondly.ground.config import OPTIONS

    rows = [f"| `{o.name}` | {o.meaning} | {f'`{o.default}`' if o.default else ''} |" for o in OPTIONS]
    return (
        "# Settings\n\nEnvironment variables. Each may also be given as a file: `NAME_FILE=/path`. "
        "An unknown `FONDLY_` name is an error. `fondly config` shows all values and where they came from.\n\n"
        "| name | meaning | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def checks() -> str:
    from fondly.core.playbook.checks import RULES

    rows = [f"| {r.id} | {r.severity} | {r.area} | {_cell(r.title)} | {_cell(r.advice)} | {r.article} |" for r in RULES]
    return (
        "# The check\n\n`fondly check FILE` judges a playbook with these rules. Errors stop publishing, warnings lower the "
        "score, hints are hints. A rule can be set aside with a reason under `skip:`.\n\n"
        "| rule | severity | area | what | advice | from |\n|---|---|---|---|---|---|\n" + "\n".join(rows) + "\n"
    )


def commands() -> str:
    from fondly.doors.cli.main import build_parser

    os.environ["COLUMNS"] = "100"
    parts = ["# Commands\n", f"```\n{build_parser().format_help()}```\n"]
    for name, parser in _subparsers(build_parser()):
        parts.append(f"## {name}\n\n```\n{parser.format_help()}```\n")
    return "\n".join(parts)


def _subparsers(
    parser: argparse.ArgumentParser, before: str = "fondly"
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                yield f"{before} {name}", child
                yield from _subparsers(child, f"{before} {name}")


def actions() -> str:
    from fondly.ground.action import registry

    parts = [
        "# Actions\n\nEvery change there is. A screen's button, `POST /api/do/<name>` and `fondly do <name>` are the same "
        "action with the same checks, audit entry and undo.\n"
    ]
    for name in sorted(registry):
        declared = registry[name]
        parts.append(f"## {name}\n\n{declared.summary}. Needs the permission `{declared.permission}`.\n")
        parts.append(_fields("Give", declared.given) + _fields("Get", declared.result))
    return "\n".join(parts)


def _fields(title: str, kind: type) -> str:
    if not dataclasses.is_dataclass(kind):
        return ""
    hints = typing.get_type_hints(kind)
    rows = [f"| `{f.name}` | {_type(hints[f.name])} | {_default(f)} |" for f in dataclasses.fields(kind)]
    return f"| {title} | type | default |\n|---|---|---|\n" + "\n".join(rows) + "\n\n" if rows else ""


def _type(hint: object) -> str:
    if hint is types.NoneType:
        return "null"
    if typing.get_origin(hint) is None:
        return getattr(hint, "__name__", str(hint))
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return " or ".join(_type(part) for part in typing.get_args(hint))
    return str(hint).replace("typing.", "").replace("fondly.", "").replace("|", "or")


def _default(field: "dataclasses.Field[object]") -> str:
    if field.default is not dataclasses.MISSING:
        return f"`{field.default!r}`"
    return "empty" if field.default_factory is not dataclasses.MISSING else "needed"


def playbook_file() -> str:
    from fondly.core.playbook.schema import reference

    return reference()


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


PAGES = {
    "settings.md": settings,
    "checks.md": checks,
    "commands.md": commands,
    "actions.md": actions,
    "playbook-file.md": playbook_file,
}

if __name__ == "__main__":
    sys.exit(main())
