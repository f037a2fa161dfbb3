/** Without what is null: a request that says null leaves the service its default. */
export function present<Value>(
  fields: Readonly<Record<string, Value>>,
): Record<string, Exclude<Value, null>> {
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  return Object.fromEntries(known) as Record<string, Exclude<Value, null>>;
}
