/** Flags of `gpt serve`. */
import { wholeTo } from "../../../checks/rules.ts";
import { path as file, flagGroup, integer, list, numberBy, text, toggle, value } from "../../flags/flags.ts";
import { engineFlags, modelFlag, pullFlag } from "../../flags/model-flags.ts";
import { quietFlag } from "../../flags/output-flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";
import { samplingFlags } from "../../flags/sampling-flags.ts";
import { duration } from "../../flags/values/duration.ts";

export const HOST = "127.0.0.1";
export const PORT = 8080;
export const QUEUE = 64;
export const GRACE_SECONDS = 10;

/** A grammar is of one request. */
const {
  seed: _,
  logprobs: __,
  grammar: _g,
  regex: _r,
  choices: _c,
  "json-schema": _j,
  "any-json": _a,
  ...sampling
} = samplingFlags;

export const serveFlags = {
  ...modelFlag,
  ...pullFlag,
  ...engineFlags,
  ...flagGroup("Server:", {
    host: value(text, `The address to listen at [${HOST}]`, { inherited: false }),
    port: value(numberBy(wholeTo(0, 65_535)), `The port; 0 takes a free one [${PORT}]`, { inherited: false }),
    listen: value(text, "unix:PATH, a socket file instead of an address and a port", { inherited: false }),
    "chat-template": value(file, "A file with the template of chats, in Jinja [the model's]", {
      inherited: false,
    }),
    embeddings: value(text, "A model that embeds texts, such as a BERT [the served one]", {
      inherited: false,
    }),
    alias: value(text, "Name of the model in requests and replies [that of its folder or file]"),
    parallel: value(integer(1), "Generations that run at a time [8, or as many as memory holds]"),
    queue: value(integer(0), `Generations that may wait; more are told to come again (429) [${QUEUE}]`),
    grace: value(duration, `Time for requests to end after Ctrl-C or SIGTERM [${GRACE_SECONDS}s]`),
    quiet: quietFlag("No spinner, no address"),
  }),
  ...flagGroup("Access:", {
    "api-key": list(text, "Requests need this key, as a bearer token"),
    "allow-host": list(text, "A host name that requests may name beside localhost; * for all"),
    "cors-origin": list(text, "An origin whose pages may ask, such as http://localhost:3000; * for all"),
    insecure: toggle("Listen beyond this machine without a key"),
  }),
  ...sampling,
};

export type ServeFlags = ParsedFlags<typeof serveFlags>;
