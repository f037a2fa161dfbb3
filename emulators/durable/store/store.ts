import { ActivityQueue } from "./activities.ts";
import { Entities } from "./entities.ts";
import { EntityRequests } from "./entity-requests.ts";
import { Histories } from "./history.ts";
import { Instances } from "./instances.ts";
import { Leaves } from "./leaves.ts";
import { Messages } from "./messages.ts";
import { takeOwnership } from "./owner.ts";
import { openDatabase } from "./schema.ts";
import { Tasks } from "./tasks.ts";

export interface Store extends Disposable {
  readonly instances: Instances;
  readonly histories: Histories;
  readonly messages: Messages;
  readonly leaves: Leaves;
  readonly tasks: Tasks;
  readonly activities: ActivityQueue;
  readonly entities: Entities;
  readonly entityRequests: EntityRequests;
  transaction<Result>(work: () => Result): Result;
}

/** Opens the task hub of a data folder for this process alone; throws when another host has it. */
export function openStore(folder: string): Store {
  const ownership = takeOwnership(folder);
  try {
    const db = openDatabase(folder);
    return {
      instances: new Instances(db),
      histories: new Histories(db),
      messages: new Messages(db),
      leaves: new Leaves(db),
      tasks: new Tasks(db),
      activities: new ActivityQueue(db),
      entities: new Entities(db),
      entityRequests: new EntityRequests(db),
      transaction: (work) => db.transaction(work),
      [Symbol.dispose]() {
        db[Symbol.dispose]();
        ownership[Symbol.dispose]();
      },
    };
  } catch (error) {
    ownership[Symbol.dispose]();
    throw error;
  }
}
