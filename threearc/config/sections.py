"""The configuration of a study: one pydantic model per section.

From here come the checks before the DAG is built, the JSON schema and the comments of ``config.yaml``. Nothing below
the Snakefile sees these objects: stage modules take plain values.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from threearc.config.analysis import Analysis, Planning
from threearc.config.base import Mark, Name, Positive, Section, Seed, Unique
from threearc.domains.data_files import Share
from threearc.models.lora import Targets
from threearc.models.miniature.architectures import Architecture
from threearc.operators.sft import Thinking

Operator = Literal["sft", "dpo", "tempered", "sidecar"]


class Entries(Section):
    """How many entries of each split are asked about, spread over the categories; a larger number keeps the others."""

    train: Positive | None = Field(description="Those that teachers answer, and operators learn from.")
    eval: Positive | None = Field(description="Those that every arm answers.")
    fresh: Positive | None = Field(description="Other entries, templates and author; every arm answers them too.")


class Study(Section):
    """What is studied, and where the results go."""

    name: str = Field(description="Name of the study, shown on the report.")
    results: str = Field(
        min_length=1,
        pattern=r"^[^{}]*[^{}/]$",
        description="Folder of all outputs; two studies in two folders never touch each other.",
    )
    models: Unique[Name] = Field(min_length=1, description="Models to study, of those described under `models`.")
    domains: Unique[Name] = Field(min_length=1, description="Domains to study, of those described under `domains`.")
    entries: Entries = Field(
        description="About so many entries of each split that can be checked, and as many others; null takes all."
    )
    operators: Unique[Operator] = Field(description="Operators to try in every cell.")


class Seeds(Section):
    """Every source of chance, each with a seed of its own."""

    world: Seed = Field(description="Draws the world that tiny students grow up in: what they are taught wrongly.")
    student: Seed = Field(description="Initial weights and order of data of tiny students.")
    train: Unique[Seed] = Field(min_length=1, description="Training seeds; one adapter each.")
    decode: Unique[Seed] = Field(min_length=1, description="Decoding seeds; every arm answers once per seed.")
    analysis: Seed = Field(description="Bootstrap, permutations, folds, random control heads, what controls act on.")


class Decoding(Section):
    """How tokens are drawn."""

    temperature: float = Field(ge=0, description="0 takes the likeliest token; A/A arms need more than 0.")
    top_p: float = Field(gt=0, le=1, description="Nucleus: smallest set of tokens with this mass; 1 keeps all.")
    top_k: int = Field(ge=0, description="Keep so many of the likeliest tokens; 0 keeps all.")
    presence_penalty: float = Field(description="Taken off the logits of tokens already generated.")
    max_tokens: Positive = Field(description="The long budget: every shorter one is cut from it.")


class DecodingChange(Section):
    """What one model does differently from `answering.decoding`."""

    temperature: float | None = Field(default=None, ge=0, description="As answering.decoding.temperature.")
    top_p: float | None = Field(default=None, gt=0, le=1, description="As answering.decoding.top_p.")
    top_k: int | None = Field(default=None, ge=0, description="As answering.decoding.top_k.")
    presence_penalty: float | None = Field(default=None, description="As answering.decoding.presence_penalty.")
    max_tokens: Positive | None = Field(default=None, description="As answering.decoding.max_tokens.")


class Shape(Section):
    """Sizes of a tiny student of a real architecture."""

    architecture: Architecture = Field(description="The architecture: its true class is trained.")
    hidden: Positive = Field(description="Width of the residual stream.")
    feedforward: Positive = Field(description="Width of the MLP.")
    layers: Positive = Field(description="Decoder layers.")
    heads: Positive = Field(description="Attention heads per layer.")
    kv_heads: Positive = Field(description="Key/value heads per layer.")
    head_width: Annotated[int, Field(ge=32, multiple_of=2)] = Field(
        description="Width of a head; at least 32, for vLLM's sake."
    )
    vocabulary: Annotated[int, Field(ge=512)] = Field(description="Size of its byte-level BPE.")

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.heads % self.kv_heads:
            raise ValueError("heads must be a multiple of kv_heads")
        if self.architecture == "llama" and self.hidden % self.heads:
            raise ValueError("hidden must be a multiple of heads in a llama")
        return self


class Model(Section):
    """One student."""

    source: Literal["hub", "miniature"] = Field(description="hub: a pinned Hub revision; miniature: trained here.")
    repo: str = Field(description="Hub repository of the real model.")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="Commit of the repository.")
    dtype: Literal["float32", "bfloat16"] = Field(description="Type of the weights while answering.")
    thinking: tuple[Mark, Mark] = Field(strict=False, description="Marks around a reasoning block.")
    reasoning: bool | None = Field(
        default=None,
        description="Thinking mode, for source hub, by the chat template's switch; null leaves its default.",
    )
    decoding: DecodingChange = Field(
        default=DecodingChange(), description="What its makers advise differently, for source hub."
    )
    shape: Shape | None = Field(default=None, description="Sizes of the tiny student, for source miniature.")

    @model_validator(mode="after")
    def _miniature_has_a_shape(self) -> Self:
        if self.source == "miniature" and self.shape is None:
            raise ValueError("source miniature needs a shape")
        return self


class Domain(Section):
    """One domain: a folder threearc/domains/<name>/."""

    axes: Unique[str] = Field(min_length=1, description="Axes to score, of the domain's instrument.")
    benchmark: str | None = Field(
        default=None, description="Others' published problems to answer too, all of them; null asks for none."
    )


class Students(Section):
    """How tiny students are brought up; studies of Hub models do not read this."""

    dialogues: Positive = Field(description="Dialogues that a tiny student reads, once each.")
    batch: Positive = Field(description="Dialogues per training step.")
    matrix_rate: float = Field(gt=0, description="Learning rate of Muon, for linear layers.")
    other_rate: float = Field(gt=0, description="Learning rate of AdamW, for embeddings and norms.")


class Teachers(Section):
    """Who writes the training data."""

    backend: Literal["scripted", "endpoint"] = Field(
        description="scripted: from the domain's own data, offline; endpoint: not part of this version yet."
    )
    min_words: Positive = Field(description="Shorter completions are dropped from the training sets.")
    max_words: Positive = Field(description="Longer completions are dropped from the training sets.")

    @model_validator(mode="after")
    def _something_is_left(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError("min_words must not be more than max_words")
        return self


class Answering(Section):
    """How students answer."""

    engine: Literal["transformers"] = Field(description="The engine that generates.")
    batch_size: Positive = Field(description="Rows of every batch; dummy rows fill the last one.")
    length_step: Positive = Field(description="Prompts are padded to multiples of so many tokens.")
    decoding: Decoding = Field(description="How tokens are drawn, for all models.")
    budgets: Unique[Positive] = Field(description="n_predict sweep: budgets cut from the long generation.")


class Training(Section):
    """How long and how fast an adapter learns."""

    epochs: float = Field(gt=0, description="Passes over the training set.")
    batch_size: Positive = Field(description="Rows per device and step.")
    accumulation: Positive = Field(description="Steps whose gradients are added up before an update.")
    learning_rate: float = Field(gt=0, description="Peak learning rate.")
    schedule: Literal["cosine", "linear", "constant"] = Field(description="How the rate falls.")
    warmup_share: Share = Field(description="Share of the steps in which the rate rises.")
    weight_decay: float = Field(ge=0, description="Weight decay.")
    max_length: Positive = Field(description="Longer rows are cut, in tokens.")


class SftChange(Section):
    """What one variant does differently from `sft`."""

    targets: Targets | None = Field(default=None, description="As sft.targets.")
    rank: Positive | None = Field(default=None, description="As sft.rank.")
    alpha: Positive | None = Field(default=None, description="As sft.alpha.")
    dropout: Share | None = Field(default=None, description="As sft.dropout.")
    rank_stabilised: bool | None = Field(default=None, description="As sft.rank_stabilised.")
    thinking: Thinking | None = Field(default=None, description="As sft.thinking.")
    epochs: float | None = Field(default=None, gt=0, description="As sft.epochs.")
    learning_rate: float | None = Field(default=None, gt=0, description="As sft.learning_rate.")


class Sft(Training):
    """LoRA supervised fine-tuning."""

    targets: Targets = Field(
        description="attention: q, k, v, o projections; all-linear: MLPs and Gated DeltaNet's projections too."
    )
    rank: Positive = Field(description="Rank of the adapter.")
    alpha: Positive = Field(description="Scale of the adapter (alpha / rank).")
    dropout: Share = Field(description="Dropout inside the adapter.")
    rank_stabilised: bool = Field(description="Scale by alpha / root of rank instead (rsLoRA).")
    thinking: Thinking = Field(
        description="The student's own reasoning before a completion: drop it, keep and learn it, or mask it."
    )
    recipes: Unique[Name] = Field(
        min_length=1, description="Adapters to train: main is this section as it stands, others are variants of it."
    )
    variants: dict[Name, SftChange] = Field(description="What each other recipe does differently.")


class Dpo(Training):
    """Preference optimisation that goes on from the SFT adapter."""

    beta: float = Field(gt=0, description="Weight of staying near the SFT adapter.")


class Tempering(Section):
    """Attention-head tempering."""

    dispositions: Unique[Literal["humble", "adversarial_self", "deliberate", "persistent"]] = Field(
        min_length=1, description="Dispositions whose heads are damped; heads are ranked for all of them in any case."
    )
    attribution: Literal["magnitude", "directional"] = Field(
        description="What picks the heads: how loud they speak, or what they say; both are reported."
    )
    permutations: Annotated[int, Field(ge=100)] = Field(description="Draws of the null of the largest d.")
    heads: Positive = Field(description="How many heads are damped.")
    lambdas: Unique[Share] = Field(min_length=1, description="Factors for the top heads' outputs; 1 leaves them alone.")
    control_lambda: Share = Field(description="The factor for control heads.")
    controls: Unique[Literal["random", "bottom"]] = Field(description="Control arms: other heads, as many.")
    last_tokens: Positive = Field(description="Response tokens over which heads are averaged.")
    least_cohort: Annotated[int, Field(ge=2)] = Field(description="Fewer responses in a cohort: not attributable.")


class Sidecar(Section):
    """Frozen-base probe and gate."""

    regularisations: Unique[Annotated[float, Field(gt=0)]] = Field(
        min_length=1, description="C of the logistic regressions: each training part chooses by grouped CV inside it."
    )
    folds: Annotated[int, Field(ge=3)] = Field(description="Folds of cross-validation.")
    repeats: Positive = Field(description="Assignments of folds; an AUC is the mean over them.")
    control_draws: Positive = Field(description="Draws of control labels, random per entry.")
    keep_right: Share = Field(description="The gate must let at least this share of right answers stand.")
    least_class: Annotated[int, Field(ge=2)] = Field(description="Fewer right or wrong answers: no probe is fitted.")
    hedge: str = Field(min_length=1, description="What stands before an answer that the probe doubts.")


class Controls(Section):
    """Arms whose truth is known, made of base's answers: what does the engine say of them?"""

    enabled: bool = Field(description="Make and judge them in every cell; they touch no verdict on an operator.")
    doses: Unique[Annotated[float, Field(gt=0, le=1)]] = Field(
        min_length=1,
        description="Shares of the entries on which a control acts.",
    )


