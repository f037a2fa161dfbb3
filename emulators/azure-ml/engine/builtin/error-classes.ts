/** prompt flow's classes of errors that are the user's, each with the class above it. */
const ABOVE: Readonly<Record<string, string>> = {
  APINotFound: "ValidationError",
  ApplyInputMappingError: "ValidationError",
  ChatAPIAssistantRoleInvalidFormat: "ToolValidationError",
  ChatAPIFunctionRoleInvalidFormat: "ToolValidationError",
  ChatAPIInvalidFunctions: "ToolValidationError",
  ChatAPIInvalidRole: "ToolValidationError",
  ChatAPIInvalidTools: "ToolValidationError",
  ChatAPIToolRoleInvalidFormat: "ToolValidationError",
  DuplicateNodeName: "InvalidFlowRequest",
  EmptyOutputReference: "InvalidFlowRequest",
  GetConnectionError: "InvalidRequest",
  InputMappingError: "ValidationError",
  InputNotFound: "InvalidFlowRequest",
  InputParseError: "InvalidFlowRequest",
  InputReferenceNotFound: "InvalidFlowRequest",
  InputTypeError: "InvalidFlowRequest",
  InvalidConnectionType: "InvalidFlowRequest",
  InvalidFlexFlowEntry: "ValidationError",
  InvalidFlowError: "SDKError",
  InvalidFlowRequest: "ValidationError",
  InvalidNodeReference: "InvalidFlowRequest",
  InvalidReferenceProperty: "NodeReferenceError",
  InvalidRequest: "ValidationError",
  InvalidSource: "ValidationError",
  JinjaParsingError: "ToolValidationError",
  JinjaTemplateError: "ToolValidationError",
  MissingRequiredFlowInput: "BadRequest",
  MultipleToolsDefined: "PythonParsingError",
  NoToolDefined: "PythonParsingError",
  NodeCircularDependency: "InvalidFlowRequest",
  NodeInputValidationError: "InvalidFlowRequest",
  NodeReferenceNotFound: "InvalidFlowRequest",
  OutputReferenceNotFound: "InvalidFlowRequest",
  PackageToolNotFoundError: "ValidationError",
  PythonLoadError: "PythonParsingError",
  PythonLoaderNotFound: "ToolValidationError",
  PythonParsingError: "ToolValidationError",
  UnsupportedReference: "NodeReferenceError",
};

/**
 * The codes of an error of this class, outermost first, without the leading `UserError`. A class that prompt flow
 * does not have stands alone; `OpenAIError/RateLimitError` names one below another.
 */
export function codesOf(name: string): readonly string[] {
  const [top = name, ...below] = name.split("/");
  const above = ABOVE[top];
  return [...(above ? codesOf(above) : []), top, ...below];
}
