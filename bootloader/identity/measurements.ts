/** The measurement log: what was started at this boot, in order. It grows and closes; nothing in it ever changes. */
import { encodeCbor } from "../../protocol/cbor/encode.ts";
import { COMPONENT_LIMIT } from "../../protocol/eat/claims.ts";
import { componentFault, componentMap, type SoftwareComponent } from "../../protocol/eat/software-component.ts";
import { IdentityError } from "./errors.ts";

/** Kept by the root of trust; the runtime only ever sees copies of its content. */
export class MeasurementLog {
  readonly #entries: SoftwareComponent[] = [];
  #closed = false;

  /** How many components have been measured. */
  get length(): number {
    return this.#entries.length;
  }

  /**
   * Adds a component before it is started. The log keeps a copy.
   * @throws IdentityError `log-closed`, `log-full` above 8, `measurement` for a component that evidence could not hold.
   */
  append(component: SoftwareComponent): void {
    if (this.#closed) throw new IdentityError("log-closed", "an open measurement log", "a closed one");
    if (this.#entries.length >= COMPONENT_LIMIT) {
      throw new IdentityError("log-full", `at most ${COMPONENT_LIMIT} measurements`, "one more");
    }
    const copy = copyOf(component);
    const fault = componentFault(copy);
    if (fault !== undefined) throw new IdentityError("measurement", fault, "another");
    this.#entries.push(copy);
  }

  /** Ends measuring, before less trusted code runs. Closing twice is fine. */
  close(): void {
    this.#closed = true;
  }

  /** Copies of all components, in the order in which they were measured. */
  components(): readonly SoftwareComponent[] {
    return this.#entries.map(copyOf);
  }

  /** The log as the runtime reads it: the deterministic CBOR of the `software components` claim. */
  encoded(): Uint8Array {
    return encodeCbor(this.#entries.map(componentMap));
  }
}

function copyOf({ type, value, version, signer }: SoftwareComponent): SoftwareComponent {
  return { type, value: value.slice(), version, signer: signer.slice() };
}
