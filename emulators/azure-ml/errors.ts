import { randomBytes } from "node:crypto";
import type { Place } from "./place.ts";

/** The service says no; the surface turns it into the error body of its plane. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  /** ARM's `error.code`; on the data plane the innermost `innerError.code`. */
  readonly code: string;
  readonly messageParameters: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    messageParameters: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.messageParameters = messageParameters;
  }
}

/** ARM itself says no, before any service behind it is asked: its body has a code and a message alone. */
export class GatewayRefusal extends Refusal {}

/** The service behind endpoints says no; ARM hands its words on as a detail of an answer that says nothing else. */
export class InferencingRefusal extends Refusal {
  readonly details: readonly ArmErrorBody[];

  /** `errors`: what is wrong with which field; `""` is the request as a whole. */
  constructor(
    code: "InferencingClientCallFailed" | "InferencingClientCreateDeploymentFailed",
    errors: Readonly<Record<string, readonly string[]>>,
  ) {
    super(400, "BadRequest", "The request is invalid.");
    const problem = { errors, title: "One or more validation errors occurred.", status: 400 };
    const text = JSON.stringify(problem);
    const isCall = code === "InferencingClientCallFailed";
    const message = isCall ? text : `InferencingClient HttpRequest error, error detail: ${text}`;
    this.details = [{ code, message }];
  }
}

export function notFound(what: string, name: string): Refusal {
  return new Refusal(404, "ResourceNotFound", `${what} '${name}' was not found.`);
}

export interface ArmErrorBody {
  readonly code: string;
  readonly message: string;
}

export function armErrorAnswer(
  { code, message }: ArmErrorBody,
  details: readonly ArmErrorBody[] = [],
) {
  const component = { type: "ComponentName", info: { value: "managementfrontend" } };
  const deeper = details.map((one) => {
    return { ...one, target: null, details: [], additionalInfo: [] };
  });
  return { error: { code, message, target: null, details: deeper, additionalInfo: [component] } };
}

export interface MlErrorOptions {
  readonly message: string;
  readonly messageFormat?: string;
  readonly messageParameters?: Readonly<Record<string, string>>;
  readonly code: "UserError" | "SystemError";
  /** Outermost first. */
  readonly innerCodes: readonly string[];
  readonly referenceCode?: string | null;
  readonly additionalInfo?: readonly unknown[] | null;
  readonly componentName: string;
  readonly time: string;
}

/** The object that the data plane answers with, and that run history keeps as a run's `error`. */
export function mlError(place: Pick<Place, "location">, options: MlErrorOptions) {
  return {
    error: {
      code: options.code,
      severity: null,
      message: options.message,
      messageFormat: options.messageFormat ?? options.message,
      messageParameters: options.messageParameters ?? {},
      referenceCode: options.referenceCode ?? null,
      detailsUri: null,
      target: null,
      details: [],
      innerError: innerError(options.innerCodes),
      debugInfo: null,
      additionalInfo: options.additionalInfo ?? null,
    },
    correlation: {
      operation: randomBytes(16).toString("hex"),
      request: randomBytes(8).toString("hex"),
    },
    environment: place.location,
    location: place.location,
    time: options.time,
    componentName: options.componentName,
  };
}

interface InnerError {
  readonly code: string;
  readonly innerError: InnerError | null;
}

/** `["A", "B"]` becomes `{code: "A", innerError: {code: "B", innerError: null}}`. */
export function innerError(codes: readonly string[]): InnerError | null {
  const [code, ...deeper] = codes;
  return code === undefined ? null : { code, innerError: innerError(deeper) };
}
