import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TokenCredential } from "@azure/core-auth";
import { z } from "zod";
import { readAnswer } from "#azure/answers.ts";
import { ML_SCOPE, requireToken } from "#azure/credential.ts";
import type { ScoringAnswer } from "#domain/deployment/smoke-request.ts";
import { PipelineError } from "#domain/errors.ts";
import type { Arm } from "./arm.ts";
import type { DeploymentPlace } from "./deployments.ts";

/** A container that has just come up may still say one of these. */
const NOT_YET = new Set([424, 429, 500, 502, 503, 504]);
const WAITS_MS = [1_000, 3_000, 9_000];
/** No further try begins later than this after the first. */
const PATIENCE_MS = 60_000;
/** A little more than the longest request that a deployment may serve by default. */
const TIMEOUT_MS = 100_000;

const Endpoint = z.object({ properties: z.object({ authMode: z.string() }) });
const Keys = z.object({ primaryKey: z.string().min(1) });
const Token = z.object({ accessToken: z.string().min(1) });

export interface ScoringRequest extends DeploymentPlace {
  readonly scoringUri: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface ScoringOptions {
  readonly arm: Arm;
  readonly credential: TokenCredential;
  /** Pauses between tries. */
  readonly waitsMs?: readonly number[];
}

/** Asks one deployment of an endpoint, whatever the traffic says. */
export function createScoring({ arm, credential, waitsMs = WAITS_MS }: ScoringOptions) {
  /** By the endpoint's own way of letting callers in. */
  async function secretOf(endpoint: string): Promise<string> {
    const path = `/onlineEndpoints/${endpoint}`;
    const found = await arm.find(path);
    const call = `GET endpoint ${endpoint}`;
    const mode = found && readAnswer(Endpoint, found, call).properties.authMode;
    switch (mode) {
      case undefined:
        throw new PipelineError("DEPLOYMENT_FAILED", `There is no endpoint ${endpoint} to ask.`);
      case "AADToken":
        return requireToken(credential, ML_SCOPE);
      case "AMLToken": {
        const answer = await arm.post(`${path}/token`);
        return readAnswer(Token, answer, `POST token of endpoint ${endpoint}`).accessToken;
      }
      default: {
        const answer = await arm.post(`${path}/listKeys`);
        return readAnswer(Keys, answer, `POST listKeys of endpoint ${endpoint}`).primaryKey;
      }
    }
  }

  return {
    /** The last answer after a few tries within a minute; AZURE_BUSY when none came at all. */
    async ask(request: ScoringRequest): Promise<ScoringAnswer> {
      const secret = await secretOf(request.endpoint);
      const begun = Date.now();
      for (const waitMs of waitsMs) {
        const answer = await send(request, secret).catch(() => undefined);
        if (answer !== undefined && !NOT_YET.has(answer.status)) return answer;
        if (Date.now() + waitMs - begun > PATIENCE_MS) break;
        await sleep(waitMs);
      }
      return send(request, secret);
    },
  };
}

async function send(request: ScoringRequest, secret: string): Promise<ScoringAnswer> {
  const { scoringUri, deployment, inputs } = request;
  const ours = randomUUID();
  try {
    const response = await fetch(scoringUri, {
      method: "POST",
      headers: {
        authorization: `Bearer ${secret}`,
        "content-type": "application/json",
        "azureml-model-deployment": deployment,
        "x-ms-client-request-id": ours,
        "user-agent": "flowgate",
      },
      body: JSON.stringify(inputs),
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const reason = response.headers.get("ms-azureml-model-error-reason");
    const requestId = response.headers.get("x-request-id") ?? ours;
    return { status: response.status, text: await response.text(), reason, requestId };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `No answer from ${deployment} at ${scoringUri}: ${reason} (request ${ours}). See the deployment's log.`;
    throw new PipelineError("AZURE_BUSY", message, { cause });
  }
}
