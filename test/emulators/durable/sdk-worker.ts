import { createRequire } from "node:module";
import type { EntityContext, OrchestrationContext } from "durable-functions";
import type {
  ActivityAnswer,
  DurableWorker,
  OrchestratorAnswer,
} from "#emulators/durable/worker.ts";

type Handle = (trigger: unknown, context: { df?: SdkContext }) => Promise<unknown>;

/** What of the SDK's own bookkeeping a test looks at. */
export interface SdkContext {
  readonly taskOrchestratorExecutor: {
    readonly sequenceNumber: number;
    readonly orchestratorReturned: boolean;
    readonly actions: readonly unknown[];
  };
}

export type Orchestrator = (context: OrchestrationContext) => Generator<unknown, unknown, never>;

const { Orchestrator: SdkOrchestrator } = createRequire(import.meta.url)(
  "durable-functions/lib/src/orchestrations/Orchestrator",
) as { Orchestrator: new (code: Orchestrator) => { listen(): Handle } };

export type EntityCode = (context: EntityContext<unknown>) => void | Promise<void>;

const { Entity: SdkEntity } = createRequire(import.meta.url)(
  "durable-functions/lib/src/entities/Entity",
) as { Entity: new (code: EntityCode) => { listen(): Handle } };

export interface SdkWorkerOptions {
  readonly orchestrators: Readonly<Record<string, Orchestrator>>;
  readonly activities?: Readonly<
    Record<string, (input: unknown, instanceId: string) => unknown | Promise<unknown>>
  >;
  /** By names in lower case. */
  readonly entities?: Readonly<Record<string, EntityCode>>;
  /** Throws in place of the entity function's own wrapping. */
  readonly beforeEntity?: () => void;
  /** Sees the SDK's state after each turn. */
  readonly afterTurn?: (instanceId: string, context: SdkContext) => void;
}

/** Runs orchestrators through the SDK's own replay, without a host. */
export function sdkWorker({
  orchestrators,
  activities = {},
  entities = {},
  beforeEntity,
  afterTurn,
}: SdkWorkerOptions): DurableWorker {
  return {
    orchestrators: Object.keys(orchestrators),
    activities: Object.keys(activities),
    entities: Object.keys(entities),
    async runOrchestrator(name, instanceId, payload): Promise<OrchestratorAnswer> {
      const code = orchestrators[name];
      if (!code) throw new Error(`No orchestrator ${name}`);
      const context: { df?: SdkContext } = {};
      try {
        return { result: await new SdkOrchestrator(code).listen()(JSON.parse(payload), context) };
      } catch (error) {
        const { message, stack = "" } = error as Error;
        const actions = context.df?.taskOrchestratorExecutor.actions ?? [];
        return { error: { message, stack }, actions };
      } finally {
        if (context.df) afterTurn?.(instanceId, context.df);
      }
    },
    async runEntity(name, _entityId, payload) {
      beforeEntity?.();
      const code = entities[name];
      if (!code) throw new Error(`No entity ${name}`);
      return new SdkEntity(code).listen()(JSON.parse(payload), {});
    },
    async runActivity(name, instanceId, input): Promise<ActivityAnswer> {
      try {
        const value = input === null ? undefined : (JSON.parse(input) as unknown);
        const result = await activities[name]?.(value, instanceId);
        return { returnValue: result === undefined ? null : { json: JSON.stringify(result) } };
      } catch (error) {
        const { message, stack = "" } = error as Error;
        return { error: { message, stack } };
      }
    },
  };
}
