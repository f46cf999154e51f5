"""Which code planted studies are drawn and judged by, told without importing it."""

from threearc.provenance.fingerprint import fingerprint

#: What draws, plants and judges; sources of answers are chosen when it runs.
DRAWN_BY = ("threearc.validation.run", "threearc.validation.plasmode")


def code() -> str:
    """Its fingerprint, with all that it imports: detectable sizes and the whole engine among them."""
    return fingerprint(__file__, DRAWN_BY)
