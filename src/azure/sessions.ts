import { z } from "zod";
import { PipelineError } from "#domain/errors.ts";
import { readAnswer } from "./answers.ts";
import type { AzureHttp } from "./http.ts";
import { failed, gone, pending, ready, type Standing } from "./states.ts";
import type { Discover } from "./workspace.ts";

/** The session ends by itself once it was idle for so long, should nobody end it. */
const MAX_IDLE_SECONDS = 3_600;

const Operation = z.object({
  status: z.string(),
  error: z.object({ message: z.string().nullish() }).nullish(),
});

export interface SessionRequest {
  /** 48 hex digits. */
  readonly name: string;
  readonly vmSize: string;
  /** Lines as pip reads them. */
  readonly requirements: readonly string[];
}

export interface SessionsOptions {
  readonly http: AzureHttp;
  readonly discover: Discover;
}

/** Serverless compute sessions of the prompt flow service. */
export function createSessions({ http, discover }: SessionsOptions) {
  const urlOf = async (name: string) => `${(await discover()).flow}/FlowSessions/${name}`;

  async function find(name: string): Promise<Standing> {
    const answer = await http({ method: "GET", url: await urlOf(name), accept: [404] });
    return answer.status === 404 ? gone : ready();
  }

  return {
    /** Asks for the session; null when it is there already, else where to poll, relative to the flow service. */
    async start({ name, vmSize, requirements }: SessionRequest): Promise<string | null> {
      const { status, headers, requestId } = await http({
        method: "POST",
        url: await urlOf(name),
        asCaller: true,
        body: {
          action: "Install",
          vmSize,
          pythonPipRequirements: requirements,
          maxIdleTimeSeconds: MAX_IDLE_SECONDS,
        },
        busy: [409],
      });
      const operation = headers.get("azure-asyncoperation");
      if (operation !== null) return relative(operation);
      if (status !== 202) return null;
      const message = `Azure's answer to POST FlowSessions/${name} does not say where to poll (request ${requestId}).`;
      throw new PipelineError("AZURE_UNEXPECTED", message);
    },

    /** How the creation goes; without an operation, whether the session is there. */
    async read(name: string, operation: string | null): Promise<Standing> {
      if (operation === null) return find(name);
      const url = `${(await discover()).flow}/${relative(operation)}`;
      const answer = await http({ method: "GET", url, accept: [404] });
      // Operations are forgotten before the sessions that they made.
      if (answer.status === 404) return find(name);
      const call = `GET operation of session ${name}`;
      const { status, error } = readAnswer(Operation, answer, call);
      return standingOf(status, reasonOf(error?.message ?? ""));
    },

    async remove(name: string): Promise<void> {
      await http({ method: "DELETE", url: await urlOf(name), accept: [404], busy: [409] });
    },
  };
}

/** Our token goes to the workspace's own flow service, wherever an answer may point. */
function relative(operation: string): string {
  const path = /FlowSessions\/.+/i.exec(operation)?.[0];
  if (path !== undefined && !path.includes("..")) return path;
  const message = `Azure names "${operation.slice(0, 200)}" to poll, which is no operation of a session.`;
  throw new PipelineError("AZURE_UNEXPECTED", message);
}

const PENDING = new Set(["inprogress", "notstarted", "running", "accepted"]);

function standingOf(status: string, reason: string): Standing {
  if (status === "Succeeded") return ready(reason);
  if (PENDING.has(status.toLowerCase())) return pending;
  return failed(reason || `The session's creation ended as ${status}.`);
}

const Nested = z.union([
  z.object({ message: z.string() }),
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error),
]);

/** The message may be JSON with the message inside. */
function reasonOf(message: string): string {
  if (!message.trimStart().startsWith("{")) return message;
  try {
    return Nested.safeParse(JSON.parse(message)).data?.message ?? message;
  } catch {
    return message;
  }
}
