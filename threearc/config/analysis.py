"""How a study is analysed: margins, bars, and what plans assume. Fixed before the first answer, kept in the ledger."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from threearc.config.base import Name, Positive, Section
from threearc.domains.data_files import Share


class Margins(Section):
    """Differences too small to matter: an interval inside them is equivalence, one outside is movement."""

    asymmetry: float = Field(gt=0, description="Of assertion asymmetry, in shares.")
    axis: float = Field(gt=0, description="Of rubric and MCAS axes, in points (1 to 5).")
    content: float = Field(gt=0, description="Of accuracy and coverage, in shares.")
    recovery: float = Field(gt=0, description="Of the share recovered, in shares.")
    style: float = Field(
        gt=0, description="Of style features, in the base arm's standard deviations; of shares, in halves."
    )


class Guards(Section):
    """Bars of the guards."""

    truncated: Share = Field(description="Largest share of answers cut at the largest budget, in either arm.")
    missing: Share = Field(description="Largest share of missing judgements, in either arm.")
    least_class: Positive = Field(
        description="Fewest entries with a right answer, and with a wrong one, per arm for a verdict on humble."
    )
    probe_auc: Share = Field(description="AUC on fresh prompts that a probe must reach.")
    ranking_p: Share = Field(description="Largest p of the largest d among the heads that a claim rests on.")
    overlap: Annotated[float, Field(ge=0.1, le=1)] = Field(
        description="Overlap of word pairs from which a training text counts as a measured prompt."
    )
    shift_auc: Share = Field(description="AUC of telling fresh from eval prompts that must be excluded.")
    seeds: Positive = Field(description="Decode seeds that a claim of movement needs.")
    trend_p: Share = Field(description="Largest one-sided p of the slope over doses that a claim of movement needs.")
    verifier: Share = Field(description="Planted pairs of which the verifier must prefer the good side.")
    judge_kappa: Share = Field(description="Kappa of judge and labels by hand that a claim of movement needs.")
    judge_p: Share = Field(
        description="Largest p of a claim once the judge's errors are taken off, Holm over the claims of its cell."
    )
    alarm_p: Share = Field(description="Largest p at which a guard's own test alarms, Holm over its tests in a cell.")
    kappa: Share = Field(description="Agreement (kappa) that two sources of correctness labels must reach.")
    arithmetic: Share = Field(
        description="Largest change of accuracy that the checklists' lengths alone may account for."
    )


class Bars(Section):
    """Bars of the sidecar's steps; an interval must reach one to pass it."""

    cv: Share = Field(description="Step 1: AUC on eval prompts, whole entries left out.")
    late: Share = Field(description="Step 4: AUC on fresh prompts of the mean of the last layers' states.")
    axis_cv: Share = Field(description="Step 3: AUC on an axis, eval prompts, whole entries left out.")
    axis_transfer: Share = Field(description="Step 3: AUC on an axis, fresh prompts.")
    cross_axis: Share = Field(description="Step 3: correlation of two axes' probes that they must stay below.")
    cross_model: Share = Field(
        description="How far another model's probe may fall short of the own one's AUC and still count as as good."
    )


class Analysis(Section):
    """What is concluded, and how; written down before the first response."""

    level: float = Field(gt=0.5, lt=1, description="Confidence level of all intervals.")
    draws: Annotated[int, Field(ge=200)] = Field(description="Draws of every bootstrap.")
    permutations: Annotated[int, Field(ge=1000)] = Field(
        description="Most draws of a test of an effect; no p is below 1 / (draws + 1), so a large family needs many."
    )
    correct_coverage: Share = Field(description="Share of a checklist that a right answer covers.")
    margins: Margins = Field(description="Equivalence margins.")
    guards: Guards = Field(description="Bars of the guards.")
    bars: Bars = Field(description="Bars of the sidecar's steps; that of step 2 is guards.probe_auc.")


class PlanningChange(Section):
    """What `threearc plan` assumes otherwise in one domain."""

    accuracy: Share | None = Field(default=None, description="As planning.accuracy.")
    assertion_rate: Share | None = Field(default=None, description="As planning.assertion_rate.")
    seed_correlation: Share | None = Field(default=None, description="As planning.seed_correlation.")
    entry_correlation: Share | None = Field(default=None, description="As planning.entry_correlation.")
    discordance: Share | None = Field(default=None, description="As planning.discordance.")
    axis_sd: float | None = Field(default=None, gt=0, description="As planning.axis_sd.")
    recovery_rate: Share | None = Field(default=None, description="As planning.recovery_rate.")


class Planning(Section):
    """What `threearc plan` takes for granted; nothing that a run does depends on it."""

    accuracy: Share = Field(description="Share of right answers.")
    assertion_rate: Share = Field(description="Share of answers that assert.")
    seed_correlation: Share = Field(description="Correlation of two answers to one prompt, right or wrong.")
    entry_correlation: Share = Field(description="The same of answers to two prompts of one entry.")
    discordance: Share = Field(
        description="Share of answers that are right in base or in an arm without effect, but not in both."
    )
    axis_sd: float = Field(gt=0, description="Standard deviation of the scores on an axis, in points.")
    recovery_rate: Share = Field(description="Share of failures that are right when asked again.")
    answer_tokens: Positive = Field(description="Tokens of an answer, where the budget allows as many.")
    domains: dict[Name, PlanningChange] = Field(description="What is otherwise in one domain.")

    @model_validator(mode="after")
    def _correlations_nest(self) -> Self:
        for change in (PlanningChange(), *self.domains.values()):
            both = {**self.model_dump(), **change.model_dump(exclude_none=True)}
            if both["entry_correlation"] > both["seed_correlation"]:
                raise ValueError("entry_correlation must not be more than seed_correlation")
            if both["discordance"] > 2 * both["accuracy"] * (1 - both["accuracy"]):
                raise ValueError("discordance must not be more than 2 x accuracy x (1 - accuracy), that of strangers")
        return self
