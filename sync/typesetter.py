"""Typst, which makes pages out of a paper."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import typst

from sync.errors import UnprintableReport
from sync.papers import paper

_TEMPLATE: Final = Path(__file__).with_name("report.typ")


def typeset(source: Mapping[str, Any], fonts: Path | None = None) -> bytes:
    """Make the PDF of a report; a letter that no font has, neither in the folder nor of the machine, is left a box.

    Raises:
        UnprintableReport: the source lacks what this version needs, or cannot be set.
    """
    try:
        words = json.dumps(paper(source), ensure_ascii=False)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise UnprintableReport(f"the report cannot be put into words: {type(error).__name__}: {error}") from error
    try:
        made = typst.compile(
            _TEMPLATE,
            root=_TEMPLATE.parent,
            font_paths=[fonts] if fonts else [],
            format="pdf",
            sys_inputs={"paper": words},
        )
    except typst.TypstError as error:
        raise UnprintableReport(f"the report cannot be set: {error}") from error
    if not isinstance(made, bytes):
        raise UnprintableReport("the report came out in several files")
    return made
