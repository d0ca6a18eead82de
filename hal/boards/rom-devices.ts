/** What a board's boot ROM drives itself: the random source, while nobody else runs. */
import { instructions, timerCount, timerFrequency, uncount } from "native:cpu";
import type { RandomSource } from "../interfaces/random.ts";
import { VirtioRandom } from "./virtio-random.ts";

/** Opens the board's random source, whose start-up test has passed. @throws DriverError `unhealthy`, `timeout`, `device` */
export function openRandom(): RandomSource {
  const random = uncounted(() => new VirtioRandom({ frequency: timerFrequency(), count: timerCount }).open());
  return {
    fill: (destination) => uncounted(() => random.fill(destination)),
    close: () => random.close(),
  };
}

/** Polling takes as long as the host likes: counted, no boot would cost what the one before it did. */
function uncounted<T>(action: () => T): T {
  const since = instructions();
  const result = action();
  uncount(since);
  return result;
}
