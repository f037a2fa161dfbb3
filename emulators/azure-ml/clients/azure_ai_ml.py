"""From a compute instance to a scored deployment with azure-ai-ml as it comes from PyPI; README.md says how to point it here."""

import json
import tempfile
import time
import uuid
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.entities import (
    ComputeInstance,
    Data,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineRequestSettings,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import DefaultAzureCredential

HERE = Path(__file__).parent
SUFFIX = uuid.uuid4().hex[:8]


def check(what, seen, expected):
    if seen != expected:
        raise SystemExit(f"{what}: {seen!r}, expected {expected!r}")
    print(f"ok  {what}", flush=True)


def gone(what, get):
    try:
        get()
    except ResourceNotFoundError:
        print(f"ok  {what}", flush=True)
    else:
        raise SystemExit(f"{what}: it is still there")


client = MLClient(
    DefaultAzureCredential(),
    subscription_id="00000000-0000-0000-0000-000000000001",
    resource_group_name="flowgate",
    workspace_name="local",
    polling_interval=1,
)

workspace = client.workspaces.get("local")
check("workspace", (workspace.name, workspace.location), ("local", "westeurope"))
check("workspaces, list", [one.name for one in client.workspaces.list()], ["local"])
check("datastores, default", client.datastores.get_default().name, "workspaceblobstore")
check("datastores, list", [one.name for one in client.datastores.list()], ["workspaceblobstore"])
store = client.datastores.get("workspaceblobstore", include_secrets=True)
check("datastore, secrets", len(store.credentials.sas_token) > 0, True)
sizes = [size.name for size in client.compute.list_sizes()]
check("compute sizes", "Standard_DS3_v2" in sizes, True)
check("compute usage", next(iter(client.compute.list_usage())).unit, "Count")

machine = f"ci-{SUFFIX}"
made = client.compute.begin_create_or_update(
    ComputeInstance(name=machine, size="Standard_DS1_v2", idle_time_before_shutdown_minutes=30)
).result()
check("compute instance", made.state, "Running")
client.compute.begin_stop(machine).result()
check("compute instance, stop", client.compute.get(machine).state, "Stopped")
client.compute.begin_start(machine).result()
client.compute.begin_restart(machine).result()
check("compute instances, list", machine in [one.name for one in client.compute.list()], True)
client.compute.begin_delete(machine).result()
gone("compute instance, delete", lambda: client.compute.get(machine))

flow = HERE / "guess-label"
model_name = f"model-{SUFFIX}"
wanted = Model(
    name=model_name,
    path=flow,
    type=AssetTypes.CUSTOM_MODEL,
    description="A flow",
    properties={"azureml.promptflow.source_flow_id": "guess-label"},
)
model = client.models.create_or_update(wanted)
check("model", (model.name, model.version), (model_name, "1"))
check("model, next version", client.models.create_or_update(Model(name=model_name, path=flow)).version, "2")
check("model, latest", client.models.get(model_name, label="latest").version, "2")
check("model versions, list", sorted(one.version for one in client.models.list(model_name)), ["1", "2"])
check("models, list", model_name in [one.name for one in client.models.list()], True)
client.models.archive(model_name, version="2")
check("model, archive", [one.version for one in client.models.list(model_name)], ["1"])
client.models.restore(model_name, version="2")
with tempfile.TemporaryDirectory() as folder:
    client.models.download(model_name, "1", download_path=folder)
    check("model, download", len(list(Path(folder).rglob("guess.py"))), 1)

data = client.data.create_or_update(
    Data(name=f"data-{SUFFIX}", path=flow / "data.jsonl", type=AssetTypes.URI_FILE)
)
check("data", client.data.get(data.name, data.version).type, "uri_file")
check("data, versions", [one.version for one in client.data.list(data.name)], [data.version])
check("data, list", data.name in [one.name for one in client.data.list()], True)
client.data.archive(data.name, version=data.version)
check("data, archive", list(client.data.list(data.name)), [])
client.data.restore(data.name, version=data.version)
environment = client.environments.create_or_update(
    Environment(
        name=f"environment-{SUFFIX}",
        image="mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest",
        inference_config={
            "liveness_route": {"path": "/health", "port": 8080},
            "readiness_route": {"path": "/health", "port": 8080},
            "scoring_route": {"path": "/score", "port": 8080},
        },
    )
)
check("environment", client.environments.get(environment.name, environment.version).image, environment.image)
check("environment, latest", client.environments.get(environment.name, label="latest").version, environment.version)
check("environments, list", environment.name in [one.name for one in client.environments.list()], True)
client.environments.archive(environment.name, version=environment.version)
check("environment, archive", list(client.environments.list(environment.name)), [])
client.environments.restore(environment.name, version=environment.version)

endpoint_name = f"endpoint-{SUFFIX}"
endpoint = client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(
        name=endpoint_name,
        auth_mode="key",
        properties={"enforce_access_to_default_secret_stores": "enabled"},
    )
).result()
check("endpoint", endpoint.provisioning_state, "Succeeded")
check("endpoints, list", endpoint_name in [one.name for one in client.online_endpoints.list()], True)

