/** Errors of requests, in the words of OpenAI's API: https://platform.openai.com/docs/guides/error-codes. */
import { OptionError } from "../../checks/option-error.ts";
import { GptError } from "../../errors.ts";
import { snakeCaseName } from "../../files/snake-case.ts";

interface Details {
  /** The field that is wrong. */
  readonly param?: string;
  /** A word that programs look at. */
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class RequestError extends Error {
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, { param, code, headers = {} }: Details = {}) {
    super(message);
    this.status = status;
    this.param = param ?? null;
    this.code = code ?? null;
    this.headers = headers;
  }
}

/** Clients send a request again on 5xx: only what is the server's fault is one. */
export function asRequestError(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof OptionError) return new RequestError(400, error.spelled(snakeCaseName));
  if (error instanceof GptError && error.code === "usage") return new RequestError(400, error.message);
  return new RequestError(500, "the server failed: its log says more");
}

const TYPES: Readonly<Record<number, string>> = {
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  500: "server_error",
  503: "unavailable_error",
};

/** The programs whose words a route speaks. */
export type Dialect = "openai" | "ollama" | "anthropic";

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  ...{ 401: "authentication_error", 403: "permission_error", 404: "not_found_error" },
  ...{ 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 503: "overloaded_error" },
};

export function errorBody(
  { status, message, param, code }: RequestError,
  dialect: Dialect = "openai",
): object {
  if (dialect === "ollama") return { error: message };
  if (dialect === "anthropic") {
    const type = ANTHROPIC_TYPES[status] ?? "invalid_request_error";
    return { type: "error", error: { type, message } };
  }
  return { error: { message, type: TYPES[status] ?? "invalid_request_error", param, code } };
}
