import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { isIPv4, isIPv6 } from "node:net";
import {
  bits,
  integer,
  objectId,
  octets,
  sequence,
  set,
  TRUE,
  tagged,
  utcTime,
  utf8,
} from "./der.ts";

/** All three in PEM. */
export interface ServerCertificate {
  /** What a client has to trust. Its key signed one certificate and was thrown away. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Some clients refuse a server certificate that lives longer. */
const LIFETIME_MS = 397 * DAY_MS;
const ECDSA_WITH_SHA256 = sequence(objectId("1.2.840.10045.4.3.2"));

/** A certificate for these names and addresses, from an authority of its own. */
export function createServerCertificate(names: readonly string[], now: Date): ServerCertificate {
  const authorityKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const serverKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const authority = { name: "Flowgate emulators", publicKey: authorityKeys.publicKey };
  const server = { name: "Flowgate emulator", publicKey: serverKeys.publicKey };
  const signedBy = (subject: Party, extensions: readonly Buffer[]) =>
    certificateOf({ subject, issuer: authority, extensions, now }, authorityKeys.privateKey);
  return {
    authority: signedBy(authority, [
      extension("2.5.29.19", sequence(TRUE, integer(Buffer.from([0]))), "critical"),
      extension("2.5.29.15", bits(Buffer.from([0b0000_0110]), 1), "critical"),
    ]),
    certificate: signedBy(server, [
      extension("2.5.29.19", sequence(), "critical"),
      extension("2.5.29.15", bits(Buffer.from([0b1000_0000]), 7), "critical"),
      extension("2.5.29.37", sequence(objectId("1.3.6.1.5.5.7.3.1"))),
      extension("2.5.29.17", sequence(...names.map(alternativeName))),
    ]),
    key: serverKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

/** Whether it names all of these and is not about to end. */
export function isGoodFor(certificate: string, names: readonly string[], now: Date): boolean {
  const { subjectAltName = "", validToDate } = new X509Certificate(certificate);
  const known = new Set(subjectAltName.split(", ").map((one) => one.replace(/^[^:]+:/, "")));
  const isLong = validToDate.getTime() - now.getTime() > 30 * DAY_MS;
  return isLong && names.every((name) => isIPv6(name) || known.has(name));
}

function certificateOf(
  {
    subject,
    issuer,
    extensions,
    now,
  }: { subject: Party; issuer: Party; extensions: readonly Buffer[]; now: Date },
  key: KeyObject,
): string {
  const keyIds = [
    extension("2.5.29.14", octets(keyId(subject.publicKey))),
    extension("2.5.29.35", sequence(tagged(0x80, keyId(issuer.publicKey)))),
  ];
  const toBeSigned = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(serialNumber()),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(
      utcTime(new Date(now.getTime() - DAY_MS)),
      utcTime(new Date(now.getTime() - DAY_MS + LIFETIME_MS)),
    ),
    distinguishedName(subject.name),
    spki(subject.publicKey),
    tagged(0xa3, sequence(...extensions, ...keyIds)),
  );
  const signature = sign("sha256", toBeSigned, key);
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bits(signature));
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function extension(id: string, value: Buffer, critical?: "critical"): Buffer {
  return sequence(objectId(id), ...(critical ? [TRUE] : []), octets(value));
}

function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return tagged(0x87, Buffer.from(name.split(".").map(Number)));
  if (name === "::1") return tagged(0x87, Buffer.from([...Array<number>(15).fill(0), 1]));
  return tagged(0x82, Buffer.from(name, "ascii"));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(objectId("2.5.4.3"), utf8(commonName))));
}

/** 16 bytes that begin neither with a zero nor with a set bit. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: "spki", format: "der" });
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1").update(spki(key)).digest();
}
