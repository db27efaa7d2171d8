/** Flags of `gpt generate --chat`, and their conflicts. Templates are loaded when one is used. */
import { systemFlag, templateFlags } from "../../flags/chat-flags.ts";
import type { Conflict } from "../../flags/conflicts.ts";
import { flagGroup, toggle } from "../../flags/flags.ts";
import type { ParsedFlags } from "../../flags/parsed-flags.ts";

export const chatFlags = {
  ...flagGroup("Chat:", {
    chat: toggle("The prompt is a message to the model, which answers it: one turn of a conversation"),
  }),
  ...systemFlag,
  ...templateFlags,
};

interface Given extends ParsedFlags<typeof chatFlags> {
  readonly ids?: readonly number[] | undefined;
  readonly interactive?: boolean | undefined;
  readonly manifest?: boolean | undefined;
}

export function chatConflicts({ chat, ids, interactive, manifest, system, template, date, ...given }: Given) {
  const alone = { system, template, date, var: given.var };
  const conflicts: Conflict[] = [
    { holds: chat && ids !== undefined, flags: ["chat"], problem: "--chat takes a message, not --ids" },
    {
      holds: chat && interactive,
      flags: ["chat"],
      problem: "--chat is one turn: gpt chat is a conversation",
    },
    { holds: chat && manifest, flags: ["manifest"], problem: "--manifest does not record chats yet" },
  ];
  for (const [flag, value] of Object.entries(alone)) {
    const holds = value !== undefined && !chat;
    conflicts.push({ holds, flags: [flag], problem: `--${flag} is for a chat: give --chat too` });
  }
  return conflicts;
}
