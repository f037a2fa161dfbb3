import { Refusal } from "#emulators/azure-ml/errors.ts";
import type { Service } from "#emulators/azure-ml/service.ts";
import { readDeployment } from "./deployment.ts";
import type { Traffic } from "./endpoint.ts";

const LARGEST_MIRROR = 50;

/** Throws 400 for traffic that no endpoint takes. */
export function checkTraffic(
  service: Service,
  endpoint: string,
  traffic: Traffic,
  mirrorTraffic: Traffic,
): void {
  const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0);
  if (sum !== 0 && sum !== 100) {
    throw badTraffic(`Traffic of endpoint '${endpoint}' sums to ${sum}; it must be 0 or 100.`);
  }
  for (const name of [...Object.keys(traffic), ...Object.keys(mirrorTraffic)]) {
    if (readDeployment(service, endpoint, name)) continue;
    throw badTraffic(`Traffic names deployment '${name}', which endpoint '${endpoint}' lacks.`);
  }
  const mirrors = Object.entries(mirrorTraffic).filter(([, percent]) => percent > 0);
  if (mirrors.length > 1) throw badTraffic("Traffic can be mirrored to one deployment only.");
  for (const [name, percent] of mirrors) {
    if (percent > LARGEST_MIRROR) {
      throw badTraffic(`At most ${LARGEST_MIRROR} % can be mirrored, not ${percent}.`);
    }
    if ((traffic[name] ?? 0) > 0) {
      throw badTraffic(`Deployment '${name}' cannot be in traffic and in mirrorTraffic.`);
    }
  }
}

/** The deployment for a number from 0 up to, but not including, 1; undefined without traffic. */
export function pickByTraffic(traffic: Traffic, random: number): string | undefined {
  let left = random * 100;
  for (const [name, percent] of Object.entries(traffic)) {
    left -= percent;
    if (percent > 0 && left < 0) return name;
  }
  return undefined;
}

function badTraffic(message: string): Refusal {
  return new Refusal(400, "BadArgument", message);
}
