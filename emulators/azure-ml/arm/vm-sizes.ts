export interface VmSize {
  readonly name: string;
  readonly family: string;
  readonly cores: number;
  readonly memoryGb: number;
}

/** Those that flows are usually run on; Azure has hundreds. */
export const VM_SIZES: readonly VmSize[] = [
  { name: "Standard_DS1_v2", family: "standardDSv2Family", cores: 1, memoryGb: 3.5 },
  { name: "Standard_DS2_v2", family: "standardDSv2Family", cores: 2, memoryGb: 7 },
  { name: "Standard_DS3_v2", family: "standardDSv2Family", cores: 4, memoryGb: 14 },
  { name: "Standard_DS4_v2", family: "standardDSv2Family", cores: 8, memoryGb: 28 },
  { name: "Standard_D2as_v4", family: "standardDASv4Family", cores: 2, memoryGb: 8 },
  { name: "Standard_D4as_v4", family: "standardDASv4Family", cores: 4, memoryGb: 16 },
  { name: "Standard_E2s_v3", family: "standardESv3Family", cores: 2, memoryGb: 16 },
  { name: "Standard_E4s_v3", family: "standardESv3Family", cores: 4, memoryGb: 32 },
  { name: "Standard_E8s_v3", family: "standardESv3Family", cores: 8, memoryGb: 64 },
  { name: "Standard_F2s_v2", family: "standardFSv2Family", cores: 2, memoryGb: 4 },
  { name: "Standard_F4s_v2", family: "standardFSv2Family", cores: 4, memoryGb: 8 },
];

/** One that is not in the list has four cores, and a family of its own. */
export function sizeNamed(name: string): Pick<VmSize, "family" | "cores"> {
  const known = VM_SIZES.find((size) => size.name.toLowerCase() === name.toLowerCase());
  return known ?? { family: name, cores: 4 };
}
