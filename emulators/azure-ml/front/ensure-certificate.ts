import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServerCertificate, isGoodFor, type ServerCertificate } from "./certificate.ts";

interface KeptCertificate extends ServerCertificate {
  /** File that clients are told to trust. */
  readonly authorityFile: string;
}

/** Reads `tls/` of the data folder, or makes it anew when it is not there, names too little or ends soon. */
export function ensureCertificate(
  dataFolder: string,
  names: readonly string[],
  now: Date,
): KeptCertificate {
  const folder = join(dataFolder, "tls");
  const authorityFile = join(folder, "ca.pem");
  const kept = read(folder);
  if (kept && isGoodFor(kept.certificate, names, now)) return { ...kept, authorityFile };
  const made = createServerCertificate(names, now);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "server.key"), made.key, { mode: 0o600 });
  writeFileSync(join(folder, "server.pem"), made.certificate);
  writeFileSync(authorityFile, made.authority);
  return { ...made, authorityFile };
}

function read(folder: string): ServerCertificate | undefined {
  const text = (file: string) => readFileSync(join(folder, file), "utf8");
  try {
    return { authority: text("ca.pem"), certificate: text("server.pem"), key: text("server.key") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