by_token = f"token-{SUFFIX}"
client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name=by_token, auth_mode="aml_token")
).result()
check("token of an endpoint", len(client.online_endpoints.get_keys(by_token).access_token) > 0, True)
client.online_endpoints.begin_delete(by_token).result()


def deploy(name, instance_count=1):
    return client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name=name,
            endpoint_name=endpoint_name,
            model=model,
            environment=environment,
            instance_type="Standard_DS3_v2",
            instance_count=instance_count,
            environment_variables={"PROMPTFLOW_RUN_MODE": "serving"},
            request_settings=OnlineRequestSettings(request_timeout_ms=90000),
        )
    ).result()


check("deployment", deploy("blue").provisioning_state, "Succeeded")
check("deployment, scale", deploy("blue", instance_count=2).instance_count, 2)
endpoint.traffic = {"blue": 100}
endpoint.tags = {"by": "azure-ai-ml"}
client.online_endpoints.begin_create_or_update(endpoint).result()
check("traffic", client.online_endpoints.get(endpoint_name).traffic, {"blue": 100})
check("endpoint, tags", client.online_endpoints.get(endpoint_name).tags, {"by": "azure-ai-ml"})
deploy("green")
endpoint.traffic = {"blue": 90, "green": 10}
client.online_endpoints.begin_create_or_update(endpoint).result()
names = sorted(one.name for one in client.online_deployments.list(endpoint_name))
check("deployments, list", names, ["blue", "green"])

with tempfile.TemporaryDirectory() as folder:
    request = Path(folder) / "request.json"
    request.write_text('{"text": "Is it raining?"}')
    for given in (None, "green"):
        answer = client.online_endpoints.invoke(endpoint_name, request_file=request, deployment_name=given)
        check(f"invoke, {given or 'by traffic'}", json.loads(answer), {"label": "question"})

logs = client.online_deployments.get_logs("blue", endpoint_name, lines=5)
check("logs", "ready" in logs, True)
fetched = client.online_deployments.get_logs("blue", endpoint_name, lines=5, container_type="storage-initializer")
check("logs of the storage initializer", "model" in fetched, True)
keys = client.online_endpoints.get_keys(endpoint_name)
client.online_endpoints.begin_regenerate_keys(endpoint_name, key_type="primary").result()
fresh = client.online_endpoints.get_keys(endpoint_name)
check("keys", (fresh.primary_key == keys.primary_key, fresh.secondary_key == keys.secondary_key), (False, True))
client.online_endpoints.begin_regenerate_keys(endpoint_name, key_type="secondary").result()
check("secondary key", client.online_endpoints.get_keys(endpoint_name).secondary_key == keys.secondary_key, False)

empty = client.models.create_or_update(
    Model(name=f"empty-{SUFFIX}", path="azureml://datastores/workspaceblobstore/paths/nothing/here")
)
try:
    client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name="red",
            endpoint_name=endpoint_name,
            model=empty,
            environment=environment,
            instance_type="Standard_DS3_v2",
            instance_count=1,
        )
    ).result()
except HttpResponseError as error:
    check("deployment that fails", "is empty" in str(error), True)
else:
    raise SystemExit("deployment that fails: it succeeded")
client.online_deployments.begin_delete("red", endpoint_name).result()

endpoint.traffic = {"blue": 100}
client.online_endpoints.begin_create_or_update(endpoint).result()
client.online_deployments.begin_delete("green", endpoint_name).result()
gone("deployment, delete", lambda: client.online_deployments.get("green", endpoint_name))
client.online_endpoints.begin_delete(endpoint_name).result()
gone("endpoint, delete", lambda: client.online_endpoints.get(endpoint_name))
