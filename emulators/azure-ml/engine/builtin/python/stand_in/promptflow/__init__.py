"""Stand-in for the parts of prompt flow's SDK that tools import; used when the real one is not installed."""

from promptflow._core.metric_logger import log_metric
from promptflow._core.tool import ToolProvider, tool

log_flow_metric = log_metric

__all__ = ["ToolProvider", "log_flow_metric", "log_metric", "tool"]
