/** What Durable keeps of a pipeline and of its branches, with inputs and outputs, as JSON text by instance id. */
export async function durableHistory(
  functions: string,
  pipelineId: string,
): Promise<ReadonlyMap<string, string>> {
  const api = `${functions}/runtime/webhooks/durabletask/instances`;
  const listed = await fetch(`${api}?instanceIdPrefix=${pipelineId}&top=1000`);
  const instances = (await listed.json()) as { instanceId: string }[];
  const asked = "showHistory=true&showInput=true&showHistoryOutput=true";
  return new Map(
    await Promise.all(
      instances.map(async ({ instanceId }) => {
        const answer = await fetch(`${api}/${instanceId}?${asked}`);
        return [instanceId, await answer.text()] as const;
      }),
    ),
  );
}
