"""Tell the arms that generate for themselves that their wrong answers are wrong, and ask again."""

from contextlib import nullcontext
from pathlib import Path

from threearc.domains.protocol import load_domain
from threearc.judging.correctness import failures
from threearc.models.lora import apply_adapter
from threearc.operators import tempering
from threearc.operators.answering import open_interview
from threearc.operators.recovery import ask_failures_again
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_records, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id([p for path in snakemake.input.prompts for p in read_records(path, Prompt)])
    failed = []
    for answers, judgements in zip(snakemake.input.responses, snakemake.input.judgements, strict=True):
        own = [r for r in read_records(answers, Response) if r.prompt_id in prompts]
        own = [r for r in own if r.decode_seed in settings["recovery_seeds"]]
        asked = [r for r in own if r.setup.condition.role in ("base", "treatment")]
        failed += failures(asked, read_records(judgements, Judgement), settings["correct_coverage"])

    def under(setup):
        return (
            tempering.under(student.model, setup.condition) if setup.condition.operator == "tempered" else nullcontext()
        )

    told_wrong = load_domain(settings["domain"]).told_wrong
    folder = Path(snakemake.input.student).parent
    interview, student = open_interview(folder, settings)
    untrained = [r for r in failed if r.setup.train_seed is None]
    second = ask_failures_again(interview, untrained, prompts, told_wrong, under)
    for weights, adapter in zip(snakemake.input.adapters, settings["adapters"], strict=True):
        # By name, not by weights: two adapters may be the same, where preference training taught nothing.
        trained = [r for r in failed if adapter.items() <= r.setup.condition.settings.items()]
        if trained:
            # Two real students at once may not fit on a device.
            del interview, student
            interview, student = open_interview(folder, settings)
            interview.engine.model = apply_adapter(student.model, Path(weights).parent)
            second += ask_failures_again(interview, trained, prompts, told_wrong)
    write_records(snakemake.output.responses, second)
