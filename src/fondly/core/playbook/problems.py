"""What is wrong with a file that cannot be read, and how to mend it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One place in a file that cannot be read.

    line, column: from 1. excerpt: the whole line as written. text: the part that offends.
    message says what is wrong, advice how to mend it.
    """

    source: str
    line: int
    column: int
    message: str
    advice: str = ""
    text: str = ""
    excerpt: str = ""
    path: str = ""

    def __str__(self) -> str:
        where = f"{self.source}:{self.line}:{self.column}: {self.message}"
        if self.excerpt:
            shown, caret = _window(self.excerpt, self.column)
            where += f"\n    {shown}\n    {' ' * caret}^"
        return f"{where}\n    {self.advice}" if self.advice else where


class PlaybookError(ValueError):
    """The file cannot be read as a playbook. `problems` holds every place found, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n\n".join(str(problem) for problem in problems))


def _window(line: str, column: int, width: int = 110) -> tuple[str, int]:
    """A long line cut around the column, tabs shown as one blank so that the caret stands right."""
    start = max(0, column - 1 - width // 2) if len(line) > width else 0
    cut = line[start : start + width].replace("\t", " ")
    return cut, column - 1 - start
