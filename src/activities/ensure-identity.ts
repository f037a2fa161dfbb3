import { identityName } from "#domain/naming.ts";
import { ensureIdentity } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";

export interface IdentityEnsurer {
  ensure(name: string): Promise<{ resourceId: string; principalId: string }>;
}

export function createEnsureIdentity(identities: IdentityEnsurer, workspace: string) {
  return implement(ensureIdentity, async () => {
    const name = identityName(workspace);
    return { name, ...(await identities.ensure(name)) };
  });
}
