import { describe, expect, test } from "vitest";
import { readDeploymentFile } from "#domain/deployment/deployment-file.ts";
import { planOf } from "#domain/deployment/deployment-plan.ts";
import { deploymentToStart } from "#domain/deployment/deployment-to-start.ts";
import { readEndpointFile } from "#domain/deployment/endpoint-file.ts";
import { readModelFile } from "#domain/deployment/model-file.ts";
import { anApp, WORKSPACE } from "#kit/deployment-app.ts";

const NAMES = { ...WORKSPACE, endpoint: "qa-endpoint", deployment: "fg-1", modelVersion: "3" };
const OVERRIDE =
  "deployment.subscription_id=sub-1,deployment.resource_group=group-1,deployment.workspace_name=space-1,deployment.endpoint_name=qa-endpoint,deployment.deployment_name=fg-1";

const deployment = (...lines: string[]) =>
  ["environment: { image: i }", "instance_type: Standard_E4s_v3", ...lines, ""].join("\n");

describe("deployment.yaml", () => {
  test("becomes ARM's terms with defaults that a flow can live with", () => {
    const { settings, instanceCount, environment } = readDeploymentFile(anApp());

    expect(instanceCount).toBe(1);
    expect(settings).toEqual({
      instanceType: "Standard_E4s_v3",
      appInsightsEnabled: false,
      scaleSettings: { scaleType: "Default" },
      requestSettings: { requestTimeout: "PT90S" },
      properties: {},
    });
    expect(environment).toMatchObject({
      kind: "inline",
      name: "flowgate-qa",
      properties: {
        image: "registry.example/serve:1",
        inferenceConfig: {
          livenessRoute: { path: "/health", port: 8080 },
          readinessRoute: { path: "/health", port: 8080 },
          scoringRoute: { path: "/score", port: 8080 },
        },
      },
    });
  });

  test("has its own figures where it gives them", () => {
    const text = deployment(
      "instance_count: 3",
      "app_insights_enabled: true",
      "request_settings: { request_timeout_ms: 1500, max_concurrent_requests_per_instance: 4, max_queue_wait_ms: 500 }",
      "liveness_probe: { initial_delay: 10, period: 20, failure_threshold: 30 }",
      "readiness_probe: { timeout: 2, success_threshold: 1 }",
      "egress_public_network_access: disabled",
      "scale_settings: { type: default }",
    );
    const file = readDeploymentFile(anApp({ "deployment/deployment.yaml": text }));

    expect(file.instanceCount).toBe(3);
    expect(file.settings).toMatchObject({
      appInsightsEnabled: true,
      requestSettings: {
        requestTimeout: "PT1.5S",
        maxConcurrentRequestsPerInstance: 4,
        maxQueueWait: "PT0.5S",
      },
      livenessProbe: { initialDelay: "PT10S", period: "PT20S", failureThreshold: 30 },
      readinessProbe: { timeout: "PT2S", successThreshold: 1 },
      egressPublicNetworkAccess: "Disabled",
    });
  });

  test("names an environment by its content, so equal ones are one", () => {
    const version = (image: string) => {
      const text = deployment().replace("image: i", `image: ${image}`);
      return readDeploymentFile(anApp({ "deployment/deployment.yaml": text })).environment;
    };

    expect(version("a")).toEqual(version("a"));
    expect(version("a")).not.toEqual(version("b"));
  });

  test.each([
    ["azureml:serve:2", { kind: "registered", name: "serve", version: "2" }],
    ["azureml:/subscriptions/s/e", { kind: "existing", id: "/subscriptions/s/e" }],
    ["/subscriptions/s/e", { kind: "existing", id: "/subscriptions/s/e" }],
    ["azureml://registries/r/e", { kind: "existing", id: "azureml://registries/r/e" }],
  ])("takes the environment %s as it is", (environment, choice) => {
    const text = `environment: ${environment}\ninstance_type: t\n`;

    expect(readDeploymentFile(anApp({ "deployment/deployment.yaml": text })).environment).toEqual(
      choice,
    );
  });

  test.each([
    ["code_configuration: { code: . }", 3, "code_configuration", /takes no code; remove it/],
    ["scale_settings: { type: target_utilization }", 3, "scale_settings.type", /only default/],
    ["data_collector: {}", 3, "data_collector", /not supported/],
    ["instance_count: none", 3, "instance_count", /has to be a number, but is text/],
    ["type: kubernetes", 3, "type", /only managed/],
    ["instance_type: [", 3, undefined, /not valid YAML/],
  ])("that says %s is refused with file and line", (line, at, path, message) => {
    const app = anApp();
    const text = Buffer.from(deployment(line));
    const files = new Map(app.files).set("deployment/deployment.yaml", text);

    expect(() => readDeploymentFile({ ...app, files })).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        where: { file: "deployment/deployment.yaml", line: expect.any(Number) },
        message: expect.stringMatching(message),
        problems: [expect.objectContaining(path === undefined ? {} : { path, line: at })],
      }),
    );
  });

  test.each([
    ["environment: azureml:serve@latest", "azureml:serve@latest names no version"],
    ["environment: { conda_file: c.yml, image: i }", "register an environment with it"],
    ["environment: { inference_config: {} }", "needed: the serving image"],
    ["description: none named", "needed: azureml:name:version, or image"],
  ])("whose %s cannot be deployed is refused", (environment, message) => {
    const text = `${environment}\ninstance_type: t\n`;
    const app = anApp({ "deployment/deployment.yaml": text });

    expect(() => readDeploymentFile(app)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("the variables of a deployment", () => {
  const FLOW = "inputs: {}\noutputs: {}\nnodes: []\n";
  const variables = (text: string, run = "flow: .\ndata: data.jsonl\n", flow = FLOW) => {
    const own = { "deployment/deployment.yaml": text, "qa/run.yml": run };
    const app = anApp({ ...own, "qa/flow.dag.yaml": flow });
    return deploymentToStart(app, null, NAMES).environmentVariables;
  };

  test("name where connections are even if the YAML does not", () => {
    expect(variables(deployment())).toEqual({
      PROMPTFLOW_RUN_MODE: "serving",
      PRT_CONFIG_OVERRIDE: OVERRIDE,
    });
  });

  test.each([
    "deployment.deployment_name=blue",
    "deployment.subscription_id=<sub-id>,deployment.deployment_name=<deployment-name>",
  ])("name what is really used where the YAML says %s", (written) => {
    const text = deployment("environment_variables:", `  PRT_CONFIG_OVERRIDE: ${written}`);

    expect(variables(text).PRT_CONFIG_OVERRIDE).toBe(OVERRIDE);
  });

  test("have placeholders filled in wherever they stand", () => {
    const text = deployment(
      "environment_variables:",
      "  WHERE: <sub-id>/<resource-group>/<workspace-name>",
      "  WHAT: <endpoint-name>/<deployment-name>:<VERSION>",
    );

    expect(variables(text)).toMatchObject({
      WHERE: "sub-1/group-1/space-1",
      WHAT: "qa-endpoint/fg-1:3",
    });
  });

  test("are those of the run where both name one, because those were evaluated", () => {
    const run =
      "flow: .\ndata: data.jsonl\nenvironment_variables: { MODE: evaluated, TOKEN: '${c.key}' }\n";
    const text = deployment("environment_variables: { MODE: other, KEPT: 1 }");

    expect(variables(text, run)).toEqual({
      PROMPTFLOW_RUN_MODE: "serving",
      MODE: "evaluated",
      KEPT: "1",
      PRT_CONFIG_OVERRIDE: OVERRIDE,
    });
  });

  test("leave alone what the evaluated flow sets by itself, connections of the run included", () => {
    const flow = "environment_variables: { MOOD: even }\ninputs: {}\noutputs: {}\nnodes: []\n";
    const run = "flow: .\ndata: data.jsonl\nenvironment_variables: { TOKEN: '${c.key}' }\n";
    const text = deployment("environment_variables: { MOOD: odd, TOKEN: none, KEPT: 1 }");

    expect(variables(text, run, flow)).toEqual({
      PROMPTFLOW_RUN_MODE: "serving",
      KEPT: "1",
      PRT_CONFIG_OVERRIDE: OVERRIDE,
    });
  });
});

describe("endpoint.yaml", () => {
  test("becomes ARM's terms", () => {
    const text = [
      "auth_mode: aml_token",
      "identity:",
      "  type: user_assigned",
      "  user_assigned_identities: [{ resource_id: /subscriptions/s/i }]",
      "tags: { team: a }",
      "description: d",
      "properties: { enforce: enabled }",
      "public_network_access: Disabled",
    ].join("\n");

    expect(readEndpointFile(anApp({ "deployment/endpoint.yaml": text }))).toMatchObject({
      authMode: "AMLToken",
      identity: { type: "UserAssigned", userAssignedIdentities: { "/subscriptions/s/i": {} } },
      tags: { team: "a" },
      description: "d",
      properties: { enforce: "enabled" },
      publicNetworkAccess: "Disabled",
    });
  });

  test("may leave everything to Flowgate", () => {
    expect(readEndpointFile(anApp({ "deployment/endpoint.yaml": "" }))).toMatchObject({
      name: null,
      authMode: "Key",
      identity: { type: "SystemAssigned" },
    });
  });

  test.each([
    ["auth_mode: open", "auth_mode"],
    ["compute: azureml:cluster", "compute"],
  ])("that says %s is refused", (text, path) => {
    const app = anApp({ "deployment/endpoint.yaml": text });

    expect(() => readEndpointFile(app)).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        problems: [expect.objectContaining({ file: "deployment/endpoint.yaml", path, line: 1 })],
      }),
    );
  });
});

