/** What a simulated chip throws: a power cut, a broken rule, or what a driver would report. */

/** Power failed. It carries no code, so that nothing takes it for a failure of the flash. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** The code under test broke a rule of NOR flash. */
export class NorViolation extends Error {
  override readonly name = "NorViolation";
}

/** What a driver answers when the cells do not allow what is asked, or do not hold it afterwards. */
export class FlashFailure extends Error {
  override readonly name = "FlashFailure";
  readonly code: "not-erased" | "verify-failed";

  constructor(code: FlashFailure["code"], message: string) {
    super(message);
    this.code = code;
  }
}
