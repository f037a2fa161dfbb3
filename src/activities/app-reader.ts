import type { App } from "#domain/bundle/bundle.ts";

export interface AppReader {
  /** `bundle` is the digest. */
  read(app: string, bundle: string): Promise<App>;
}