describe("the endpoint's name", () => {
  const named = (endpoint: string, deploymentLine: string) =>
    planOf(
      anApp({
        "deployment/endpoint.yaml": endpoint,
        "deployment/deployment.yaml": deployment(deploymentLine),
      }),
      null,
      WORKSPACE,
    ).endpoint;

  test.each([
    ["name: one", "endpoint_name: two", "one"],
    ["auth_mode: key", "endpoint_name: two", "two"],
    ["name: <endpoint-name>", "endpoint_name: <endpoint-name>", "qa-endpoint"],
    ["auth_mode: key", "", "qa-endpoint"],
    ["name: in-<workspace-name>", "", "in-space-1"],
  ])("is read from %s and %s", (endpoint, deploymentLine, name) => {
    expect(named(endpoint, deploymentLine)).toBe(name);
  });

  test.each(["a", "1st", "has--two", "ends-", "under_score", "x".repeat(33)])(
    "%s is refused, with its line",
    (name) => {
      expect(() => named(`auth_mode: key\nname: ${name}`, "")).toThrow(
        expect.objectContaining({
          code: "MANIFEST_INVALID",
          where: { file: "deployment/endpoint.yaml", line: 2 },
        }),
      );
    },
  );
});

describe("model.yaml", () => {
  test("says name, folder and properties; stage and version are left out with a note", () => {
    const text = [
      "name: m",
      "path: ../qa",
      "stage: Production",
      "version: 7",
      "properties: { azureml.promptflow.mode: classification, count: 2 }",
    ].join("\n");

    expect(readModelFile(anApp({ "deployment/model.yaml": text }))).toEqual({
      name: "m",
      folder: "qa",
      description: null,
      tags: {},
      properties: { "azureml.promptflow.mode": "classification", count: "2" },
      notes: [
        "deployment/model.yaml: stage is left out; Azure's stable API has none.",
        "deployment/model.yaml: version is left out; Flowgate takes the next one.",
      ],
    });
  });

  test.each([
    ["path: ../qa", /needed: the name/],
    ["name: m", /needed: the folder/],
    ["name: m\npath: ../../qa", /outside the app folder/],
    ["name: m\npath: azureml://datastores/x", /outside the app folder/],
    ["name: m\npath: ../ghost", /no folder of the app/],
    ["name: a b\npath: ../qa", /letters, digits/],
    ["name: m\npath: ../qa\ntype: mlflow_model", /only custom_model/],
  ])("%j is refused", (text, message) => {
    expect(() => readModelFile(anApp({ "deployment/model.yaml": text }))).toThrow(
      expect.objectContaining({
        code: "MANIFEST_INVALID",
        message: expect.stringMatching(message),
      }),
    );
  });
});

test.each(["model", "endpoint", "deployment"])("a missing %s.yaml is refused by name", (kind) => {
  const app = anApp();
  const files = new Map(app.files);
  files.delete(`deployment/${kind}.yaml`);

  expect(() => planOf({ ...app, files }, null, WORKSPACE)).toThrow(
    expect.objectContaining({
      code: "MANIFEST_INVALID",
      message: expect.stringContaining(`deployment/${kind}.yaml: is not in the bundle`),
    }),
  );
});
