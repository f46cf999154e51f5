"""Build the training sets from what the teachers wrote, and report what the filters dropped."""

from threearc.judging.correctness import is_right_answer
from threearc.judging.rules import opened_judge
from threearc.provenance.job import job
from threearc.records.jsonl import by_id, read_all, read_records, write_document, write_records
from threearc.records.prompts import Prompt
from threearc.records.reports import FiltersReport
from threearc.records.responses import Response
from threearc.records.teaching import TeacherAnswer
from threearc.teachers.datasets import Limits, Report, build_examples, build_pairs, verify

with job(snakemake.params.key, snakemake.log[0], dict(snakemake.output.items())) as settings:
    prompts = by_id(read_all(snakemake.input.prompts, Prompt))
    answers = {}
    for path in (snakemake.input.gold, snakemake.input.adversarial, snakemake.input.boundary):
        for answer in read_records(path, TeacherAnswer):
            answers.setdefault(answer.stage, []).append(answer)
    critiques = read_records(snakemake.input.critiques, TeacherAnswer)
    attempts = (r for r in read_records(snakemake.input.responses, Response) if r.finish_reason == "stop")
    thinking = {r.prompt_id: r.thinking for r in attempts if r.prompt_id in prompts and r.thinking}
    limits, report = Limits(settings["min_words"], settings["max_words"]), Report()
    with opened_judge(settings) as judge:

        def check(prompt, text):
            return is_right_answer(judge, prompt, text, settings["correct_coverage"])

        examples = build_examples(answers, critiques, prompts, thinking, check, limits, report)
        pairs = build_pairs(answers, prompts, check, limits, report)
        verification = verify(answers, prompts, check)
    write_records(snakemake.output.sft, examples)
    write_records(snakemake.output.pairs, pairs)
    filters = FiltersReport.of(report.as_json() | {"verification": verification})
    write_document(snakemake.output.filters, filters)
