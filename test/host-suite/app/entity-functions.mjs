// biome-ignore-all lint/correctness/useYield: an orchestrator is a generator even when it waits for nothing
import * as df from "durable-functions";

df.app.entity("Tally", ({ df: entity }) => {
  const sum = entity.getState(() => 0);
  switch (entity.operationName) {
    case "add":
      entity.setState(sum + entity.getInput());
      return entity.return(sum + entity.getInput());
    case "fail":
      throw new Error("boom");
    case "passOn":
      return entity.signalEntity(new df.EntityId("tally", entity.getInput()), "add", sum);
    case "delete":
      return entity.destructOnExit();
    default:
      entity.setState({ operation: entity.operationName, input: entity.getInput() ?? null });
  }
});

const orchestrations = {
  *usesEntity(context) {
    const { key } = context.df.getInput();
    const entity = new df.EntityId("Tally", key);
    context.df.signalEntity(entity, "add", 5);
    const sum = yield context.df.callEntity(entity, "add", 2);
    try {
      yield context.df.callEntity(entity, "fail");
    } catch (error) {
      return { sum, error: error.message };
    }
  },
  *signalsAndThrows(context) {
    const { key } = context.df.getInput();
    context.df.signalEntity(new df.EntityId("tally", key), "add", 3);
    throw new Error("boom");
  },
  *locksTwo(context) {
    const { keys } = context.df.getInput();
    const entities = keys.map((key) => new df.EntityId("tally", key));
    const lock = yield context.df.lock(entities);
    const { isLocked, ownedLocks } = context.df.isLocked();
    context.df.setCustomStatus("locked");
    yield context.df.waitForExternalEvent("go");
    const sums = [];
    for (const entity of entities) sums.push(yield context.df.callEntity(entity, "add", 1));
    lock.release();
    const last = yield context.df.callActivity("echo", "after the release");
    return { isLocked, locks: ownedLocks.map(({ key }) => key), sums, last };
  },
};

for (const [name, orchestrator] of Object.entries(orchestrations)) {
  df.app.orchestration(name, orchestrator);
}
