// Flash messages. While Next renders a page, no cookie can be set and nothing can be taken out of the session; so this component
// asks a server action for them, once after each rendering.
"use client";

import { useEffect, useState } from "react";
import { takeFlashes } from "./actions";

export function Flashes({ renderedAt }: { renderedAt: number }) {
  const [messages, setMessages] = useState<string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new rendering may have new messages.
  useEffect(() => {
    takeFlashes().then((taken) => {
      if (taken.length > 0) setMessages(taken);
    });
  }, [renderedAt]);
  return (
    <ul aria-live="polite">
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
}
