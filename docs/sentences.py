"""Print every sentence core can say as a gettext template: `bin/sentences > core.pot`."""

import json
from pathlib import Path

from fondly.core import catalogue

SOURCE = Path(catalogue.__file__).parents[2]
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'


def main() -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted(Path(catalogue.__file__).parent.rglob("*.py")):
        for sentence in catalogue.sentences(path.read_text(encoding="utf-8")):
            place = f"{path.relative_to(SOURCE)}:{sentence.line}"
            found.setdefault((sentence.pattern, sentence.many), []).append(place)
    print(HEAD)
    for (pattern, many), places in sorted(found.items()):
        print(_entry(pattern, many, places))


def _entry(pattern: str, many: str, places: list[str]) -> str:
    lines = [f"#: {' '.join(places)}", f"msgid {_quoted(pattern)}"]
    if many:
        return "\n".join([*lines, f"msgid_plural {_quoted(many)}", 'msgstr[0] ""', 'msgstr[1] ""', ""])
    return "\n".join([*lines, 'msgstr ""', ""])


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    main()
