import { setTimeout as sleep } from "node:timers/promises";
import { app, type HttpFunctionOptions, type InvocationContext } from "@azure/functions";
import { createAcquireEndpoint } from "#activities/acquire-endpoint.ts";
import { createAssignRole } from "#activities/assign-role.ts";
import { createCancelRun } from "#activities/cancel-run.ts";
import { createCollectRows } from "#activities/collect-rows.ts";
import { createCompareVariants } from "#activities/compare-variants.ts";
import { createEnsureEndpoint } from "#activities/ensure-endpoint.ts";
import { createEnsureIdentity } from "#activities/ensure-identity.ts";
import { createFindBaseline } from "#activities/find-baseline.ts";
import { createKeepDeploymentLogs } from "#activities/keep-deployment-logs.ts";
import { createPlanDeployment } from "#activities/plan-deployment.ts";
import { createPublishEvent } from "#activities/publish-event.ts";
import { createPublishRows } from "#activities/publish-rows.ts";
import { createReadCompute } from "#activities/read-compute.ts";
import { createReadDeployment } from "#activities/read-deployment.ts";
import { createReadEndpoint } from "#activities/read-endpoint.ts";
import { createReadMetrics } from "#activities/read-metrics.ts";
import { createReadRun } from "#activities/read-run.ts";
import { createReadRuntime } from "#activities/read-runtime.ts";
import { createReadSession } from "#activities/read-session.ts";
import { createRecordPipeline } from "#activities/record-pipeline.ts";
import { createRecordResource } from "#activities/record-resource.ts";
import { createRegisterModel } from "#activities/register-model.ts";
import { createReleaseEndpoint } from "#activities/release-endpoint.ts";
import { createRemoveDeployment } from "#activities/remove-deployment.ts";
import { createRemoveResource } from "#activities/remove-resource.ts";
import { createSetTraffic } from "#activities/set-traffic.ts";
import { createSmokeTest } from "#activities/smoke-test.ts";
import { createStartCompute } from "#activities/start-compute.ts";
import { createStartDeployment } from "#activities/start-deployment.ts";
import { createStartRuntime } from "#activities/start-runtime.ts";
import { createStartSession } from "#activities/start-session.ts";
import { createSubmitRun } from "#activities/submit-run.ts";
import { createUploadData } from "#activities/upload-data.ts";
import { createUploadEvaluation } from "#activities/upload-evaluation.ts";
import { createUploadFlow } from "#activities/upload-flow.ts";
import { createValidate } from "#activities/validate.ts";
import { createWriteReport } from "#activities/write-report.ts";
import { connectAzure } from "#azure/connect-azure.ts";
import { createDefaultCredential, createEmulatorCredential } from "#azure/credential.ts";
import { createEventTopic } from "#azure/event-topic.ts";
import { createBundles } from "#azure/storage/bundles.ts";
import { connectStorage } from "#azure/storage/connect.ts";
import { createLedger, ENDPOINT_LOCKS, MODEL_LOCKS } from "#azure/storage/ledger.ts";
import { createLocks } from "#azure/storage/locks.ts";
import { createPipelines } from "#azure/storage/pipelines.ts";
import { createReports } from "#azure/storage/reports.ts";
import { createResults } from "#azure/storage/results.ts";
import { createRows } from "#azure/storage/rows.ts";
import { createTestData } from "#azure/storage/test-data.ts";
import type { PipelineRequest } from "#domain/request.ts";
import { isStep } from "#domain/step.ts";
import * as steps from "#domain/steps.ts";
import type { Activity } from "#durable/activity.ts";
import {
  durableClient,
  instancesOf,
  registerActivities,
  registerFailureDetails,
  registerOrchestration,
} from "#durable/register.ts";
import { type Acceptance, acceptPipeline } from "#functions/accept-pipeline.ts";
import { answering } from "#functions/answering.ts";
import { readZip } from "#functions/bundles/read-zip.ts";
import { watchCallers } from "#functions/callers.ts";
import { createGetPipeline, getPipelineTrigger } from "#functions/get-pipeline.ts";
import { createGetReport, getReportTrigger } from "#functions/get-report.ts";
import { createGetRows, getRowsTrigger } from "#functions/get-rows.ts";
import { createHealth, healthTrigger } from "#functions/health.ts";
import { createListPipelines, listPipelinesTrigger } from "#functions/list-pipelines.ts";
import { createRehearsePipeline, rehearsePipelineTrigger } from "#functions/rehearse-pipeline.ts";
import { createStartPipeline, startPipelineTrigger } from "#functions/start-pipeline.ts";
import {
  createStartPipelineOnData,
  startPipelineOnDataTrigger,
} from "#functions/start-pipeline-on-data.ts";
import { createUploadBundle, uploadBundleTrigger } from "#functions/upload-bundle.ts";
import { everyOrchestration } from "#orchestrators/every-orchestration.ts";
import { runPipeline } from "#orchestrators/run-pipeline.ts";
import packageJson from "#package" with { type: "json" };
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const credential =
  settings.credential === "emulator"
    ? createEmulatorCredential(settings.armEndpoint)
    : createDefaultCredential(settings.storageClientId);
