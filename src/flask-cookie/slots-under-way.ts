// What requests under way work on, found by key for as long as the identity that the request holds is in use. No limit is
// needed: what no request holds is collected.
// It knows nothing of what it keeps.

export class SlotsUnderWay<Slot extends object> {
  readonly #slots = new Map<string, WeakRef<Slot>>();
  readonly #held = new WeakMap<object, Slot>();
  readonly #collected = new FinalizationRegistry<string>((key) => {
    // Another request may have put a new slot there meanwhile.
    if (!this.#slots.get(key)?.deref()) this.#slots.delete(key);
  });

  /** Keeps a slot for as long as this identity is reachable. @returns the identity. */
  hold<Identity extends { readonly key: string }>(identity: Identity, slot: Slot): Identity {
    this.#held.set(identity, slot);
    if (this.#slots.get(identity.key)?.deref() !== slot) {
      this.#slots.set(identity.key, new WeakRef(slot));
      this.#collected.register(slot, identity.key);
    }
    return identity;
  }

  find(key: string): Slot | undefined {
    return this.#slots.get(key)?.deref();
  }
}
