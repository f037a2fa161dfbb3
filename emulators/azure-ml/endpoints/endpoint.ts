import type { Service } from "#emulators/azure-ml/service.ts";
import type { Collection } from "#emulators/azure-ml/store/documents.ts";

export type Traffic = Readonly<Record<string, number>>;

export interface EndpointSettings {
  readonly location: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly identity: {
    readonly type: string;
    readonly userAssignedIdentities?: Readonly<Record<string, unknown>> | null | undefined;
  };
  readonly authMode: "Key" | "AMLToken" | "AADToken";
  readonly description: string | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly traffic: Traffic;
  readonly mirrorTraffic: Traffic;
}

export interface Endpoint {
  readonly name: string;
  readonly createdAt: number;
  /** Of the system-assigned identity. */
  readonly principalId: string;
  readonly keys: { readonly primaryKey: string; readonly secondaryKey: string };
  /** What is in force. */
  readonly settings: EndpointSettings;
  /** What comes into force when the change is over; null for a deletion. */
  readonly next: EndpointSettings | null;
  readonly change: {
    readonly name: "Creating" | "Updating" | "Deleting";
    readonly operationId: string;
    readonly startedAt: number;
    readonly endsAt: number;
  };
}

export function endpointsOf(service: Service): Collection<Endpoint> {
  return service.documents.collection<Endpoint>("endpoint");
}
