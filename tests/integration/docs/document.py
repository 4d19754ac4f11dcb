"""What docs/api.md says, read from its Markdown: examples, variables, entries of the reference, the old surface."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Final

from devstack.layout import REPOSITORY

PATH: Final = REPOSITORY / "docs/api.md"

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_STATUS: Final = re.compile(r"HTTP/1\.1 (\d{3})\b.*")
_VARIABLE: Final = re.compile(r"^\| `\$(\w+)` \|", re.MULTILINE)
_ENTRY: Final = re.compile(r"^### `(\w+)`\n(.*?)(?=^### |\Z)", re.MULTILINE | re.DOTALL)
_FACT: Final = re.compile(r"^- (\w[\w ]*): (.+)$", re.MULTILINE)
_ROW: Final = re.compile(r"^\| (?!before |scope |---)([^|]+) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """An answer, as the document shows it or as it was given."""

    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def parse(cls, text: str) -> "Answer":
        """Read an answer as HTTP writes one."""
        head, _, body = text.partition("\n\n")
        status, *headers = head.splitlines()
        found = _STATUS.fullmatch(status)
        if not found:
            raise ValueError(f"this is no status line: {status}")
        return cls(int(found[1]), dict(header.split(": ", 1) for header in headers), body)


@dataclass(frozen=True)
class Heading:
    """A heading: where it starts, and what a link to it says."""

    start: int
    anchor: str


@dataclass(frozen=True)
class Example:
    """A command with the answer that is shown below it."""

    anchor: str
    line: int
    command: str
    answer: Answer


@dataclass(frozen=True)
class Entry:
    """What the reference says of a table, view or function in lines such as "- Columns: `id` · `name`"."""

    name: str
    facts: dict[str, str] = field(default_factory=dict)

    def items(self, fact: str) -> list[str]:
        """Return what a fact lists."""
        return self.facts[fact].split(" · ") if fact in self.facts else []

    def codes(self, fact: str) -> list[str]:
        """Return the codes that a fact's items begin with."""
        return [re.findall(r"^`([^`]+)`", item)[0] for item in self.items(fact)]


@dataclass(frozen=True)
class OldRoute:
    """A row about the old surface: what was called, and what is said to call now."""

    route: str
    now: str

    @property
    def examples(self) -> list[str]:
        """Headings that the row leads to."""
        return re.findall(r"\(#([^)]+)\)", self.now)


class Document:
    """The document."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.prose = _FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)
        """The text with what is in fences blotted out."""
        self.headings = list(_headings(self.prose))

    @cached_property
    def examples(self) -> list[Example]:
        """The examples, in order.

        Raises:
            ValueError: a command has no answer right below it, or an answer no command above.
        """
        fences = [(found.start(), found[1], found[2]) for found in _FENCE.finditer(self.text)]
        examples = []
        for (start, language, command), (_, language_below, answer) in zip(fences[::2], fences[1::2], strict=True):
            line = self.text.count("\n", 0, start) + 1
            if (language, language_below) != ("sh", "http"):
                raise ValueError(f"line {line}: a command (sh) and its answer (http) go together")
            above = [heading for heading in self.headings if heading.start < start][-1]
            examples.append(Example(above.anchor, line, command, Answer.parse(answer)))
        return examples

    @cached_property
    def variables(self) -> set[str]:
        """Variables that the document explains."""
        return set(_VARIABLE.findall(self.prose))

    @cached_property
    def links(self) -> set[str]:
        """Where links within the document lead."""
        return set(re.findall(r"\]\(#([^)]+)\)", self.prose))

    @cached_property
    def old_routes(self) -> list[OldRoute]:
        """The rows about the old surface."""
        return [OldRoute(route.strip("`"), now) for route, now in _ROW.findall(self._chapter("The old REST surface"))]

    @cached_property
    def scopes(self) -> list[tuple[str, str]]:
        """The rows about what an API key's scopes open."""
        return _ROW.findall(self._chapter("API keys"))

    def entries(self, chapter: str) -> dict[str, Entry]:
        """Return a chapter's entries: sections whose heading is a name in code.

        Raises:
            ValueError: a name, or a fact of one, comes twice.
        """
        entries: dict[str, Entry] = {}
        for name, body in _ENTRY.findall(self._chapter(chapter)):
            facts = _FACT.findall(body)
            if name in entries or len(dict(facts)) < len(facts):
                raise ValueError(f"{name}: something is said twice")
            entries[name] = Entry(name, dict(facts))
        return entries

    def _chapter(self, title: str) -> str:
        found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", self.prose, re.MULTILINE | re.DOTALL)
        if not found:
            raise ValueError(f"there is no chapter {title}")
        return found[1]


@cache
def load() -> Document:
    """Return docs/api.md."""
    return Document(PATH.read_text())


def _headings(prose: str) -> Iterator[Heading]:
    """Find the headings and their anchors, as GitHub makes them."""
    seen = Counter[str]()
    for found in _HEADING.finditer(prose):
        plain = re.sub(r"[^\w\- ]", "", found[1].lower()).replace(" ", "-")
        yield Heading(found.start(), f"{plain}-{seen[plain]}" if seen[plain] else plain)
        seen[plain] += 1
