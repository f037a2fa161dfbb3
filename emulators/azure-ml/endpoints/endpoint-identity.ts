import type { Region } from "#emulators/azure-ml/service.ts";
import { endpointsOf } from "./endpoint.ts";

/** The system-assigned identities of all endpoints, as the directory knows them. */
export function endpointIdentitiesOf({ workspaces }: Region) {
  return workspaces
    .flatMap((service) => endpointsOf(service).list())
    .map(({ principalId, createdAt }) => ({ principalId, createdAt }));
}
