import type { Injection } from "./injections.ts";
import { aWorld, type Scenario, type World } from "./world.ts";

/** One world after another: what got stuck in one is not met by the pipelines after it. */
export async function freshWorlds(scenario: Scenario): Promise<World> {
  let world = await aWorld(scenario);
  return {
    calls: () => world.calls(),
    forget: () => world.forget(),

    async meet(injections: readonly Injection[]) {
      try {
        return await world.meet(injections);
      } catch (error) {
        await world[Symbol.asyncDispose]();
        world = await aWorld(scenario);
        throw error;
      }
    },

    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}
