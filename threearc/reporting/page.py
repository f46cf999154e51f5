"""What every page of the report is written with: the templates, and numbers as they print them."""

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from threearc.records.findings import Effect
from threearc.statistics import wording

DATA = Path(__file__).parent / "data"


def environment() -> Environment:
    """The templates, with the filters that they use."""
    found = Environment(
        loader=FileSystemLoader(DATA),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "interval": interval,
        "effect": effect,
        "percent": wording.percent,
        "words": lambda text: str(text).replace("_", " "),
    }
    return found


def interval(value: Mapping[str, float | None] | None, digits: int = 3, signed: bool = False) -> str:
    """An estimate with its interval, as documents hold it."""
    return (
        wording.interval(**value, digits=digits, signed=signed)
        if value is not None
        else wording.interval(None, None, None)
    )


def effect(found: Effect, digits: int = 3) -> str:
    """An effect with its interval."""
    return wording.interval(found.estimate, found.low, found.high, digits=digits, signed=True)
