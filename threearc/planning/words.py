"""Which words of the verdict table a contrast can come to at its n, and how many entries the others would take."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import ceil, inf, isfinite, prod

from threearc.planning.assumptions import Sample
from threearc.planning.detectable import (
    POWER,
    Kept,
    Setting,
    clean_power,
    equivalence_power,
    gain_power,
    kept_power,
    smallest,
)
from threearc.planning.errors import groups
from threearc.records.findings import Word

#: More entries than this nobody writes.
MOST_ENTRIES = 100_000
#: A movement is of interest from so many margins on (MEASURES).
OF_INTEREST = 2


@dataclass(frozen=True)
class Reach:
    """One word.

    Attributes:
        reachable: there is a truth of which the engine says it with 80 % power.
        smallest: the smallest movement with that power, in the measure's unit; None where the word is about none, or
            no movement has it.
        power: with which the word is said of the truth that suits it best.
        entries: of eval prompts, those that the measure reads, from which on it is reachable if those of fresh prompts
            grow along; None where no number of them helps.
        why: what stands in the way, if something does.
    """

    word: Word
    reachable: bool
    smallest: float | None
    power: float
    entries: int | None
    why: str = ""


def reaches(setting: Setting, damage: Setting | None, floor: float, least_class: int) -> list[Reach]:
    """Every word that depends on n.

    Args:
        setting: of the primary measure.
        damage: of content, with the family of damage; None where content cannot fall.
        floor: the smallest p that the test can give.
        least_class: entries with right and with wrong answers that an asymmetry needs, on either split.
    """
    fine = setting.family * floor <= 1 - setting.level
    told = "" if fine else f"no p below {floor:.2g} can come out, times {setting.family} tests: raise permutations"
    found = [
        _movement("moves cleanly", setting, clean_power, told, partial(_why_not_clean, setting)),
        _movement("moves the wrong way", setting, gain_power, told),
    ]
    if damage is not None:
        found.append(_movement("content damage", damage, gain_power, told))
    # Mimicry and artifact take a movement besides, of style or on eval alone, which is easier to see.
    found += [
        _equivalence("no effect", setting, equivalence_power),
        _equivalence("stylistic mimicry", setting, equivalence_power),
        _equivalence("artifact", setting, partial(equivalence_power, split="fresh")),
    ]
    short = _premise(setting, least_class)
    return [replace(reach, reachable=False, why=short) for reach in found] if short else found


def interest(setting: Setting) -> int | None:
    """Entries of eval prompts, fresh ones growing along, that find a clean movement of interest four times in five."""
    return _entries(setting, lambda wider: clean_power(wider, OF_INTEREST * wider.margin))


def _movement(
    word: Word,
    setting: Setting,
    power_of: Callable[[Setting, float], float],
    told: str,
    why: Callable[[], str] = lambda: "",
) -> Reach:
    least = inf if told else smallest(setting, partial(power_of, setting))
    if isfinite(least):
        return Reach(word, True, least, POWER, setting.samples["eval"].entries)
    needed = None if told else _entries(setting, partial(_best, power_of))
    return Reach(word, False, None, _best(power_of, setting), needed, told or why() or "base leaves it too little room")


def _equivalence(word: Word, setting: Setting, power_of: Callable[[Setting], float]) -> Reach:
    power = power_of(setting)
    if power >= POWER:
        return Reach(word, True, None, power, setting.samples["eval"].entries)
    return Reach(word, False, None, power, _entries(setting, power_of), f"±{setting.margin} is too narrow for this n")


def _best(power_of: Callable[[Setting, float], float], setting: Setting) -> float:
    """The power for the movement that is easiest to see."""
    return max(power_of(setting, setting.room * i / 25) for i in range(1, 26))


def _why_not_clean(setting: Setting) -> str:
    """Too few decode seeds, or what must stay and can be shown to least often, split by split."""
    if setting.samples["eval"].seeds < setting.least_seeds:
        return f"a claim takes {setting.least_seeds} decode seeds"
    if kept_power(setting) >= POWER:
        return ""

    def alone(kept: Kept) -> dict[str, float]:
        samples = kept.samples or setting.samples
        return {s: kept_power(replace(setting, kept=[replace(kept, samples={s: samples[s]})])) for s in samples}

    worst, powers = min(((kept, alone(kept)) for kept in setting.kept), key=lambda pair: prod(pair[1].values()))
    told = ", ".join(f"{power:.2f} on {split}" for split, power in powers.items())
    return f"the power to rule out a loss of {setting.margins[worst.kind]} of {_named(worst)} is {told} prompts"


def _named(kept: Kept) -> str:
    return "content" if kept.kind == "content" else "calibration on settled questions"


def _premise(setting: Setting, least_class: int) -> str:
    """Why the guard of class balance would fail, if it is to be expected to."""
    if setting.kind != "asymmetry":
        return ""
    rare = min(setting.assumed.accuracy, 1 - setting.assumed.accuracy)
    fewest = min(groups(setting.samples[s], setting.assumed, rare) for s in setting.samples if s != "benchmark")
    return f"about {fewest} entries have an answer of the rarer class" if fewest < least_class else ""


def _entries(setting: Setting, power_of: Callable[[Setting], float]) -> int | None:
    """The smallest number of entries of eval prompts, and as many more of all others, with 80 % power."""
    if not setting.samples["eval"].entries:
        return None
    low, high = 2, 2
    while power_of(_of(setting, high)) < POWER:
        low, high = high, 2 * high
        if high > MOST_ENTRIES:
            return None
    while high - low > max(1, high // 100):
        middle = ceil((low + high) / 2)
        low, high = (low, middle) if power_of(_of(setting, middle)) >= POWER else (middle, high)
    return high


def _of(setting: Setting, entries: int) -> Setting:
    """The same contrast with so many entries of eval prompts; a benchmark's are as many as were published."""
    factor = entries / setting.samples["eval"].entries

    def wider(samples: Mapping[str, Sample]) -> dict[str, Sample]:
        return {
            split: own if split == "benchmark" else replace(own, entries=ceil(factor * own.entries))
            for split, own in samples.items()
        }

    kept = [own if own.samples is None else replace(own, samples=wider(own.samples)) for own in setting.kept]
    return replace(setting, samples=wider(setting.samples), kept=kept)
