import type { App, BundleFiles, RunSpec } from "#domain/bundle/bundle.ts";
import { PipelineError } from "#domain/errors.ts";
import { flowOutline } from "#domain/flow-outline.ts";
import type { JsonObject } from "#domain/json-object.ts";
import { join } from "./app-path.ts";
import { nearest } from "./nearest.ts";
import { type Path, parseYaml } from "./yaml-text.ts";

/** A column that the dataset has to have, and who says so. */
interface WantedColumn {
  readonly column: string;
  readonly file: string;
  readonly line: number;
  readonly why: string;
}

/** Columns that the run YAMLs read from the dataset of the pipeline; a default of the flow makes one superfluous. */
export function wantedColumns({ baseRun, evaluationRun, files }: App): readonly WantedColumn[] {
  const own = evaluationRun.data !== null && evaluationRun.data === baseRun.data;
  return [
    ...columnsOf(files, baseRun, ["data"]),
    ...columnsOf(files, evaluationRun, own ? ["data", "run.inputs"] : ["run.inputs"]),
  ];
}

function columnsOf(
  files: BundleFiles,
  spec: RunSpec,
  sources: readonly ("data" | "run.inputs")[],
): readonly WantedColumn[] {
  const { file } = spec;
  const lineOf = lineFinder(files, file);
  const mapped = Object.entries(spec.columnMapping).flatMap(([input, value]) => {
    const [, source, column] = /^\$\{(data|run\.inputs)\.([^{}]+)\}$/.exec(value) ?? [];
    if (column === undefined || !sources.some((known) => known === source)) return [];
    const line = lineOf(["column_mapping", input]);
    return [{ column, file, line, why: `${file}:${line} maps ${input} to ${value}` }];
  });
  if (!sources.includes("data")) return mapped;
  const flow = join(spec.flow, spec.flowFile);
  const unmapped = inputsOf(files, flow).filter((name) => !Object.hasOwn(spec.columnMapping, name));
  const line = lineOf(["column_mapping"]);
  return [
    ...mapped,
    ...unmapped.map((column) => {
      const why = `${file}:${line} maps nothing to ${column}, an input without a default of ${flow}`;
      return { column, file, line, why };
    }),
  ];
}

function lineFinder(files: BundleFiles, file: string): (path: Path) => number {
  const yaml = parseYaml(file, files.get(file) ?? new Uint8Array());
  return "message" in yaml ? () => 1 : yaml.lineOf;
}

function inputsOf(files: BundleFiles, flow: string): readonly string[] {
  const yaml = parseYaml(flow, files.get(flow) ?? new Uint8Array());
  if ("message" in yaml) return [];
  return flowOutline(yaml.value)
    .inputs.filter(({ required }) => required)
    .map(({ name }) => name);
}

export interface ColumnWatch {
  see(row: JsonObject): void;
  /** Throws DATA_INVALID for the columns that no row had. */
  end(): void;
}

/** Looks for columns in the rows of one dataset. One that only some rows lack is those rows' own error. */
export function watchColumns(dataset: string, wanted: readonly WantedColumn[]): ColumnWatch {
  let missing = wanted;
  let known: readonly string[] | undefined;
  return {
    see(row) {
      known ??= Object.keys(row);
      if (missing.length === 0) return;
      missing = missing.filter(({ column }) => !Object.hasOwn(row, column));
    },
    end() {
      const [first] = missing;
      if (first === undefined) return;
      const reasons = missing.map(({ column, why }) => {
        const near = nearest(column, known ?? []);
        const hint = near === undefined ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
        return `${why}, but no row of ${dataset} has the column ${column}${hint}`;
      });
      const { file, line } = first;
      const message = `${reasons.join(". ")}. Correct the mapping, or the dataset.`;
      throw new PipelineError("DATA_INVALID", message, { where: { file, line } });
    },
  };
}
