"""What the report says of all cells together."""

from threearc.records.findings import CellEffects, Contrast, Effect, MeasureInfo
from threearc.reporting import contents
from threearc.reporting.page import environment
from threearc.verdicts.across import across
from threearc.verdicts.rules import FACTS, TABLE
from threearc.verdicts.synthesis import Cell, summarise, verdicts

ANALYSIS = {
    "level": 0.95,
    "margins": {"asymmetry": 0.075, "axis": 0.25, "content": 0.05, "recovery": 0.05, "style": 0.25},
}
READ = (
    MeasureInfo(name="assertion_asymmetry", disposition="humble", margin="asymmetry", good=-1, primary=True),
    MeasureInfo(name="completeness", disposition="persistent", margin="axis", good=1, primary=True),
)


def cell(model, **estimates):
    effects = [
        Effect(
            contrast=Contrast(
                domain="chef", model=model, operator="sft", variant="seed 0", role="treatment", dose=None, split="eval",
                arm_condition="arm", base_condition="base",
            ),
            target="checkpoint", measure=measure.name, disposition=measure.disposition, arm_value=0.0, base_value=0.0,
            estimate=estimate, low=estimate - 0.05, high=estimate + 0.05, level=0.95, n=100, clusters=50, moved=20,
            unseen=0.01, test="t", p=0.01,
        )
        for measure in READ
        if (estimate := estimates.get(measure.name)) is not None
    ]  # fmt: skip
    made = CellEffects(domain="chef", model=model, measures=READ, arms=(), effects=tuple(effects), unattributable=())
    return Cell(made, ())


CELLS = [cell(f"m{i}", assertion_asymmetry=-0.15 - 0.01 * i, completeness=0.5 if i == 0 else None) for i in range(4)]


def page():
    drawn = verdicts(CELLS, ANALYSIS)
    synthesis = summarise(CELLS, drawn) | {"across": across(CELLS, ANALYSIS)}
    figures = {"across": contents.pooled_forest(synthesis), "asymmetry": None, "accuracy": None}
    grid = contents.verdict_grid(drawn)
    own = {"grid": grid, "tally": contents.tally(drawn), "dispositions": ["humble", "persistent"], "facts": FACTS}
    text = (
        environment().get_template("verdicts.html.j2").render(synthesis=synthesis, figures=figures, table=TABLE, **own)
    )
    return synthesis, text


def test_pooled_contrasts_stand_in_words_and_in_numbers():
    synthesis, text = page()
    told, alone = synthesis["across"]["rows"]
    assert synthesis["across"]["sentences"][0]["sentence"] in text
    assert f"{told['estimate']:+.3f} ({told['low']:+.3f} to {told['high']:+.3f})" in text
    assert f"{told['predicted_low']:+.3f} to {told['predicted_high']:+.3f}" in text
    assert alone["k"] == 1 and "+0.500 (no interval)" in text


def test_the_picture_holds_what_several_cells_show():
    synthesis, _ = page()
    picture = contents.pooled_forest(synthesis)
    assert "humble" in picture and "persistent" not in picture and "sft, seed 0" in picture
    assert contents.pooled_forest({"across": across(CELLS[:1], ANALYSIS)}) is None
