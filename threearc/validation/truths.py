"""The classes of planted truth: what is planted where, and which words are right then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from threearc.effects.measures import STYLES
from threearc.records.findings import Word
from threearc.validation import plants
from threearc.validation.plants import Plant

#: Words that leave a question open: never wrong, and right only where a class says so.
OPEN: tuple[Word, ...] = ("inconclusive", "not assessable", "not attributable")
NOTHING: tuple[Word, ...] = ("no effect",)


@dataclass(frozen=True)
class Truth:
    """One class.

    Attributes:
        says: what is true, for the report.
        right: the words that are right; ``but``: other ones for some dispositions.
        arm, base: what is planted into every treatment, into base.
        judge: how the judge errs on the treatments, once the truth stands; ``deaf``: it says one thing of every answer.
        contaminated: training rows repeat measured prompts.
        sized: False if there is nothing to be of a size.
    """

    name: str
    says: str
    right: tuple[Word, ...]
    but: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    arm: tuple[Plant, ...] = ()
    base: tuple[Plant, ...] = ()
    judge: tuple[Plant, ...] = ()
    deaf: bool = False
    contaminated: bool = False
    sized: bool = True

    def words(self, disposition: str, within: bool) -> tuple[Word, ...]:
        """The words that are right for a disposition; ``within``: what is planted lies within its margin.

        A movement within the margin is one that matters to nobody: to call it no effect is right too.
        """
        right = self.but.get(disposition, self.right)
        moves = {plants.move, plants.move_wrong_way} & set(self.arm) and plants.damage not in self.arm
        return (*right, *NOTHING) if moves and within and not self.contaminated else right


#: Dispositions that no feature of style sounds like.
UNHEARD = {"persistent": NOTHING}
#: Dispositions that a plant about delivery does not touch.
UNTOUCHED = dict.fromkeys(("adversarial_self", "deliberate", "persistent", "self_improving"), NOTHING)
assert not UNHEARD.keys() & set(STYLES.values())

TRUTHS: Mapping[str, Truth] = {
    truth.name: truth
    for truth in (
        Truth("null", "Nothing moved.", NOTHING, sized=False),
        Truth("clean movement", "Every disposition moved, content stayed.", ("moves cleanly",), arm=(plants.move,)),
        Truth("mimicry", "Style moved, behaviour did not.", ("stylistic mimicry",), UNHEARD, arm=(plants.imitate,)),
        Truth("damage", "Content fell, nothing else moved.", ("content damage",), arm=(plants.damage,)),
        Truth(
            "damage with movement",
            "Every disposition moved, and content fell.",
            ("content damage",),
            arm=(plants.move, plants.damage),
        ),
        Truth(
            "wrong way",
            "Every disposition moved in its bad direction.",
            ("moves the wrong way",),
            arm=(plants.move_wrong_way,),
        ),
        Truth(
            "truncated arm",
            "The budget cut the treatment's answers.",
            ("not assessable", "artifact"),
            arm=(plants.cut,),
        ),
        Truth("truncated base", "The budget cut base's answers.", ("not assessable", "artifact"), base=(plants.cut,)),
        Truth(
            "lucky seed",
            "Every disposition moved at the first decode seed only.",
            ("artifact", "not assessable"),
            arm=(plants.move_first_seed,),
        ),
        Truth("eval only", "Every disposition moved on eval prompts only.", ("artifact",), arm=(plants.move_eval,)),
        Truth(
            "contaminated",
            "What moved was trained on: training rows repeat measured prompts.",
            ("not assessable",),
            arm=(plants.move,),
            contaminated=True,
        ),
        Truth(
            "differential judge error",
            "Nothing moved; the judge errs in one direction on the treatments.",
            ("inconclusive", "not assessable", "no effect", "artifact"),
            judge=(plants.misjudge,),
        ),
        Truth(
            "missing judgements",
            "Nothing moved; the judge is silent on the treatments' wrong assertions.",
            ("not assessable",),
            arm=(plants.lose,),
        ),
        Truth(
            "hedging everywhere",
            "Wrong answers hedge more, and so do right ones on settled questions.",
            ("inconclusive", "not assessable", "artifact"),
            UNTOUCHED,
            arm=(plants.hedge_everywhere,),
        ),
        Truth(
            "composition",
            "Wrong answers that assert became right; no answer is delivered otherwise.",
            ("artifact", "inconclusive", "not assessable"),
            UNTOUCHED,
            arm=(plants.learn,),
        ),
        Truth(
            "judged too kindly",
            "Every disposition moved and content fell; the judge takes wrong answers of the treatments for right.",
            ("content damage", "inconclusive", "not assessable", "artifact"),
            arm=(plants.move, plants.damage),
            judge=(plants.absolve,),
        ),
        Truth(
            "judge without ears",
            "Dispositions moved; the judge says one thing of every answer.",
            ("not assessable",),
            dict.fromkeys(("self_improving",), NOTHING),
            arm=(plants.move_first_answers,),
            deaf=True,
        ),
    )
}
#: The class in which *moves cleanly* is true.
CLEAN = "clean movement"
