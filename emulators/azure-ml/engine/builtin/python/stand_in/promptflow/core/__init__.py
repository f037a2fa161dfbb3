from promptflow._core.metric_logger import log_metric
from promptflow._core.tool import ToolProvider, tool
from promptflow.core._model_configuration import AzureOpenAIModelConfiguration, OpenAIModelConfiguration
from promptflow.core._prompty import AsyncFlow, AsyncPrompty, Flow, Prompty

log_flow_metric = log_metric

__all__ = [
    "AsyncFlow",
    "AsyncPrompty",
    "AzureOpenAIModelConfiguration",
    "Flow",
    "OpenAIModelConfiguration",
    "Prompty",
    "ToolProvider",
    "log_flow_metric",
    "log_metric",
    "tool",
]
