import type { DurableWorker, TurnMembers } from "#emulators/durable/worker.ts";
import type { RegisteredFunction } from "./app-registry.ts";
import type { Run } from "./invocation.ts";
import { jsonData, spreadMembers, type TypedData } from "./typed-data.ts";

/** Runs the app's orchestrators, activities and entities for the durable backend. */
export function createDurableWorker(
  functions: readonly RegisteredFunction[],
  run: Run,
): DurableWorker {
  const orchestrators = byName(functions, "orchestrationTrigger");
  const activities = byName(functions, "activityTrigger");
  const entities = byName(functions, "entityTrigger");
  return {
    orchestrators: [...orchestrators.keys()],
    activities: [...activities.keys()],
    entities: [...entities.keys()],
    async runOrchestrator(name, _instanceId, payload, members) {
      const registered = requireFunction(orchestrators, name);
      const triggerMetadata = orchestratorMetadata(members);
      const data = { string: payload };
      const outcome = await run(registered, { data, triggerMetadata, resultOnly: true });
      if (outcome.kind === "returned") return { result: outcome.result };
      const { message, stack, context } = outcome;
      const actions = context?.df?.taskOrchestratorExecutor?.actions ?? [];
      return { error: { message, stack }, actions };
    },
    async runEntity(name, _entityId, payload) {
      const registered = requireFunction(entities, name);
      const data = { string: payload };
      const outcome = await run(registered, {
        data,
        triggerMetadata: { [registered.trigger.name]: data },
      });
      if (outcome.kind === "returned") return outcome.result;
      throw new Error(outcome.message);
    },
    async runActivity(name, instanceId, input) {
      const registered = requireFunction(activities, name);
      const data = input === null ? null : { string: input };
      const triggerMetadata = activityMetadata(registered, instanceId, input);
      const outcome = await run(registered, { data, triggerMetadata });
      return outcome.kind === "returned"
        ? { returnValue: outcome.returnValue }
        : { error: { message: outcome.message, stack: outcome.stack } };
    },
  };
}

/** Without the payload and the input, which the library would read a second time in every turn. */
function orchestratorMetadata({
  instanceId,
  ...members
}: TurnMembers): Readonly<Record<string, TypedData>> {
  const told = Object.entries(members).filter(([, value]) => value !== null);
  return {
    instanceId: { string: instanceId },
    ...Object.fromEntries(told.map(([key, value]) => [key, jsonData(dotnetText(value))])),
  };
}

/** What the library makes of .NET's text for the value; to let it find that out costs an exception each time. */
function dotnetText(value: string | number | boolean | null) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return value;
}

function activityMetadata(
  { trigger }: RegisteredFunction,
  instanceId: string,
  input: string | null,
): Readonly<Record<string, TypedData>> {
  if (input === null) return { instanceId: { string: instanceId } };
  const text = { string: input };
  return {
    ...spreadMembers(parsed(input)),
    instanceId: { string: instanceId },
    [trigger.name]: text,
    data: text,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // "True" and "False" are not JSON.
    return text;
  }
}

function byName(functions: readonly RegisteredFunction[], type: string) {
  const found = functions.filter(({ trigger }) => trigger.binding.type === type);
  return new Map(found.map((registered) => [registered.name, registered]));
}

function requireFunction(functions: ReadonlyMap<string, RegisteredFunction>, name: string) {
  const registered = functions.get(name);
  if (!registered) throw new Error(`Function '${name}' is not registered.`);
  return registered;
}
