"""Taking a part of a domain's prompts, so that a small study is a fair sample of the full one."""

from collections.abc import Sequence
from math import ceil

from threearc.provenance.hashing import content_id
from threearc.records.prompts import Prompt


def limited(prompts: Sequence[Prompt], entries: int | None) -> list[Prompt]:
    """The prompts of about ``entries`` entries that can be checked, and of as many that cannot, in their order.

    Entries are spread evenly over the categories and drawn by the hash of their names: which ones are taken depends
    neither on their order nor on chance, and a larger limit takes the same ones and more.
    """
    if entries is None:
        return list(prompts)
    groups: dict[bool, dict[str, set[str]]] = {}
    for prompt in prompts:
        checkable = prompt.oracle is not None or prompt.checklist is not None
        groups.setdefault(checkable, {}).setdefault(prompt.category, set()).add(prompt.entry)
    kept: set[str] = set()
    for categories in groups.values():
        share = ceil(entries / len(categories))
        for names in categories.values():
            kept.update(sorted(names, key=content_id)[:share])
    return [prompt for prompt in prompts if prompt.entry in kept]
