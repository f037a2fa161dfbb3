import {
  judgeAnswer,
  readSmokeRequest,
  type ScoringAnswer,
} from "#domain/deployment/smoke-request.ts";
import { smokeTest } from "#domain/steps.ts";
import { implement } from "#durable/activity.ts";
import type { AppReader } from "./app-reader.ts";

export interface Scorer {
  ask(request: {
    readonly endpoint: string;
    readonly deployment: string;
    readonly scoringUri: string;
    readonly inputs: Readonly<Record<string, unknown>>;
  }): Promise<ScoringAnswer>;
}

export function createSmokeTest(apps: AppReader, scoring: Scorer) {
  return implement(smokeTest, async ({ app, bundle, endpoint, deployment, scoringUri }) => {
    if (!URL.canParse(scoringUri)) return { ok: false, message: "the endpoint has no scoring URI" };
    const { inputs, mayQuote } = readSmokeRequest(await apps.read(app, bundle));
    const answer = await scoring.ask({ endpoint, deployment, scoringUri, inputs });
    return judgeAnswer(answer, mayQuote);
  });
}
