import { basename } from "node:path";
import type { Run } from "./run.ts";

const PREFIX = "azureml.promptflow.";

/** What run history says of a submitted run; every value is text, and what is not known is absent. */
export function runProperties({
  submit,
  resumeFromRunId,
}: Pick<Run, "submit" | "resumeFromRunId">): Record<string, string> {
  const known: Record<string, string | null | undefined> = {
    runtime_name: submit.runtimeName || "automatic",
    definition_file_name: basename(submit.flowDefinitionBlobPath ?? "flow.dag.yaml"),
    flow_lineage_id: submit.flowLineageId,
    input_data: submit.batchDataInput?.dataUri,
    input_run_id: submit.variantRunId,
    variant_run_id: submit.variantRunId,
    inputs_mapping: JSON.stringify(submit.inputsMapping ?? {}),
    flow_definition_datastore_name: submit.flowDefinitionDataStoreName,
    flow_definition_blob_path: submit.flowDefinitionBlobPath,
    disable_trace: String(submit.disableTrace ?? false),
    session_id: submit.sessionId,
    node_variant: submit.nodeVariant,
    resume_from_run_id: resumeFromRunId,
  };
  const present = Object.entries(known).flatMap(([name, value]): [string, string][] =>
    value ? [[PREFIX + name, value]] : [],
  );
  return {
    ...submit.properties,
    ...Object.fromEntries(present),
    "_azureml.evaluation_run": "promptflow.BatchRun",
  };
}
