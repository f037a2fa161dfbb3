import type { EnvironmentChoice } from "#domain/deployment/deployment-file.ts";
import type { Arm } from "./arm.ts";

/** Serving environments; a version is named by its content, so equal ones meet. */
export function createModelEnvironments(arm: Arm) {
  return {
    /** ARM id of the environment, registered first if it has to be. */
    async ensureEnvironment(environment: EnvironmentChoice): Promise<string> {
      if (environment.kind === "existing") return environment.id;
      const { name, version } = environment;
      const path = `/environments/${name}/versions/${version}`;
      if (environment.kind === "inline" && (await arm.find(path)) === undefined) {
        const body = { properties: environment.properties };
        await arm.change({ method: "PUT", path, body });
      }
      return arm.idOf(path);
    },
  };
}
