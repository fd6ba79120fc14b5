"""Ask MetricFlow many questions in one process: its start costs seconds, an answer a fraction of one.

    python metricflow_answers.py < questions.json > answers.json

A question is the name of a saved query; its answer a list of rows, every value text or null. The environment says which
project (`DBT_PROJECT_DIR`) and database to ask.
"""

import json
import sys
from datetime import datetime
from typing import Any

from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest


def _text(value: Any) -> str | None:
    if isinstance(value, datetime):
        return str(value.date())
    return None if value is None else str(value)


def main() -> None:
    """Answer the questions of standard input on standard output."""
    configuration = CLIConfiguration()
    configuration.setup(configure_file_logging=False)
    answers = {}
    for name in json.load(sys.stdin):
        answer = configuration.mf.query(MetricFlowQueryRequest.create(saved_query_name=name)).result_df
        assert answer is not None
        answers[name] = [dict(zip(answer.column_names, map(_text, row), strict=True)) for row in answer.rows]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