class Judging(Section):
    """Who judges."""

    judge: Literal["rules", "endpoint"] = Field(
        description="rules: offline, by rules that are data; endpoint: not part of this version yet."
    )
    validation: str | None = Field(
        description="Labels by hand, JSON Lines: response_id, question (correctness, delivery, axis), label; or null."
    )
    oracle_seconds: float = Field(gt=0, description="CPU and wall time for one program, in seconds.")
    oracle_megabytes: Annotated[int, Field(ge=64)] = Field(description="Memory for one program.")


class Config(Section):
    """The whole configuration."""

    study: Study = Field(description="What is studied, and where the results go.")
    seeds: Seeds = Field(description="Every source of chance, each with a seed of its own.")
    models: dict[Name, Model] = Field(description="Students, by the name that folders and tables use.")
    domains: dict[Name, Domain] = Field(description="Domains, by the name of their folder under threearc/domains.")
    students: Students = Field(description="How tiny students are brought up (source: miniature).")
    teachers: Teachers = Field(description="Who writes the training data.")
    answering: Answering = Field(description="How students answer.")
    sft: Sft = Field(description="Arc 1: LoRA supervised fine-tuning.")
    dpo: Dpo = Field(description="Arc 1, second step: preference optimisation from the SFT adapter.")
    tempering: Tempering = Field(description="Arc 2: attention-head tempering.")
    sidecar: Sidecar = Field(description="Arc 3: a probe on the frozen student, and a gate.")
    controls: Controls = Field(description="Arms whose truth is known, to calibrate the engine.")
    judging: Judging = Field(description="Who judges.")
    analysis: Analysis = Field(description="What is concluded, and how.")
    planning: Planning = Field(description="What `threearc plan` assumes; no result depends on it.")
