"""A batch run: prompt flow's own engine, watched line by line."""

from promptflow.batch import BatchEngine
from promptflow.storage import AbstractRunStorage

from flowgate_promptflow.known import KnownLines, text_of_line
from flowgate_promptflow.results import line_of, without_debugging


def described(run_info, nodes, row):
    text = text_of_line(run_info, nodes)
    return {**line_of(run_info, nodes, row), **({} if text is None else {"forAggregation": text})}


class Watch(AbstractRunStorage):
    """Hears of every node and line as it ends."""

    def __init__(self, send):
        self.send = send
        self.rows = {}
        self.nodes = {}

    def persist_node_run(self, run_info):
        self.nodes.setdefault(run_info.index, {})[run_info.node] = run_info

    def persist_flow_run(self, run_info):
        if run_info.end_time is None:
            return
        nodes = self.nodes.get(run_info.index, {})
        self.send({"line": described(run_info, nodes, self.rows.get(run_info.index))})


class WatchedBatch(BatchEngine):
    def __init__(self, flow_file, working_dir, *, send, receive, **options):
        self.watch = Watch(send)
        super().__init__(flow_file, working_dir, storage=self.watch, **options)
        self.send = send
        self.receive = receive
        self.lines = []
        self.aggregation = None

    def ask_for_line(self, line_number):
        self.send({"known": line_number})
        return self.receive()["known"]

    def known_lines(self):
        return KnownLines(self.ask_for_line)

    async def _exec(
        self,
        batch_inputs,
        run_id=None,
        output_dir=None,
        raise_on_line_failure=False,
        previous_line_results=None,
        line_results=None,
        aggr_result=None,
    ):
        self.watch.rows = {row["line_number"]: row for row in batch_inputs}
        known = {line.run_info.index for line in previous_line_results or []}
        self.send({"mapped": [number for number in self.watch.rows if number not in known]})
        left_out = set(self.receive()["leaveOut"])
        kept = [row for row in batch_inputs if row["line_number"] not in left_out]
        self.send({"leftOut": {number: row for number, row in self.watch.rows.items() if number in left_out}})
        self.lines, self.aggregation = line_results, aggr_result
        return await super()._exec(
            kept, run_id, output_dir, raise_on_line_failure, previous_line_results, line_results, aggr_result
        )

    def answer(self):
        rows = self.watch.rows
        lines = [described(line.run_info, line.node_run_infos, rows.get(line.run_info.index)) for line in self.lines]
        failed = [
            {"node": node, "error": without_debugging(info.error)}
            for node, info in self.aggregation.node_run_infos.items()
            if info.status.value == "Failed"
        ]
        return {"lines": lines, "metrics": self.aggregation.metrics, "aggregationErrors": failed}
