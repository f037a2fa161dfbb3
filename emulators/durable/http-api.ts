import { startedPayload } from "./client-binding.ts";
import { empty, invalidArgument, invalidJson, json, message, serverError } from "./http-answers.ts";
import { answerEntities } from "./http-entities.ts";
import { listInstances, purgeInstances } from "./http-instances.ts";
import type { ControlOutcome, Operations } from "./operations.ts";
import { statusText, valueText } from "./status.ts";
import { FINAL, type Instance, isEntity } from "./store/instances.ts";

/** One call of the management API, already cut into its parts. */
interface Call {
  readonly request: Request;
  readonly url: URL;
  /** Decoded path segments after the base. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

const LONGEST_WAIT_S = 230;

/** Answers the instance management API, wherever it is mounted. */
export class ManagementApi {
  readonly #operations: Operations;
  readonly #hubName: string;
  readonly #key: string;

  /** `key` is the one in the URLs that are given out. */
  constructor(operations: Operations, hubName: string, key: string) {
    this.#operations = operations;
    this.#hubName = hubName;
    this.#key = key;
  }

  /** `path` is what follows the mount point. */
  async answer(request: Request, path: string): Promise<Response> {
    const url = new URL(request.url);
    const segments = path.split("/").filter((segment) => segment !== "");
    // The real host does not route an encoded slash.
    if (segments.some((segment) => /%2f/i.test(segment))) return empty(404);
    const parts = segments.map(decodeURIComponent);
    const call = { request, url, path: parts, query: url.searchParams };
    const route = `${request.method} ${parts[0] ?? ""} ${parts.length}`;
    switch (route) {
      case "POST orchestrators 2":
      case "POST orchestrators 3":
        return this.#start(call);
      case "GET instances 1":
        return listInstances(this.#operations, request, url.searchParams);
      case "DELETE instances 1":
        return purgeInstances(this.#operations, url.searchParams);
      case "GET instances 2":
        return this.#status(call);
      case "DELETE instances 2":
        return this.#purge(call);
      case "POST instances 3":
        return this.#control(call);
      case "POST instances 4":
        return parts[2]?.toLowerCase() === "raiseevent" ? this.#raiseEvent(call) : empty(404);
      case "POST makeprimary 1":
        return empty(200);
      default:
        return parts[0] === "entities"
          ? answerEntities(this.#operations, request, parts.slice(1))
          : empty(404);
    }
  }

  async #start({ request, url, path, query }: Call): Promise<Response> {
    const [, name = "", id] = path;
    const input = await request.text();
    const problem = input === "" ? undefined : jsonProblem(input);
    if (problem) return invalidJson(problem);
    const version = query.get("version");
    const outcome = this.#operations.start({ name, id, input: input || null, version });
    if (outcome.kind === "exists") return alreadyExists(outcome.status);
    const instanceId = outcome.instance.id;
    const [timeout, interval] = [secondsOf(query, "timeout"), secondsOf(query, "pollingInterval")];
    if (timeout === undefined || interval === undefined) return this.#started(url, instanceId);
    if (interval > timeout) {
      return invalidArgument(
        `Total timeout ${timeout} should be bigger than retry timeout ${interval}`,
      );
    }
    return this.#startAndWait(url, instanceId, timeout);
  }

  async #startAndWait(url: URL, id: string, timeoutSeconds: number): Promise<Response> {
    await this.#operations.ended(id, Math.min(timeoutSeconds, LONGEST_WAIT_S) * 1000);
    const instance = this.#operations.read(id);
    if (!instance || !FINAL.has(instance.status)) return this.#started(url, id);
    return instance.status === "Completed"
      ? json(valueText(instance.output))
      : json(statusText(instance, { showInput: true }));
  }

  #started(url: URL, id: string): Response {
    const payload = startedPayload(url.origin, this.#hubName, id, this.#key);
    const headers = { location: payload.statusQueryGetUri, "retry-after": "10" };
    return json(JSON.stringify(payload), 202, headers);
  }

  #status({ path, query, url }: Call): Response {
    const instance = this.#operations.look(path[1] ?? "");
    if (!instance) return empty(404);
    const options = {
      showInput: isTrue(query, "showInput", true),
      showHistory: isTrue(query, "showHistory"),
      showHistoryOutput: isTrue(query, "showHistoryOutput"),
    };
    const text = statusText(instance, options, () => this.#operations.history(instance.id));
    if (!FINAL.has(instance.status)) {
      return json(text, 202, { location: url.href, "retry-after": "5" });
    }
    const isError =
      instance.status === "Failed" && isTrue(query, "returnInternalServerErrorOnFailure");
    return json(text, isError ? 500 : 200);
  }

  async #raiseEvent({ request, path }: Call): Promise<Response> {
    const [, id = "", , name = ""] = path;
    const status = this.#operations.read(id)?.status;
    if (status === undefined) return empty(404);
    if (FINAL.has(status)) return empty(410);
    const type = request.headers.get("content-type") ?? "";
    if (!/^application\/json\s*(;|$)/i.test(type)) {
      return message(400, "Only application/json request content is supported");
    }
    const input = await request.text();
    const problem =
      input === ""
        ? "Error reading JToken from JsonReader. Path '', line 0, position 0."
        : jsonProblem(input);
    if (problem) return invalidJson(problem);
    return controlAnswer(this.#operations.raiseEvent(id, name, input));
  }

  #control({ path, query, url }: Call): Response {
    const [, id = "", verb = ""] = path;
    const reason = query.get("reason");
    switch (verb.toLowerCase()) {
      case "terminate":
        return controlAnswer(this.#operations.terminate(id, reason));
      case "suspend":
        return controlAnswer(this.#operations.suspend(id, reason));
      case "resume":
        return controlAnswer(this.#operations.resume(id, reason));
      case "rewind":
        return this.#rewind(id, reason ?? "");
      case "restart":
        return this.#restart(url, id, isTrue(query, "restartWithNewInstanceId", true));
      default:
        return empty(404);
    }
  }

  #rewind(id: string, reason: string): Response {
    const status = this.#operations.read(id)?.status;
    if (status === undefined) {
      return json(JSON.stringify(`No orchestration with instance ID "${id}" found.`), 404);
    }
    if (status !== "Failed") {
      const text = `This orchestration has status ${status}, but only orchestrations in the "Failed" state can be rewound.`;
      return json(JSON.stringify(text), 412);
    }
    this.#operations.rewind(id, reason);
    return empty(202);
  }

  #restart(url: URL, id: string, withNewId: boolean): Response {
    const instance = this.#operations.read(id);
    if (!instance) {
      return message(400, "InstanceId does not match a valid orchestration instance.", {
        ExceptionMessage: `An orchestration with the instanceId ${id} was not found.`,
        ExceptionType: "System.ArgumentException",
        StackTrace: "",
      });
    }
    const { name, input, version } = instance;
    const outcome = this.#operations.start({
      name,
      input,
      version,
      id: withNewId ? undefined : id,
    });
    if (outcome.kind === "started") return this.#started(url, outcome.instance.id);
    return message(409, "A non-terminal instance with this instance ID already exists.", {
      ExceptionMessage: existsText(outcome.status),
      ExceptionType: "System.InvalidOperationException",
      StackTrace: "",
    });
  }

  #purge({ path }: Call): Response {
    const instance: Instance | undefined = this.#operations.look(path[1] ?? "");
    if (!instance) return empty(404);
    if (!isEntity(instance) && !FINAL.has(instance.status)) {
      const text = `Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ${instance.id} has status ${instance.status}`;
      return json(JSON.stringify(text), 412);
    }
    this.#operations.purge([instance.id]);
    return json(JSON.stringify({ instancesDeleted: 1 }));
  }
}

function controlAnswer(outcome: ControlOutcome): Response {
  if (outcome === "accepted") return empty(202);
  if (outcome === "unknown") return empty(404);
  if (outcome === "finished") return empty(410);
  return serverError(outcome.refused);
}

function alreadyExists(status: string): Response {
  return message(409, existsText(status));
}

function existsText(status: string): string {
  return `An Orchestration instance with the status ${status} already exists.`;
}

function isTrue(query: URLSearchParams, name: string, otherwise = false): boolean {
  const value = query.get(name)?.toLowerCase();
  return value === "true" || (value !== "false" && otherwise);
}

function secondsOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)?.trim();
  const value = Number(text);
  return text && !Number.isNaN(value) ? value : undefined;
}

/** Why the text is not JSON. */
function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
