from promptflow.core._prompty import AsyncFlow, AsyncPrompty, Flow, Prompty

__all__ = ["AsyncFlow", "AsyncPrompty", "Flow", "Prompty"]
