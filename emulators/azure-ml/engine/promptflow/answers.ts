import {
  FlowError,
  type FlowErrorBody,
  type FlowInput,
  type LineResult,
} from "#emulators/azure-ml/engine/engine.ts";

/** An error as prompt flow presents it. */
export interface PromptflowError {
  readonly message: string;
  readonly messageFormat?: string;
  readonly code: FlowErrorBody["code"];
  readonly innerError?: InnerError | null;
  readonly additionalInfo?: FlowErrorBody["additionalInfo"];
}

interface InnerError {
  readonly code: string;
  readonly innerError?: InnerError | null;
}

export interface LoadAnswer {
  readonly inputs: Readonly<Record<string, FlowInput>>;
  readonly nodes: readonly string[];
}

export interface BatchAnswer {
  readonly lines: readonly LineAnswer[];
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly aggregationErrors: readonly { readonly node: string; readonly error: PromptflowError }[];
}

export type LineAnswer = Omit<LineResult, "startedAt" | "endedAt" | "error"> & {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly error: PromptflowError | null;
};

export function lineResult({ startedAt, endedAt, error, ...line }: LineAnswer): LineResult {
  return {
    ...line,
    error: error && errorBody(error),
    startedAt: new Date(startedAt),
    endedAt: new Date(endedAt),
  };
}

export function errorBody({
  message,
  messageFormat,
  code,
  innerError,
  additionalInfo,
}: PromptflowError): FlowErrorBody {
  return {
    message,
    messageFormat: messageFormat || message,
    code,
    innerCodes: codesOf(innerError),
    ...(additionalInfo ? { additionalInfo } : {}),
  };
}

/** For what stops the whole run; a module that is missing gets the hint that Python cannot give. */
export function flowError(error: PromptflowError): FlowError {
  const body = errorBody(error);
  const [, module] = /No module named '([^'.]+)/.exec(body.message) ?? [];
  if (module === undefined) return new FlowError(body);
  const hint = `The module '${module}' is missing: add its package to the flow's requirements.txt, or put ${module}.py into the flow folder.`;
  return new FlowError({ ...body, message: `${body.message} ${hint}` });
}

function codesOf(inner: InnerError | null | undefined): string[] {
  return inner ? [inner.code, ...codesOf(inner.innerError)] : [];
}