const clock = { now: () => new Date(), pause: (ms: number) => sleep(ms) };

const storage = connectStorage(settings.storage, credential);
const bundles = createBundles(storage, readZip);
const pipelines = createPipelines(storage);
const results = createResults(storage);
const reports = createReports(storage);
const rows = createRows(storage);
const ledger = createLedger(storage);
const locks = createLocks(storage, ENDPOINT_LOCKS);
const modelLocks = createLocks(storage, MODEL_LOCKS);
const testData = createTestData(storage);

const azure = connectAzure({ ...settings, credential });
const topic = createEventTopic({ ...settings.eventGrid, credential });

const { workspace } = settings;
const activities = [
  createRecordPipeline(results, pipelines),
  createRecordResource(ledger),
  createPublishEvent(topic),
  createValidate(bundles, testData, results),
  createUploadFlow(bundles, azure.assets),
  createUploadEvaluation(bundles, azure.assets),
  createUploadData(bundles, results, azure.assets),
  createEnsureIdentity(azure.identities, workspace.workspace),
  createAssignRole(azure.roles),
  createStartCompute(azure.computes),
  createReadCompute(azure.computes),
  createStartRuntime(azure.runtimes),
  createReadRuntime(azure.runtimes),
  createStartSession(bundles, azure.sessions),
  createReadSession(azure.sessions),
  createRemoveResource({
    computeInstance: azure.computes,
    runtime: azure.runtimes,
    session: azure.sessions,
  }),
  createSubmitRun(bundles, azure.runs),
  createReadRun(azure.history),
  createCancelRun(azure.runs),
  createReadMetrics(azure.metrics),
  createFindBaseline({
    apps: bundles,
    workspace,
    endpoints: azure.endpoints,
    pipelines,
    documents: results,
    rows,
  }),
  createCollectRows({ apps: bundles, snapshots: results, rows, logs: results, ...azure }),
  createPublishRows(rows),
  createCompareVariants(rows),
  createWriteReport(reports, rows),
  createAcquireEndpoint(locks, clock),
  createReleaseEndpoint(locks),
  createPlanDeployment(bundles, workspace),
  createRegisterModel({ apps: bundles, workspace, locks: modelLocks, clock, ...azure }),
  createEnsureEndpoint(bundles, azure.endpoints, workspace),
  createReadEndpoint(azure.endpoints),
  createStartDeployment({ apps: bundles, workspace, ...azure }),
  createReadDeployment(azure.deployments),
  createKeepDeploymentLogs(azure.deployments, results),
  createSmokeTest(bundles, azure.scoring),
  createSetTraffic(azure.endpoints),
  createRemoveDeployment(azure.deployments),
] as readonly unknown[] as readonly Activity<unknown, unknown>[];

registerFailureDetails();
for (const orchestration of everyOrchestration) registerOrchestration(orchestration);
registerActivities(activities, Object.values<unknown>(steps).filter(isStep));

const acceptance = (context: InvocationContext): Acceptance => ({
  bundles,
  pipelines,
  testData,
  instances: instancesOf(context, runPipeline),
  clock,
});
const sources = { pipelines, documents: results };

// Without it the library holds an answer whole before it sends it, and the host drops bodies without a length.
app.setup({ enableHttpStream: true });
const callers = watchCallers();
const accept = (context: InvocationContext, request: PipelineRequest) =>
  acceptPipeline(acceptance(context), request);

const http: Readonly<Record<string, HttpFunctionOptions>> = {
  uploadBundle: { ...uploadBundleTrigger, handler: createUploadBundle(bundles) },
  startPipeline: {
    ...startPipelineTrigger,
    extraInputs: [durableClient],
    handler: createStartPipeline(accept, results),
  },
  listPipelines: { ...listPipelinesTrigger, handler: createListPipelines(pipelines, sources) },
  getPipeline: { ...getPipelineTrigger, handler: createGetPipeline(sources) },
  getRows: { ...getRowsTrigger, handler: createGetRows(rows, sources, callers) },
  getReport: { ...getReportTrigger, handler: createGetReport(reports, sources) },
  rehearsePipeline: {
    ...rehearsePipelineTrigger,
    handler: createRehearsePipeline(reports, rows, sources),
  },
  health: { ...healthTrigger, handler: createHealth(packageJson.version) },
};
for (const [name, { handler, ...options }] of Object.entries(http)) {
  app.http(name, { ...options, handler: answering(handler) });
}
app.storageBlob("startPipelineOnData", {
  ...startPipelineOnDataTrigger,
  extraInputs: [durableClient],
  handler: createStartPipelineOnData(
    (context, { app: name, blob }) =>
      acceptPipeline(
        acceptance(context),
        { app: name, bundle: "latest", data: blob, attempt: 1 },
        "data",
      ),
    clock,
  ),
});
