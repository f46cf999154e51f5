"""What tests of adapters train on, and how to look into an adapter."""

from threearc.models.lora import FILES
from threearc.operators import dpo
from threearc.operators.sft import Recipe
from threearc.records.responses import Message
from threearc.records.teaching import Example, Pair

RECIPE = Recipe(3.0, 4, 1, 2e-2, "cosine", 0.1, 0.01, 128, 4, 8, 0.0, False, "attention", "drop")
MARKS = ("<think>", "</think>")


def examples(n=8, answer="The pan was too hot, so lower the heat.", thinking=""):
    return [
        Example(
            dataset="T1",
            prompt_id=f"p{i}",
            entry=f"e{i}",
            messages=(Message(role="user", content=f"My sauce number {i} split. Why?"),),
            completion=answer,
            thinking=thinking,
            sources=("t",),
        )
        for i in range(n)
    ]


def adapted(folder):
    """Names of the modules that an adapter touches."""
    from safetensors import safe_open

    with safe_open(folder / FILES[0], "pt") as weights:
        return {name.split(".lora_")[0].rsplit(".", 1)[1] for name in weights.keys()}  # noqa: SIM118


DPO = dpo.Recipe(2.0, 4, 1, 5e-3, "cosine", 0.1, 0.0, 128, 0.1)


def pairs(n=8):
    return [
        Pair(
            prompt_id=f"p{i}",
            entry=f"e{i}",
            messages=(Message(role="user", content=f"My sauce number {i} split. Why?"),),
            chosen="The pan was too hot, so lower the heat.",
            rejected="The pan was too cold, so raise the heat.",
            sources=("a", "b"),
        )
        for i in range(n)
    ]
