"""Two runs with the same seeds give byte-identical responses and judgements."""

from studies import prepare, snakemake

FILES = [
    "students/chef/qwen3-0.6b/model.safetensors",
    "chef/teacher/gold.jsonl",
    "chef/qwen3-0.6b/responses/base.jsonl",
    "chef/qwen3-0.6b/judgements/base.jsonl",
    "chef/qwen3-0.6b/features/base.npz",
    "chef/qwen3-0.6b/data/sft.jsonl",
    "chef/qwen3-0.6b/features/adapters.npz",
    "chef/qwen3-0.6b/heads.json",
    "chef/qwen3-0.6b/adapters/sft/main/0/adapter_model.safetensors",
    "chef/qwen3-0.6b/adapters/dpo/main/0/adapter_model.safetensors",
    "chef/qwen3-0.6b/responses/adapters.jsonl",
    "chef/qwen3-0.6b/judgements/adapters.jsonl",
    "chef/qwen3-0.6b/responses/tempered.jsonl",
    "chef/qwen3-0.6b/judgements/tempered.jsonl",
    "chef/qwen3-0.6b/probe.json",
    "chef/qwen3-0.6b/responses/sidecar.jsonl",
    "chef/qwen3-0.6b/judgements/sidecar.jsonl",
    "chef/qwen3-0.6b/judgements/recovery.jsonl",
    "chef/qwen3-0.6b/effects.json",
    "chef/qwen3-0.6b/guards.json",
]


def test_a_second_run_elsewhere_gives_the_same_bytes(study, tmp_path):
    """One cell again from nothing: weights, answers, features, adapters, judgements and effects."""
    again = tmp_path / "again"
    options = prepare(again)
    snakemake(again, "results/chef/qwen3-0.6b/guards.json", *options)
    for file in FILES:
        assert (study / "results" / file).read_bytes() == (again / "results" / file).read_bytes(), file
