import { z } from "zod";
import { readAnswer } from "./answers.ts";
import type { AzureHttp } from "./http.ts";
import { serviceError } from "./refusals.ts";
import { failed, gone, pending, ready, type Standing } from "./states.ts";
import type { Discover } from "./workspace.ts";

const Runtime = z.object({
  runtimeName: z.string(),
  status: z.string().nullish(),
  statusMessage: z.string().nullish(),
  error: z.unknown().optional(),
  createdOn: z.string().nullish(),
});

/** What a record without a date carries. */
const NO_DATE = /^0001-/;

/** Runtimes on a compute instance. */
export function createRuntimes(http: AzureHttp, discover: Discover) {
  const urlOf = async (name: string) => `${(await discover()).flow}/FlowRuntimes/${name}`;

  async function find(name: string) {
    const answer = await http({ method: "GET", url: await urlOf(name), accept: [404] });
    if (answer.status === 404) return undefined;
    return readAnswer(Runtime, answer, `GET runtime ${name}`);
  }

  return {
    /** Installs the runtime on the compute instance, unless it is being installed already. */
    async ensureStarted(name: string, compute: string): Promise<void> {
      const there = await find(name);
      if (there && there.status !== "NotExist") return;
      await http({
        method: "POST",
        url: `${await urlOf(name)}?asyncCall=true`,
        body: { runtimeType: "ComputeInstance", computeInstanceName: compute },
        busy: [409],
      });
    },

    async read(name: string): Promise<Standing> {
      const runtime = await find(name);
      return runtime === undefined ? gone : standingOf(name, runtime);
    },

    async remove(name: string): Promise<void> {
      await http({
        method: "DELETE",
        url: `${await urlOf(name)}?asyncCall=true`,
        accept: [404],
        busy: [409],
      });
    },
  };
}

/** A healthy runtime is one without a status: the service has no word for it. */
function standingOf(name: string, runtime: z.infer<typeof Runtime>): Standing {
  const { status, error, createdOn } = runtime;
  if (status === "Starting" || status === "Unavailable") return pending;
  if (status === "NotExist") return gone;
  if (status || error) {
    return failed(reasonOf(runtime) || `Runtime ${name} is ${status ?? "in error"}.`);
  }
  return isDate(createdOn) ? ready() : pending;
}

function reasonOf({ statusMessage, error }: z.infer<typeof Runtime>): string | undefined {
  return statusMessage || serviceError({ error })?.message || serviceError(error)?.message;
}

function isDate(text: string | null | undefined): boolean {
  return Boolean(text) && !NO_DATE.test(text ?? "") && !Number.isNaN(Date.parse(text ?? ""));
}
