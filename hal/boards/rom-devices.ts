/** What a board's boot ROM drives itself: the random source, while nobody else runs. */
import { timerCount, timerFrequency } from "native:cpu";
import type { RandomSource } from "../interfaces/random.ts";
import { VirtioRandom } from "./virtio-random.ts";

/** Opens the board's random source, whose start-up test has passed. @throws DriverError `unhealthy`, `timeout`, `device` */
export function openRandom(): RandomSource {
  return new VirtioRandom({ frequency: timerFrequency(), count: timerCount }).open();
}
