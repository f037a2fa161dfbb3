const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

type Environment = Readonly<Record<string, string | undefined>>;

/** `NO_PROXY` and `no_proxy` of this environment, extended by the loopback names: the SDKs would take a proxy even there. */
export function withoutProxy(env: Environment): { NO_PROXY: string; no_proxy: string } {
  return { NO_PROXY: extended(env.NO_PROXY), no_proxy: extended(env.no_proxy) };
}

function extended(list = ""): string {
  const names = list.split(",").map((name) => name.trim());
  const missing = LOOPBACK.filter((name) => !names.includes(name));
  return [...names.filter((name) => name !== ""), ...missing].join(",");
}
