import { assignRole } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface RoleAssigner {
  /** Answers the assignment's name. */
  ensureDataScientist(principalId: string): Promise<string>;
}

export function createAssignRole(roles: RoleAssigner) {
  return implement(assignRole, async ({ principalId }) => ({
    name: await roles.ensureDataScientist(principalId),
  }));
}
