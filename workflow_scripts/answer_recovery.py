"""Tell the arms that generate for themselves that their wrong answers are wrong, and ask again."""

from pathlib import Path

from threearc.domains.protocol import load_domain
from threearc.judging.correctness import failures
from threearc.operators.answering import cached_interview
from threearc.operators.recovery import ask_failures_again, done_to, may_be_asked
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_records
from threearc.records.judgements import Judgement
from threearc.records.prompts import Prompt
from threearc.records.responses import Response

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    failed = []
    for answers, judgements in zip(snakemake.input.responses, snakemake.input.judgements, strict=True):
        own = [r for r in read_records(answers, Response) if r.prompt_id in prompts]
        asked = [r for r in own if may_be_asked(r)]
        failed += failures(asked, read_records(judgements, Judgement), settings["correct_coverage"])
    # The untrained first: each adapter needs a model of its own.
    failed.sort(key=lambda response: response.setup.train_seed is not None)
    folders = [Path(weights).parent for weights in snakemake.input.adapters]
    adapters = list(zip(settings["adapters"], folders, strict=True))
    told_wrong = load_domain(settings["domain"]).told_wrong
    student, responses = Path(snakemake.input.student).parent, snakemake.output.responses
    with cached_interview(student, settings, responses) as (interview, _):
        second = ask_failures_again(interview, failed, prompts, told_wrong, lambda arm: done_to(arm, adapters))
    write_records(responses, second)
