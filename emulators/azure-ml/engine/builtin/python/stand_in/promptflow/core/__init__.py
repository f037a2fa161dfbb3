from promptflow._core.metric_logger import log_metric
from promptflow._core.tool import ToolProvider, tool

log_flow_metric = log_metric

__all__ = ["ToolProvider", "log_flow_metric", "log_metric", "tool"]


def __getattr__(name):
    if name in ("Prompty", "Flow", "AsyncPrompty", "AzureOpenAIModelConfiguration", "OpenAIModelConfiguration"):
        raise ImportError(
            f"promptflow.core.{name} is not in the stand-in of the builtin engine; "
            "install promptflow-core into the Python that runs the flow"
        )
    raise AttributeError(f"module 'promptflow.core' has no attribute '{name}'")
